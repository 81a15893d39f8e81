import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppendResult } from '../../src/engine/log-engine.js'
import { buildMarkerBatch } from '../../src/records/end-transaction-marker.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { LogWorld, record } from '../support/log-world.js'
import { type Fault, SimulatedDisk } from '../support/simulated-disk.js'

/** A topic whose records are kept, on a disk where the syncs of its files take as long as a test wants. */
async function world(flushMessages = 1n) {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, topic: { flushMessages } })
  disk.clock = log.clock
  await log.write(['first'])
  await log.write(['first'], 1)
  disk.fault = (operation, path) => (operation === 'sync' && path.includes('/letters-') ? 'hang' : null)
  return { disk, log }
}

type Outcome = { result: AppendResult | null }

/** Appends a numbered batch of one record; its result is there once there is one. */
async function append(log: LogWorld, sequence: number, partition = 0): Promise<Outcome> {
  const outcome: Outcome = { result: null }
  const records = [record(`${sequence}`)]
  void log
    .append({ records, producerId: 7n, producerEpoch: 0, baseSequence: sequence }, partition)
    .then(result => {
      outcome.result = result
    })
  await settled()
  return outcome
}

/** Lets the syncs that are under way end: those of a path fail, if a code says how. */
async function end({ disk, log }: { disk: SimulatedDisk; log: LogWorld }, code?: Fault, path = '/data') {
  disk.fault = (operation, of) => (operation === 'sync' && of.startsWith(path) ? (code ?? null) : null)
  log.clock.advance(30_000)
  await settled()
}

const settled = async () => {
  for (let i = 0; i < 5; i++) await new Promise<void>(resolve => setImmediate(resolve))
}

const kinds = (outcomes: readonly Outcome[]) => outcomes.map(({ result }) => result?.kind ?? 'waits')
const seen = async (log: LogWorld) => Number((await log.bounds()).highWatermark)

test('a sync that is lost counts, though another file had no room at the same time', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, topic: { flushMessages: 1n } })
  disk.fault = (operation, path) => {
    if (operation === 'open' && path.endsWith('partition.metadata')) return 'ENOSPC'
    return operation === 'sync' && path.endsWith('.log') ? 'EIO' : null
  }
  const first = await append(log, 0)
  disk.fault = () => null
  log.clock.advance(60_000)
  await settled()
  const second = await append(log, 1)
  assert.deepEqual(kinds([first, second]), ['unknown', 'unavailable'])
  assert.match(log.said.join(), /\/data is offline, for its disk fails/)
})

test('a sync that failed confirms nothing: neither who waited, nor who came meanwhile, nor a duplicate', async () => {
  const { disk, log } = await world()
  const outcomes = [await append(log, 0), await append(log, 1), await append(log, 0)]
  assert.deepEqual(kinds(outcomes), ['waits', 'waits', 'waits'])
  await end({ disk, log }, 'EIO', '/data/letters-0')
  disk.fault = () => null
  log.clock.advance(60_000)
  await settled()
  assert.deepEqual(kinds(outcomes), ['unknown', 'unknown', 'unknown'])
  const later = await append(log, 2)
  assert.equal(later.result?.kind, 'unavailable')
  assert.equal(await seen(log), 1)
})

test('what waits in another partition of a directory that is lost is not confirmed, though its own sync came off', async () => {
  const { disk, log } = await world()
  const outcomes = [await append(log, 0), await append(log, 0, 1)]
  await end({ disk, log }, 'EIO', '/data/letters-0')
  assert.deepEqual(kinds(outcomes), ['unknown', 'unknown'])
})

test('a duplicate waits for the sync as the original does', async () => {
  const { disk, log } = await world()
  const outcomes = [await append(log, 0), await append(log, 0)]
  assert.deepEqual(kinds(outcomes), ['waits', 'waits'])
  await end({ disk, log })
  log.clock.advance(30_000)
  await settled()
  assert.deepEqual(kinds(outcomes), ['appended', 'duplicate'])
})

