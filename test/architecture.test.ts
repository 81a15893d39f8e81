import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'

/** The rooms from left to right; a room may import from rooms further right, never from one of its own rank. */
const ranks: readonly (readonly string[])[] = [
  ['main'],
  ['index'],
  ['broker'],
  ['net'],
  ['dispatch'],
  ['handlers'],
  ['fetch', 'groups', 'transactions'],
  ['cluster'],
  ['coordinator'],
  ['log'],
  ['topics'],
  ['records', 'security'],
  ['engine'],
  ['memory'],
  ['config'],
  ['wire', 'telemetry'],
  ['time', 'random', 'loading'],
]

/** Exceptions, each for a reason that docs/architecture.md gives. */
const allowed = new Set<string>()

/** The doors: only the files named may touch the thing named. */
const doors: readonly { readonly what: RegExp; readonly where: readonly string[] }[] = [
  {
    what: /\bDate\.now\(|(?<!\.)\bset(Timeout|Interval)\(/,
    where: ['src/time/clock.ts', 'src/time/holding-process.ts'],
  },
  { what: /\bsetImmediate\b/, where: ['src/time/turns.ts'] },
  {
    what: /from 'node:fs/,
    where: ['src/log/disk-files.ts', 'src/config/load.ts', 'src/telemetry/standard-error.ts'],
  },
  { what: /from 'node:(net|tls|dns)\b/, where: ['src/net/'] },
]

/** The engines: what is behind the types of `engine`. */
const engines = ['cluster', 'log']
/** These see storage only as the engine's types. */
const storageBlind = ['handlers', 'groups', 'transactions', 'fetch', 'coordinator']

const sources = sourceFiles('src')

function sourceFiles(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => posix.join(folder, name.replaceAll('\\', '/')))
    .map(path => ({ path, text: readFileSync(path, 'utf8') }))
}

const roomOf = (path: string): string =>
  path
    .replace(/^src\//, '')
    .replace(/\.ts$/, '')
    .split('/')[0] as string
const rankOf = (room: string): number => ranks.findIndex(rank => rank.includes(room))

test('every room imports only from rooms to its right', () => {
  const wrong: string[] = []
  for (const { path, text } of sources) {
    for (const [, specifier] of text.matchAll(/from '(\.[^']+)'/g)) {
      const target = posix.join(posix.dirname(path), specifier as string).replace(/\.js$/, '')
      const [from, to] = [roomOf(path), roomOf(target)]
      if (from === to || allowed.has(`${from} -> ${target.replace(/^src\//, '')}`)) continue
      if (rankOf(from) < 0 || rankOf(to) < 0) wrong.push(`${path}: ${from} or ${to} is no room`)
      else if (rankOf(to) <= rankOf(from)) wrong.push(`${path} imports ${target}`)
      else if (engines.includes(to) && storageBlind.includes(from)) wrong.push(`${path} looks into ${to}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('time, files and sockets are touched only at their doors', () => {
  const wrong: string[] = []
  for (const { path, text } of sources) {
    for (const { what, where } of doors) {
      if (what.test(text) && !where.some(door => path.startsWith(door))) wrong.push(`${path}: ${what.source}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('the test reads the sources', () => assert.ok(sources.length > 50))
