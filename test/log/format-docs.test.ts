import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

/** The files that draw a format of the disk. */
const drawnIn = [
  'records/record-batch',
  'records/record',
  'records/end-transaction-marker',
  'wire/stored-message',
  'log/sparse-index',
  'log/transaction-index',
  'log/producer-snapshot-file',
  'cluster/metadata-serde',
]

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The indented parts of a file's comments, without the comment's own signs. */
function diagramsIn(source: string): string[] {
  const blocks = source.match(/(?:^ \* {5,}\S.*\n)+/gm) ?? []
  return blocks.map(block => block.replace(/^ \* /gm, ''))
}

for (const path of drawnIn) {
  test(`docs/log-format.md draws what ${path}.ts draws, to the letter`, () => {
    const diagrams = diagramsIn(read(`src/${path}.ts`))
    assert.ok(diagrams.length > 0, 'there is a diagram')
    const blocks = read('docs/log-format.md').split('```\n')
    for (const diagram of diagrams) assert.ok(blocks.includes(diagram), `not there:\n${diagram}`)
  })
}