test('a record that is not synced yet is not visible, and watchers hear of it once it is', async () => {
  const { disk, log } = await world()
  let told = 0
  log.engine.watch([log.target()], () => {
    told += 1
  })
  const outcome = await append(log, 0)
  assert.deepEqual([await seen(log), await log.values(), told], [1, ['first'], 0])
  assert.deepEqual(await log.values(1n), [])
  assert.equal(await log.deleteRecords(-1n), 1n)
  await assert.rejects(log.deleteRecords(2n), { errorName: 'OFFSET_OUT_OF_RANGE' })
  told = 0
  await end({ disk, log })
  assert.deepEqual(
    [outcome.result?.kind, await seen(log), await log.values(), told],
    ['appended', 2, ['0'], 1],
  )
})

test('beyond the log end a read is out of range, and between there and the high watermark empty', async () => {
  const { log } = await world()
  await append(log, 0)
  assert.deepEqual(await log.values(2n), [])
  await assert.rejects(log.values(3n), { message: 'OFFSET_OUT_OF_RANGE' })
})

test('fewer than flush.messages records are visible that the disk does not have', async () => {
  const { disk, log } = await world(3n)
  await append(log, 0)
  assert.equal(await seen(log), 2)
  for (const sequence of [1, 2, 3]) await append(log, sequence) // the first of them makes a sync due
  assert.equal(await seen(log), 2)
  await end({ disk, log })
  assert.equal(await seen(log), 5) // the last two wait for another sync, which is not due
})

test('a transaction is undecided for readers until the disk has its marker', async () => {
  const { disk, log } = await world()
  disk.fault = () => null
  const [producerId, producerEpoch] = [9n, 0]
  const producer = { producerId, producerEpoch, baseSequence: 0, knowsEpochBump: false }
  const draft = { records: [record('maybe')], producerId, producerEpoch, baseSequence: 0 }
  const bytes = await buildBatch({ ...draft, transactional: true })
  await log.appendBytes(bytes, 0, { guard: await log.guard(producer) })
  const stable = async () => Number((await log.bounds()).lastStableOffset)
  assert.deepEqual([await seen(log), await stable()], [2, 1])
  disk.fault = operation => (operation === 'sync' ? 'hang' : null)
  const marker = buildMarkerBatch({
    producerId,
    producerEpoch,
    committed: true,
    coordinatorEpoch: 0,
    timestampMs: 1000n,
  })
  void log.appendBytes(marker)
  await settled()
  assert.deepEqual([await seen(log), await stable()], [2, 1])
  await end({ disk, log })
  assert.deepEqual([await seen(log), await stable()], [3, 3])
})

test('a sync for which there was no descriptor is tried again by itself, and its batch is kept then', async () => {
  const { disk, log } = await world()
  disk.fault = operation => (operation === 'sync' ? 'EMFILE' : null)
  const outcome = await append(log, 0)
  assert.deepEqual([outcome.result?.kind, await seen(log)], ['unknown', 1])
  disk.fault = () => null
  log.clock.advance(1000)
  await settled()
  assert.equal(await seen(log), 2)
  assert.equal((await append(log, 0)).result?.kind, 'duplicate')
})

test('a partition that is deleted while its sync is under way takes nothing offline, and watchers hear nothing', async () => {
  const { disk, log } = await world()
  const outcomes = [await append(log, 0), await append(log, 1)]
  log.exists = false
  await log.deleteTopic()
  await end({ disk, log }, 'EIO', '/data/letters-0')
  log.clock.advance(60_000)
  await settled()
  const errors = outcomes.map(({ result }) => result?.kind === 'rejected' && result.error)
  assert.deepEqual(errors, ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'])
  assert.deepEqual(log.said, [])
  assert.deepEqual(disk.list('/data/letters-0'), [])
})

test('an exception that only has a code is a bug, is said with its stack, and takes nothing offline', async () => {
  const { disk, log } = await world()
  disk.fault = () => {
    throw Object.assign(new Error('oops'), { code: 'EIO' })
  }
  const { result } = await append(log, 0)
  assert.ok(result?.kind === 'rejected' && result.error === 'UNKNOWN_SERVER_ERROR')
  assert.match(log.said.join(), /met a bug/)
  disk.fault = () => null
  assert.equal((await append(log, 0)).result?.kind, 'appended')
})

test('what a kill left in the page cache is on the disk before readers see it', async () => {
  const { disk, log } = await world()
  await append(log, 0)
  const killed = disk.killed()
  const again = await log.reopened({ files: killed })
  assert.equal(await seen(again), 2)
  const cut = await log.reopened({ files: killed.unplugged(() => 0) })
  assert.deepEqual(await cut.values(), ['first', '0'])
})
