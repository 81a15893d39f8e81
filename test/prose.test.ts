import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'
import { settingsOf } from '../src/config/broker-config.js'

const rooms = ['src', 'test', 'compat-tests', 'bench', 'tools', 'examples']
const isSource = /^(?!.*node_modules).*\.(ts|mjs)$/
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

for (const room of rooms) {
  test(`doc comments of ${room} begin as sentences do`, () => {
    const sources = readdirSync(room, { recursive: true, encoding: 'utf8' })
      .map(name => posix.join(room, name.replaceAll('\\', '/')))
      .filter(path => isSource.test(path))
    assert.notEqual(sources.length, 0)
    assert.deepEqual(
      sources.flatMap(path => fragmentsIn(path, readFileSync(path, 'utf8'))),
      [],
    )
  })
}

for (const scope of ['broker', 'topic', 'group'] as const) {
  test(`the sentences about settings of a ${scope} begin as sentences do`, () => {
    const words = [...settingsOf(scope)].flatMap(({ doc }) => doc ?? [])
    assert.notEqual(words.length, 0)
    assert.deepEqual(
      words.filter(doc => !beginsWell.test(doc) || /^(Whether|How|What|Which|Of)\b/.test(doc)),
      [],
    )
  })
}

test('a fragment is found by its line', () => {
  const open = '/'.concat('**') // in one piece it would begin a comment of this file
  const text = `x\n${open} Of the marker. */\n${open}\n * its end\n */\n${open} \`x\` is 1. */\n${open} Offsets. */`
  assert.deepEqual(fragmentsIn('a.ts', text), ['a.ts:2: Of the marker.', 'a.ts:3: its end'])
})
