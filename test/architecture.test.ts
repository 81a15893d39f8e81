import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'

/**
 * The rooms, from left to right. A folder is a room, and so is a folder within one. A room may import from rooms further
 * right, never from one of its own rank.
 */
const ranks: readonly (readonly string[])[] = [
  ['main'],
  ['index'],
  ['broker'],
  ['net'],
  ['dispatch'],
  ['handlers'],
  ['handlers/shared'],
  ['fetch', 'groups', 'transactions', 'client-metrics'],
  ['groups/classic', 'groups/consumer', 'groups/offsets'],
  ['groups/shared'],
  ['groups/stored'],
  ['cluster'],
  ['coordinator'],
  ['log/compaction'],
  ['log'],
  ['topics'],
  ['records', 'security'],
  ['records/compression', 'security/quotas'],
  ['engine'],
  ['memory'],
  ['config'],
  ['wire/apis'],
  ['wire', 'telemetry'],
  ['time', 'random', 'loading'],
]

/** Exceptions, each for a reason that docs/architecture.md gives. */
const allowed = new Set(['log/log-directory -> log/compaction/cleaner'])

/** The engines: what is behind the types of `engine`. */
const engines = ['cluster', 'log']
/** These see storage only as the engine's types. */
const storageBlind = [
  'net',
  'dispatch',
  'handlers',
  'groups',
  'transactions',
  'fetch',
  'client-metrics',
  'coordinator',
]
/** The one thing that `net` may know of the handlers. */
const seenByNet = 'handlers/shared/connection'

/** All that leads out of the program, or makes it another at each run, has a door: the only places that may use it. */
const doors: readonly { readonly uses: readonly string[]; readonly where: readonly string[] }[] = [
  { uses: ['Date.now', 'new Date()', 'performance.now', 'setTimeout', 'setInterval'], where: ['time/'] },
  { uses: ['setImmediate', 'queueMicrotask', 'process.nextTick'], where: ['time/turns'] },
  { uses: ['Atomics.wait'], where: ['telemetry/standard-error'] },
  { uses: ['Math.random', 'node:crypto random'], where: ['random/'] },
  { uses: ['node:fs'], where: ['log/disk-files', 'config/load', 'telemetry/standard-error'] },
  { uses: ['node:net', 'node:tls', 'node:dns/promises'], where: ['net/'] },
  { uses: ['node:http', 'node:https'], where: [] },
  { uses: ['node:child_process'], where: [] },
  { uses: ['node:worker_threads'], where: ['records/compression/zstd-wasm'] },
  { uses: ['node:module'], where: ['loading/', 'main'] },
  { uses: ['process.env', 'process.argv', 'process.exit', 'process.exitCode'], where: ['main'] },
  { uses: ['process.stdout', 'process.stderr'], where: ['main'] },
  { uses: ['console.log', 'console.error'], where: ['main'] },
  { uses: ['process.on', 'process.off'], where: ['main', 'broker/when-idle'] },
  { uses: ['process.kill'], where: ['log/data-directory-lock'] },
]
const placesOf = new Map(doors.flatMap(({ uses, where }) => uses.map(use => [use, where] as const)))
/** Every room may use these: they compute, or name where the program runs. */
const free = new Set([
  ...[
    'node:assert/strict',
    'node:crypto',
    'node:path',
    'node:path/posix',
    'node:stream',
    'node:util',
    'node:zlib',
  ],
  ...['process.platform', 'process.pid'],
])
/** Every property of these objects is looked at; of `Date` and `Math` only those that have a door are. */
const watched = new Set(['process', 'console', 'performance', 'Atomics'])
const functions = new Set([...placesOf.keys()].filter(use => /^\w+$/.test(use)))

interface Source {
  /** Without `src/` and without the ending. */
  readonly path: string
  readonly file: ts.SourceFile
}

const parsed = (path: string, text: string): Source => ({
  path,
  file: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
})

