import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MetadataReplay } from '../../src/cluster/metadata-replay.js'
import { encodeFact, type MetadataDraft } from '../../src/cluster/metadata-serde.js'
import { buildPlainBatch } from '../../src/records/record-batch.js'

const begin: MetadataDraft = { kind: 'beginTransaction', value: {} }
const end: MetadataDraft = { kind: 'endTransaction', value: {} }
const abort: MetadataDraft = { kind: 'abortTransaction', value: {} }

/** A fact that is known again by its name. */
const topic = (name: string): MetadataDraft => ({
  kind: 'topic',
  value: { name, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' },
})

const plain = (value: Buffer) => ({ timestampMs: 1n, key: null, value, headers: [] })
const batchOf = (...facts: MetadataDraft[]): Buffer =>
  buildPlainBatch({ records: facts.map(fact => plain(encodeFact(fact))) })
const control = (): Buffer =>
  buildPlainBatch({ control: true, records: [{ ...plain(Buffer.alloc(4)), key: Buffer.alloc(4) }] })

function namesIn(batches: readonly Buffer[], from = 0n): string[] {
  const replay = new MetadataReplay('The journal')
  return batches
    .flatMap(batch => [...replay.records(batch, from)])
    .map(({ fact }) => (fact?.kind === 'topic' ? fact.value.name : String(fact?.kind)))
}

test('what the journal says comes in its order, without what the quorum says of itself', () => {
  const batches = [control(), batchOf(topic('a'), topic('b')), control(), batchOf(topic('c'))]
  assert.deepEqual(namesIn(batches), ['a', 'b', 'c'])
})

test('a transaction counts once it has ended, also when it lies in several batches', () => {
  const batches = [batchOf(begin, topic('a')), control(), batchOf(topic('b'), end, topic('c'))]
  assert.deepEqual(namesIn(batches), ['a', 'b', 'c'])
})

test('of a transaction that was aborted or never ended nothing counts', () => {
  const batches = [batchOf(begin, topic('a')), batchOf(abort, topic('b')), batchOf(begin, topic('c'))]
  assert.deepEqual(namesIn(batches), ['b'])
})

test('records before the offset from which on is asked are passed over', () => {
  assert.deepEqual(namesIn([batchOf(topic('a'), topic('b'))], 1n), ['b'])
})

test('a record that this version cannot read ends the replay with a sentence that tells where it is', () => {
  const newer = buildPlainBatch({ baseOffset: 7n, records: [plain(Buffer.from([1, 3, 9, 0]))] })
  assert.throws(() => [...new MetadataReplay('The journal').records(newer)], {
    name: 'DamagedMetadata',
    message: /^The journal holds a record at offset 7 that .* \(a PartitionRecord of version 9, where 2 is/,
  })
})
