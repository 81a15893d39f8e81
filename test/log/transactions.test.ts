import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AppendResult } from '../../src/engine/log-engine.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { buildMarkerBatch } from '../../src/records/end-transaction-marker.js'
import {
  buildBatch,
  decodeRecords,
  isControl,
  producerId,
  splitBatches,
} from '../../src/records/record-batch.js'
import { LogWorld, record } from '../support/log-world.js'
import { randomRuns } from '../support/random-runs.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const errorOf = (result: AppendResult | undefined) =>
  result?.kind === 'rejected' ? result.error : result?.kind
const offsetOf = (result: AppendResult | undefined) =>
  result?.kind === 'appended' ? result.baseOffset : null

/** Transactional producers that write into one partition, one record a batch. */
class Producers {
  readonly #sequences = new Map<string, number>()

  constructor(public log: LogWorld) {}

  async write(id: bigint, value: string, { epoch = 0, guarded = true, sequence = -1 } = {}) {
    const key = `${id}/${epoch}`
    const baseSequence = sequence < 0 ? (this.#sequences.get(key) ?? 0) : sequence
    const producer = { producerId: id, producerEpoch: epoch, baseSequence, knowsEpochBump: true }
    const guard = guarded ? await this.log.guard(producer) : null
    const bytes = await buildBatch({
      records: [record(value)],
      producerId: id,
      producerEpoch: epoch,
      baseSequence,
      transactional: true,
    })
    const result = await this.log.appendBytes(bytes, 0, { guard })
    if (result.kind === 'appended') this.#sequences.set(key, baseSequence + 1)
    return result
  }

  async end(
    id: bigint,
    committed: boolean,
    { epoch = 0, coordinatorEpoch = 0, transactionVersion = 0 } = {},
  ) {
    const bytes = buildMarkerBatch({
      committed,
      coordinatorEpoch,
      producerId: id,
      producerEpoch: epoch,
      timestampMs: 1000n,
    })
    return this.log.appendBytes(bytes, 0, { transactionVersion })
  }
}

/**
 * Reads as a consumer with read_committed does: it drops the records that the answer lists as aborted, and the markers.
 */
async function committedValues(log: LogWorld, maxBytes = 1 << 20, from = 0n): Promise<string[]> {
  const target = log.target()
  const values: string[] = []
  for (let offset = from; ; ) {
    const [result] = await log.engine.read([{ target, offset, maxBytes }], {
      isolation: 'read_committed',
      maxBytes,
    })
    assert.ok(result?.kind === 'read')
    if (result.bytes === 0) return values
    const waiting = [...(result.abortedTransactions ?? [])]
    assert.deepEqual(
      waiting,
      [...waiting].sort((a, b) => Number(a.firstOffset - b.firstOffset)),
      'in the order of first offsets',
    )
    const aborted = new Set<bigint>()
    for (const batch of result.batches.flatMap(splitBatches)) {
      const records = await decodeRecords(batch)
      const last = (records.at(-1) as (typeof records)[number]).offset
      while (waiting[0] && waiting[0].firstOffset <= last) {
        aborted.add((waiting.shift() as (typeof waiting)[number]).producerId)
      }
      if (isControl(batch)) aborted.delete(producerId(batch))
      else if (!aborted.has(producerId(batch))) {
        for (const each of records) if (each.offset >= offset) values.push(String(each.value))
      }
      offset = last + 1n
    }
  }
}

async function world(options: Partial<Parameters<typeof LogWorld.open>[0]> = {}) {
  const log = await LogWorld.open({ files: new MemoryFiles(1 << 26), ...options })
  return { log, producers: new Producers(log) }
}

test('the last stable offset stands still at the first open transaction', async () => {
  const { log, producers } = await world()
  const stable = async () => (await log.bounds()).lastStableOffset
  await log.write(['plain'])
  assert.equal(await stable(), 1n)
  await producers.write(1n, 'a')
  await producers.write(2n, 'b')
  await log.write(['plain too'])
  assert.equal(await stable(), 1n)
  await producers.end(1n, true)
  assert.equal(await stable(), 2n)
  await producers.end(2n, false)
  assert.equal(await stable(), 6n)
})

test('read_committed gives whole committed transactions and nothing of open or aborted ones', async () => {
  const { log, producers } = await world()
  await producers.write(1n, 'aborted')
  await producers.write(2n, 'committed')
  await producers.end(1n, false)
  await producers.end(2n, true)
  await producers.write(3n, 'open')
  await log.write(['behind the open one'])
  assert.deepEqual(await committedValues(log), ['committed'])
  assert.equal((await log.values()).length, 6)
})

test('aborted transactions are listed in the order in which they began, not ended', async () => {
  const { log, producers } = await world()
  for (const id of [1n, 2n, 3n]) await producers.write(id, `${id}`)
  for (const id of [3n, 1n, 2n]) await producers.end(id, false)
  const [result] = await log.engine.read([{ target: log.target(), offset: 0n, maxBytes: 1 << 20 }], {
    isolation: 'read_committed',
    maxBytes: 1 << 20,
  })
  assert.deepEqual(result?.kind === 'read' && result.abortedTransactions, [
    { producerId: 1n, firstOffset: 0n },
    { producerId: 2n, firstOffset: 1n },
    { producerId: 3n, firstOffset: 2n },
  ])
})

test('a transaction index entry is 34 bytes as Kafka has them', async () => {
  const files = new MemoryFiles(1 << 20)
  const { log, producers } = await world({ files })
  await producers.write(5n, 'kept open')
  await producers.write(7n, 'a')
  await producers.end(7n, false)
  const bytes = files.readFile(`${log.folder()}/00000000000000000000.txnindex`)
  assert.equal(
    bytes.toString('hex'),
    ['0000', '0000000000000007', '0000000000000001', '0000000000000002', '0000000000000000'].join(''),
  )
})

test('a partition without aborted transactions has no transaction index', async () => {
  const files = new MemoryFiles(1 << 20)
  const { log, producers } = await world({ files })
  await producers.write(7n, 'a')
  await producers.end(7n, true)
  assert.deepEqual(
    files.list(log.folder()).filter(name => name.endsWith('txnindex')),
    [],
  )
})

test('a transaction cannot begin without a guard, nor with one that a marker has made worthless', async () => {
  const { log, producers } = await world()
  assert.equal(errorOf(await producers.write(1n, 'a', { guarded: false })), 'INVALID_TXN_STATE')
  const producer = { producerId: 1n, producerEpoch: 0, baseSequence: 0, knowsEpochBump: false }
  const guard = await log.guard(producer)
  await producers.end(1n, false)
  const bytes = await buildBatch({ records: [record('late')], ...producer, transactional: true })
  const late = await log.appendBytes(bytes, 0, { guard })
  assert.equal(errorOf(late), 'INVALID_TXN_STATE')
})

test('within a transaction no guard is needed, and none is given', async () => {
  const { log, producers } = await world()
  await producers.write(1n, 'a')
  const producer = { producerId: 1n, producerEpoch: 0, baseSequence: 1, knowsEpochBump: false }
  assert.equal(await log.guard(producer), null)
  assert.equal(errorOf(await producers.write(1n, 'b', { guarded: false })), 'appended')
})

test('while a lower sequence waits to be found part of a transaction, a higher one is refused', async () => {
  const { log, producers } = await world()
  await log.guard({
    producerId: 1n,
    producerEpoch: 0,
    baseSequence: 0,
    knowsEpochBump: false,
  })
  assert.equal(errorOf(await producers.write(1n, 'b', { sequence: 1 })), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
  assert.equal(errorOf(await producers.write(1n, 'a')), 'appended')
})

test('a record that is not transactional is refused within a transaction', async () => {
  const { log, producers } = await world()
  await producers.write(1n, 'a')
  const plain = await log.append({
    records: [record('b')],
    producerId: 1n,
    producerEpoch: 0,
    baseSequence: 1,
  })
  assert.equal(errorOf(plain), 'INVALID_TXN_STATE')
})

test('a marker of an earlier epoch or of an earlier coordinator is refused', async () => {
  const { producers } = await world()
  await producers.write(1n, 'a', { epoch: 3 })
  assert.equal(errorOf(await producers.end(1n, true, { epoch: 2 })), 'INVALID_PRODUCER_EPOCH')
  await producers.end(1n, true, { epoch: 3, coordinatorEpoch: 5 })
  const older = await producers.end(1n, false, { epoch: 3, coordinatorEpoch: 4 })
  assert.equal(errorOf(older), 'TRANSACTION_COORDINATOR_FENCED')
})

test('in transaction version 2 the marker is of a later epoch than the records, and may be repeated', async () => {
  const { log, producers } = await world()
  const second = { epoch: 1, transactionVersion: 2 }
  await producers.write(1n, 'a')
  assert.equal(
    errorOf(await producers.end(1n, true, { epoch: 0, transactionVersion: 2 })),
    'INVALID_PRODUCER_EPOCH',
  )
  assert.equal(errorOf(await producers.end(1n, true, second)), 'appended')
  assert.equal(errorOf(await producers.end(1n, true, second)), 'appended')
  assert.equal(errorOf(await producers.write(1n, 'b', { epoch: 1 })), 'appended')
  assert.equal(errorOf(await producers.end(1n, true, second)), 'INVALID_PRODUCER_EPOCH')
  assert.deepEqual(await committedValues(log), ['a'])
})

test('after a marker that raised the epoch the sequence begins with 0 again', async () => {
  const { producers } = await world()
  await producers.write(1n, 'a')
  await producers.end(1n, true, { epoch: 1 })
  assert.equal(
    errorOf(await producers.write(1n, 'b', { epoch: 1, sequence: 1 })),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  )
  assert.equal(errorOf(await producers.write(1n, 'b', { epoch: 1, sequence: 0 })), 'appended')
})

test('a batch that comes again has its old offset, also when its transaction has ended', async () => {
  const { producers } = await world()
  const first = await producers.write(1n, 'a')
  await producers.end(1n, true)
  const again = await producers.write(1n, 'a', { sequence: 0, guarded: false })
  assert.equal(again?.kind, 'duplicate')
  assert.equal(again?.kind === 'duplicate' && again.baseOffset, offsetOf(first))
})

test('a producer with an open transaction is remembered however long it is silent', async () => {
  const { log, producers } = await world()
  await producers.write(1n, 'open')
  await producers.write(2n, 'ended')
  await producers.end(2n, true)
  log.clock.advance(10 * 86_400_000)
  assert.deepEqual(await log.producers(), [
    {
      producerId: 1n,
      producerEpoch: 0,
      lastSequence: 0,
      lastTimestampMs: 1000n,
      coordinatorEpoch: -1,
      currentTransactionStartOffset: 0n,
    },
  ])
})

test('open transactions and coordinators are known after a clean stop and after a crash', async () => {
  for (const stop of ['clean', 'crash'] as const) {
    const disk = new SimulatedDisk()
    const { log, producers } = await world({ files: disk })
    await producers.write(2n, 'ended')
    await producers.end(2n, false, { coordinatorEpoch: 4 })
    await producers.write(9n, 'first')
    await producers.write(3n, 'second')
    if (stop === 'clean') await log.engine.close()
    producers.log = await log.reopened({ files: stop === 'clean' ? disk : disk.killed() })
    assert.equal((await producers.log.bounds()).lastStableOffset, 2n, stop)
    const ended = (await producers.log.producers()).find(each => each.producerId === 2n)
    assert.equal(ended?.coordinatorEpoch, 4, stop)
    await producers.end(9n, true)
    assert.equal((await producers.log.bounds()).lastStableOffset, 3n, stop)
    assert.deepEqual(await committedValues(producers.log), ['first'], stop)
  }
})

test('an aborted transaction stays so when the disk refused the index for a while', async () => {
  const disk = new SimulatedDisk()
  const { log, producers } = await world({ files: disk })
  disk.fault = (operation, path) => (operation === 'append' && path.endsWith('txnindex') ? 'ENOSPC' : null)
  await producers.write(1n, 'a')
  await producers.end(1n, false)
  assert.deepEqual(await committedValues(log), [])
  disk.fault = () => null
  await log.engine.close()
  assert.deepEqual(await committedValues(await log.reopened()), [])
})

type Step = readonly ['write' | 'commit' | 'abort', id: bigint] | readonly ['stop' | 'kill', id?: bigint]

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constant('write' as const), fc.bigInt(1n, 4n)) },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom('commit' as const, 'abort'), fc.bigInt(1n, 4n)) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom('stop' as const, 'kill')) },
)