const sources: readonly Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => name.replaceAll('\\', '/'))
  .map(name => parsed(name.replace(/(\.d)?\.ts$/, ''), readFileSync(`src/${name}`, 'utf8')))

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, each => visit(each, see))
}

function textsIn(file: ts.SourceFile, begin: RegExp): string[] {
  const texts: string[] = []
  visit(file, node => {
    if (ts.isStringLiteralLike(node) && begin.test(node.text)) texts.push(node.text)
  })
  return texts
}

const roomOf = (path: string): string => (path.includes('/') ? posix.dirname(path) : path)
const rankOf = (room: string): number => ranks.findIndex(rank => rank.includes(room))
const within = (rooms: readonly string[], path: string): boolean =>
  rooms.includes(path.split('/')[0] as string)

/** Names each import of a source that goes the wrong way. */
function wrongImports({ path, file }: Source): string[] {
  return textsIn(file, /^\.\.?\/.*\.js$/).flatMap(specifier => {
    const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '')
    const [from, to] = [roomOf(path), roomOf(target)]
    if (from === to || allowed.has(`${path} -> ${target}`)) return []
    if (rankOf(from) < 0 || rankOf(to) < 0) return [`${path}: ${from} or ${to} is no room`]
    if (rankOf(to) <= rankOf(from)) return [`${path} imports ${target}`]
    if (within(engines, to) && within(storageBlind, path)) return [`${path} looks into ${to}`]
    if (within(['net'], path) && within(['handlers'], to) && target !== seenByNet) {
      return [`${path} knows ${target}`]
    }
    return []
  })
}

/** Names all that a source uses and that may have a door: modules of Node, and what Node gives to every module. */
function usesIn(file: ts.SourceFile): Set<string> {
  const uses = new Set(textsIn(file, /^node:/))
  visit(file, node => {
    if (ts.isIdentifier(node)) {
      const use = useOf(node)
      if (use !== null) uses.add(use)
    } else if (ts.isNewExpression(node) && node.expression.getText() === 'Date') {
      if (!node.arguments?.length) uses.add('new Date()')
    }
  })
  return uses
}

function useOf(node: ts.Identifier): string | null {
  const { text, parent } = node
  const isName = ts.isPropertyAccessExpression(parent) && parent.name === node
  if (isName && parent.expression.getText() === 'crypto' && isRandom(text)) return 'node:crypto random'
  if (isName || ts.isPropertyAssignment(parent)) return null
  if (ts.isImportSpecifier(parent)) return isOfCrypto(parent) && isRandom(text) ? 'node:crypto random' : null
  if (functions.has(text)) return text
  const member = ts.isPropertyAccessExpression(parent) ? `${text}.${parent.name.text}` : text
  if (watched.has(text)) return member
  return placesOf.has(member) ? member : null
}

const isRandom = (name: string): boolean => /^(random|getRandom)/.test(name)
const isOfCrypto = (specifier: ts.ImportSpecifier): boolean =>
  (specifier.parent.parent.parent.moduleSpecifier as ts.StringLiteral).text === 'node:crypto'

/** Names each use of a source that it may not make. */
const wrongUses = ({ path, file }: Source): string[] =>
  [...usesIn(file)]
    .filter(use => !free.has(use) && !placesOf.get(use)?.some(place => isAt(path, place)))
    .map(use => `${path} uses ${use}`)

const isAt = (path: string, place: string): boolean =>
  place.endsWith('/') ? path.startsWith(place) : path === place

test('every room imports only from rooms to its right', () => {
  assert.deepEqual(sources.flatMap(wrongImports), [])
})

test('time, chance, files, sockets and the process are touched only at their doors', () => {
  assert.deepEqual(sources.flatMap(wrongUses), [])
})

test('each door and each exception is used', () => {
  const used = new Set(sources.flatMap(({ path, file }) => [...usesIn(file)].map(use => `${path} ${use}`)))
  const unused = doors.flatMap(({ uses, where }) =>
    where.filter(
      place =>
        ![...used].some(
          each => isAt(each.split(' ')[0] as string, place) && uses.some(use => each.endsWith(` ${use}`)),
        ),
    ),
  )
  assert.deepEqual(unused, [])
})

