import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'

const beginsWell = /^([\p{Lu}`]|-?\d)/u
/** A comment that begins so leans on the name below it. */
const beginsAsFragment = /^(Of|What|Whether|That|By which)\b/

const commentsOf = (text: string): { line: number; words: string }[] =>
  [...text.matchAll(/\/\*\*[\s*]*(.*?)\s*\*\//gs)].map(({ index, 1: words = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    words,
  }))

/** Names each doc comment that begins as a fragment. */
const fragmentsIn = (path: string, text: string): string[] =>
  commentsOf(text)
    .filter(({ words }) => !beginsWell.test(words) || beginsAsFragment.test(words))
    .map(({ line, words }) => `${path}:${line}: ${words.slice(0, 60)}`)

test('doc comments of the sources begin as sentences do', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => posix.join('src', name.replaceAll('\\', '/')))
  assert.deepEqual(
    sources.flatMap(path => fragmentsIn(path, readFileSync(path, 'utf8'))),
    [],
  )
})

test('a fragment is found by its line', () => {
  const told = fragmentsIn(
    'a.ts',
    'x\n/** Of the marker. */\n/**\n * its end\n */\n/** `x` is 1. */\n/** Offsets. */',
  )
  assert.deepEqual(told, ['a.ts:2: Of the marker.', 'a.ts:3: its end'])
})