test('whatever happens, a read_committed reader sees the committed records before the first open one', async () => {
  const script = fc.array(step, { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 600 }), async (steps, maxBytes) => {
      let disk = new SimulatedDisk()
      const { log, producers } = await world({ files: disk, topic: { segmentBytes: 500 } })
      const written: { readonly id: bigint; readonly value: string; state: 'open' | 'commit' | 'abort' }[] =
        []
      for (const [i, [kind, id]] of steps.entries()) {
        if (kind === 'write') {
          assert.equal(errorOf(await producers.write(id, `${i}`)), 'appended')
          written.push({ id, value: `${i}`, state: 'open' })
        } else if (kind === 'commit' || kind === 'abort') {
          await producers.end(id, kind === 'commit')
          for (const each of written) if (each.id === id && each.state === 'open') each.state = kind
        } else {
          if (kind === 'stop') await producers.log.engine.close()
          disk = disk.killed()
          producers.log = await log.reopened({ files: disk })
        }
      }
      const open = written.findIndex(each => each.state === 'open')
      const decided = open < 0 ? written : written.slice(0, open)
      const expected = decided.filter(each => each.state === 'commit').map(each => each.value)
      assert.deepEqual(await committedValues(producers.log, maxBytes), expected)
    }),
    randomRuns(100, 5000),
  )
})

test('a marker whose transaction index cannot be read is not appended, and its transaction is aborted later', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, unverified: true, topic: { segmentBytes: 100 } })
  const producer = { producerId: 1n, producerEpoch: 0 }
  await log.append({ records: [record('a')], ...producer, baseSequence: 0, transactional: true })
  const marker = { ...producer, committed: false, coordinatorEpoch: 0, timestampMs: 1000n }
  disk.fault = (_operation, path) => (path.endsWith('.txnindex') ? 'EMFILE' : null)
  assert.equal((await log.appendBytes(buildMarkerBatch(marker))).kind, 'unavailable')
  disk.fault = () => null
  assert.equal((await log.appendBytes(buildMarkerBatch(marker))).kind, 'appended')
  const [read] = await log.engine.read([{ target: log.target(), offset: 0n, maxBytes: 1000 }], {
    isolation: 'read_committed',
    maxBytes: 1000,
  })
  assert.ok(read?.kind === 'read')
  assert.equal(read.abortedTransactions?.length, 1)
})
