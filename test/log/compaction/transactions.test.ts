import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicSettings } from '../../../src/config/topic-settings.js'
import { buildMarkerBatch } from '../../../src/records/end-transaction-marker.js'
import { buildBatch, isControl, lastOffset, splitBatches } from '../../../src/records/record-batch.js'
import { LogWorld, record } from '../../support/log-world.js'
import { SimulatedDisk } from '../../support/simulated-disk.js'

/** A compacted log and producers that write one keyed record a batch, each in transactions of its own. */
class World {
  readonly #sequences = new Map<bigint, number>()

  constructor(readonly log: LogWorld) {}

  static async open(topic: Partial<TopicSettings> = {}): Promise<World> {
    const compact = {
      cleanupPolicy: { compact: true, delete: false },
      segmentBytes: 400,
      minCleanableDirtyRatio: 0,
    }
    return new World(await LogWorld.open({ files: new SimulatedDisk(), topic: { ...compact, ...topic } }))
  }

  async put(key: string, value: string, producerId: bigint | null = null): Promise<void> {
    const records = [record(value, this.log.clock.now(), key)]
    if (producerId === null) {
      await this.log.append({ records })
      return
    }
    const baseSequence = this.#sequences.get(producerId) ?? 0
    this.#sequences.set(producerId, baseSequence + 1)
    const producer = { producerId, producerEpoch: 0, baseSequence, knowsEpochBump: true }
    const guard = await this.log.guard(producer)
    const bytes = await buildBatch({ records, ...producer, transactional: true })
    const result = await this.log.appendBytes(bytes, 0, { guard })
    assert.equal(result.kind, 'appended')
  }

  async end(producerId: bigint, committed: boolean): Promise<void> {
    const timestampMs = BigInt(this.log.clock.now())
    const bytes = buildMarkerBatch({
      committed,
      coordinatorEpoch: 0,
      producerId,
      producerEpoch: 0,
      timestampMs,
    })
    const result = await this.log.appendBytes(bytes)
    assert.equal(result.kind, 'appended')
  }

  /** Fills the active segment and lets the cleaner come round. */
  async clean(rounds = 1): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      await this.put('filler', 'x'.repeat(300))
      this.log.clock.advance(15_000)
      do await new Promise<void>(resolve => setImmediate(resolve))
      while (!this.log.clock.isArmed('log/cleaner'))
    }
  }

  async values(): Promise<string[]> {
    return (await this.log.read())
      .filter(({ key }) => key !== null && /^[a-z]$/.test(String(key)))
      .map(({ offset, key, value }) => `${offset} ${key}=${value}`)
  }

  async markers(): Promise<number> {
    return (await this.#batches()).filter(isControl).length
  }

  async aborted(): Promise<(readonly [bigint, bigint])[]> {
    const read = { isolation: 'read_committed', maxBytes: 1 << 20 } as const
    const target = this.log.target()
    const [result] = await this.log.engine.read([{ target, offset: 0n, maxBytes: 1 << 20 }], read)
    assert.ok(result?.kind === 'read')
    return (result.abortedTransactions ?? []).map(({ producerId, firstOffset }) => [producerId, firstOffset])
  }

  async #batches(): Promise<Buffer[]> {
    const read = { isolation: 'read_uncommitted', maxBytes: 1 << 20 } as const
    const batches: Buffer[] = []
    const target = this.log.target()
    for (let offset = 0n; offset < (await this.log.bounds()).highWatermark; ) {
      const [result] = await this.log.engine.read([{ target, offset, maxBytes: 1 << 20 }], read)
      assert.ok(result?.kind === 'read')
      const found = result.batches.flatMap(splitBatches)
      batches.push(...found)
      offset = lastOffset(found.at(-1) as Buffer) + 1n
    }
    return batches
  }
}

test('what was aborted is dropped, and counts for no key', async () => {
  const world = await World.open()
  await world.put('a', 'kept')
  await world.put('a', 'aborted', 1n)
  await world.put('b', 'aborted', 1n)
  await world.end(1n, false)
  await world.put('b', 'of a second producer', 2n)
  await world.end(2n, true)
  await world.clean()
  assert.deepEqual(await world.values(), ['0 a=kept', '4 b=of a second producer'])
})

test('an open transaction stops compaction where it began', async () => {
  const world = await World.open()
  for (let i = 0; i < 10; i++) await world.put('a', `${i}`)
  await world.put('b', 'open', 1n)
  for (let i = 10; i < 20; i++) await world.put('a', `${i}`)
  await world.clean()
  const left = await world.values()
  assert.ok(left.length > 10 && left.length < 20, left.join())
  await world.end(1n, true)
  await world.clean(2)
  assert.deepEqual(await world.values(), ['10 b=open', '20 a=19'])
})

test('the marker of a transaction of which nothing is left goes after delete.retention.ms', async () => {
  const world = await World.open({ deleteRetentionMs: 100_000n })
  await world.put('a', 'aborted', 1n)
  await world.end(1n, false)
  await world.put('b', '1', 1n)
  await world.end(1n, true)
  await world.put('b', '2', 1n)
  await world.end(1n, true)
  await world.clean()
  assert.equal(await world.markers(), 3)
  await world.clean(2)
  world.log.clock.advance(100_000)
  await world.clean(3)
  assert.equal(await world.markers(), 1, 'only the one whose record is still there')
  assert.deepEqual(await world.values(), ['4 b=2'])
})

test('answers list an aborted transaction as long as its marker may follow records, also after a restart', async () => {
  const world = await World.open()
  await world.put('a', 'aborted', 1n)
  await world.end(1n, false)
  await world.clean()
  assert.deepEqual(await world.aborted(), [[1n, 0n]])
  const again = new World(
    await world.log.reopened({ files: (world.log.given.files as SimulatedDisk).killed() }),
  )
  assert.deepEqual(await again.aborted(), [[1n, 0n]])
})
