import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storedFacts } from '../../src/cluster/metadata-replay.js'
import { encodeFact, type MetadataDraft } from '../../src/cluster/metadata-serde.js'
import { newestSnapshot } from '../../src/cluster/metadata-snapshot.js'
import type { LogEngine } from '../../src/engine/log-engine.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { buildPlainBatch } from '../../src/wire/record-batch.js'
import { JournalLog } from '../support/journal-log.js'

const journal = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }
const folder = '/data/__cluster_metadata-0'
const begin: MetadataDraft = { kind: 'beginTransaction', value: {} }
const end: MetadataDraft = { kind: 'endTransaction', value: {} }
const abort: MetadataDraft = { kind: 'abortTransaction', value: {} }

/** A fact that is known again by its name. */
const topic = (name: string): MetadataDraft => ({ kind: 'topic', value: { name, topicId: journal.topicId } })

const plain = (value: Buffer) => ({ timestampMs: 1n, key: null, value, headers: [] })
const batchOf = (...facts: MetadataDraft[]): Buffer =>
  buildPlainBatch({ records: facts.map(fact => plain(encodeFact(fact))) })
const control = (): Buffer =>
  buildPlainBatch({ control: true, records: [{ ...plain(Buffer.alloc(4)), key: Buffer.alloc(4) }] })

async function logOf(...batches: Buffer[]): Promise<LogEngine> {
  const { engine } = new JournalLog()
  for (const bytes of batches) await engine.append([{ target: journal, bytes }], { acks: -1, timeoutMs: 0 })
  return engine
}

async function namesIn(log: LogEngine, files = new MemoryFiles(1 << 16)): Promise<string[]> {
  const names = []
  for await (const facts of storedFacts(log, journal, newestSnapshot(files, folder))) {
    names.push(...facts.map(fact => (fact.kind === 'topic' ? fact.value.name : fact.kind)))
  }
  return names
}

test('what the journal says comes in its order, without what the quorum says of itself', async () => {
  const log = await logOf(control(), batchOf(topic('a'), topic('b')), control(), batchOf(topic('c')))
  assert.deepEqual(await namesIn(log), ['a', 'b', 'c'])
})

test('a transaction counts once it has ended, also when it lies in several batches', async () => {
  const log = await logOf(batchOf(begin, topic('a')), control(), batchOf(topic('b'), end, topic('c')))
  assert.deepEqual(await namesIn(log), ['a', 'b', 'c'])
})

test('of a transaction that was aborted or never ended nothing counts', async () => {
  const log = await logOf(batchOf(begin, topic('a')), batchOf(abort, topic('b')), batchOf(begin, topic('c')))
  assert.deepEqual(await namesIn(log), ['b'])
})

test('the newest snapshot stands for all that was before its end', async () => {
  const files = new MemoryFiles(1 << 16)
  const keep = (end: number, suffix: string, ...facts: MetadataDraft[]) => {
    const name = `${String(end).padStart(20, '0')}-0000000001.${suffix}`
    files.writeFile(`${folder}/${name}`, Buffer.concat([control(), batchOf(...facts), control()]))
  }
  keep(1, 'checkpoint', topic('older'))
  keep(3, 'checkpoint', topic('kept'))
  keep(4, 'checkpoint.part', topic('not complete'))
  const log = await logOf(batchOf(topic('a'), topic('b')), batchOf(topic('c'), topic('d')))
  assert.deepEqual(await namesIn(log, files), ['kept', 'd'])
})

test('a journal whose beginning is gone cannot be understood without a snapshot', async () => {
  const log = await logOf(batchOf(topic('a'), topic('b')))
  const cut = Object.assign(Object.create(log), {
    bounds: () => ({ logStartOffset: 2n, highWatermark: 2n, lastStableOffset: 2n }),
  }) as LogEngine
  await assert.rejects(namesIn(cut), /begins at offset 2, and no snapshot tells/)
})