test('handlers/ has one file for each API, and nothing else', () => {
  const filesOf = (folder: string) =>
    readdirSync(folder, { withFileTypes: true })
      .filter(each => each.isFile() && each.name !== 'index.ts')
      .map(each => each.name)
      .sort()
  assert.deepEqual(filesOf('src/handlers'), filesOf('src/wire/apis'))
})

for (const [path, text] of [
  ['wire/a', "import { b } from '../net/b.js'"],
  ['wire/a', "import type { b } from '../net/b.js'"],
  ['wire/a', "export * from '../net/b.js'"],
  ['wire/a', "const b = await import('../net/b.js')"],
  ['wire/a', "type B = typeof import('../net/b.js')"],
  ['wire/a', "import { b } from './apis/b.js'"],
  ['wire/a', "import { b } from '../telemetry/b.js'"],
  ['wire/a', "import { b } from '../elsewhere/b.js'"],
  ['groups/consumer/a', "import { b } from '../classic/b.js'"],
  ['groups/consumer/a', "import { b } from '../b.js'"],
  ['groups/shared/a', "import { b } from '../consumer/b.js'"],
  ['groups/classic/a', "import { b } from '../../log/b.js'"],
  ['net/a', "import { b } from '../handlers/produce.js'"],
] as const) {
  test(`a wrong import is found: in ${path}, ${text}`, () => {
    assert.equal(wrongImports(parsed(path, text)).length, 1)
  })
}

for (const [path, text] of [
  ['handlers/a', "import { b } from './shared/b.js'"],
  ['groups/a', "import { b } from './consumer/b.js'"],
  ['groups/consumer/a', "import { b } from '../shared/b.js'"],
  ['net/a', "import type { Connection } from '../handlers/shared/connection.js'"],
] as const) {
  test(`a right import is let through: in ${path}, ${text}`, () => {
    assert.deepEqual(wrongImports(parsed(path, text)), [])
  })
}

for (const text of [
  'Date.now()',
  'new Date()',
  'performance.now()',
  'setTimeout(a, 1)',
  'const later = setInterval',
  'setImmediate(a)',
  'queueMicrotask(a)',
  'process.nextTick(a)',
  'Atomics.wait(a, 0, 0, 1)',
  'const b = a ?? Math.random',
  "import { randomUUID } from 'node:crypto'",
  "import { randomFillSync as a } from 'node:crypto'",
  "import crypto from 'node:crypto'\ncrypto.randomBytes(1)",
  "import fs from 'node:fs'",
  "import fs from 'node:fs/promises'",
  "import type { Socket } from 'node:net'",
  "import tls from 'node:tls'",
  "import http from 'node:http'",
  "import http from 'node:http2'",
  "lazyPackage('node:child_process')",
  "lazyPackage<typeof import('node:worker_threads')>(name)",
  "import { createRequire } from 'node:module'",
  'process.env.A',
  'const { env } = process',
  'process.exit(1)',
  "process.on('exit', a)",
  "process.once('exit', a)",
  'process.kill(1)',
  "process.stdout.write('a')",
  "console.log('a')",
  "console.warn('a')",
]) {
  test(`a use without a door is found: ${text.replaceAll('\n', '; ')}`, () => {
    assert.equal(wrongUses(parsed('groups/a', text)).length, 1)
  })
}

for (const text of [
  'new Date(0)',
  'Math.max(1, 2)',
  'clock.setTimeout(a)',
  "const words = 'such as process.env'",
  "import { createHash } from 'node:crypto'",
  'process.platform',
  'this.random()',
]) {
  test(`a use that needs no door is let through: ${text}`, () => {
    assert.deepEqual(wrongUses(parsed('groups/a', text)), [])
  })
}
