import { partitionMetadata } from './file-names.js'
import type { Files } from './files.js'

/** The greatest number of bits in which an id may differ from the topic's before it is taken for another id. */
const mostChangedBits = 8

/**
 * The id of the topic that made a partition's folder (`partition.metadata`); null where the file does not tell. Kafka
 * ends no line.
 */
export function readOwner(files: Files, folder: string): string | null {
  const path = `${folder}/${partitionMetadata}`
  if (!files.exists(path)) return null
  return (
    /^version: 0\r?\ntopic_id: ([\w-]{22})\s*$/.exec(files.readFile(path).toString('latin1'))?.[1] ?? null
  )
}

/**
 * Tells whether the file is missing or holds only the beginning of its text: a power failure leaves such a file when it
 * was not synced.
 */
export function isTorn(files: Files, folder: string): boolean {
  const path = `${folder}/${partitionMetadata}`
  const said = files.exists(path) ? files.readFile(path).toString('latin1').replace(/\0*$/, '') : ''
  const shape = ownerFile('-'.repeat(22)).toString('latin1')
  return (
    said.length < shape.length &&
    said.replace(/(?<=^version: 0\ntopic_id: [\w-]*)[\w-]/g, '-') === shape.slice(0, said.length)
  )
}

export const ownerFile = (topicId: string): Buffer => Buffer.from(`version: 0\ntopic_id: ${topicId}\n`)

/**
 * Tells whether a folder that bears the name of a topic's partition belongs to that topic. It does unless its file
 * tells for certain that another topic made it. A file that says nothing is damaged, and so is one whose id is only a
 * few bits off: two ids that were drawn differ in half of their 128 bits.
 */
export const belongsTo = (topicId: string, found: string | null): boolean =>
  found === null || changedBits(found, topicId) <= mostChangedBits

function changedBits(a: string, b: string): number {
  const [left, right] = [Buffer.from(a, 'base64url'), Buffer.from(b, 'base64url')]
  let bits = 0
  for (const [i, byte] of left.entries()) {
    for (let rest = byte ^ (right[i] ?? 0); rest > 0; rest &= rest - 1) bits += 1
  }
  return bits
}
