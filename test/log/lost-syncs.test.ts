import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LogWorld, record } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

/** The disk after a power failure that takes all that was not synced. */
const unplugged = (disk: SimulatedDisk) => disk.unplugged(() => 0)

const failingSyncs = (disk: SimulatedDisk, which: RegExp) => {
  disk.fault = (operation, path) => (operation === 'sync' && which.test(path) ? 'EIO' : null)
}

/** Lets background work finish. */
async function settled() {
  for (let i = 0; i < 20; i++) await new Promise<void>(resolve => setImmediate(resolve))
}

const topic = { flushMessages: 1n, segmentBytes: 400 }

/** The next process finds what a sync lost in the page cache, and what it writes on top of that it syncs. */
async function startedAgain(disk: SimulatedDisk, world: LogWorld) {
  const again = disk.killed()
  return { disk: again, world: await world.reopened({ files: again }) }
}

test('what a failed sync took for clean is written again by the next start, before anything is acknowledged on top of it', async () => {
  const disk = new SimulatedDisk()
  const world = await LogWorld.open({ files: disk, topic })
  await world.write(['kept'])
  failingSyncs(disk, /log$/)
  assert.equal((await world.append({ records: [record('in doubt')] })).kind, 'unknown')
  const again = await startedAgain(disk, world)
  assert.deepEqual(await again.world.values(), ['kept', 'in doubt'])
  for (const value of ['acknowledged', 'x'.repeat(300), 'in another segment'])
    await again.world.write([value])
  const after = await world.reopened({ files: unplugged(again.disk) })
  const expected = ['kept', 'in doubt', 'acknowledged', 'x'.repeat(300), 'in another segment']
  assert.deepEqual(await after.values(), expected)
})

test('what no topic asked to sync is written again before a stop says that it is kept', async () => {
  const disk = new SimulatedDisk()
  const world = await LogWorld.open({ files: disk })
  await world.write(['a'])
  failingSyncs(disk, /log$/)
  await world.engine.close()
  const again = await startedAgain(disk, world)
  await again.world.write(['b'])
  await again.world.engine.close()
  const after = await world.reopened({ files: unplugged(again.disk) })
  assert.deepEqual(await after.values(), ['a', 'b'])
})

test('a start without room to write again confirms nothing, and goes on when there is room', async () => {
  const disk = new SimulatedDisk()
  const world = await LogWorld.open({ files: disk, topic })
  failingSyncs(disk, /log$/)
  await world.append({ records: [record('in doubt')] })
  const again = disk.killed()
  again.fault = operation => (operation === 'rewrite' ? 'ENOSPC' : null)
  const next = await world.reopened({ files: again })
  assert.deepEqual(await next.values(), [], 'no client reads what the disk may not have')
  assert.equal((await next.append({ records: [record('unconfirmed')] })).kind, 'unknown')
  again.fault = () => null
  next.clock.advance(1000)
  await settled()
  assert.deepEqual(await next.values(), ['in doubt', 'unconfirmed'])
  await next.write(['acknowledged'])
  const after = await world.reopened({ files: unplugged(again) })
  assert.deepEqual(await after.values(), ['in doubt', 'unconfirmed', 'acknowledged'])
})

test('whose a partition is, is written again as well', async () => {
  const disk = new SimulatedDisk()
  const world = await LogWorld.open({ files: disk, topic })
  failingSyncs(disk, /partition.metadata$/)
  await world.append({ records: [record('in doubt')] })
  const again = await startedAgain(disk, world)
  await again.world.write(['acknowledged'])
  const after = await world.reopened({ files: unplugged(again.disk) })
  assert.deepEqual(await after.values(), ['in doubt', 'acknowledged'])
  assert.doesNotMatch(after.said.join(), /partition.metadata is damaged/)
})

test('a snapshot of producers that a failed sync took for clean is written again before the segments go that tell the same', async () => {
  const disk = new SimulatedDisk()
  const world = await LogWorld.open({ files: disk, topic })
  const draft = { records: [record('first')], producerId: 7n, producerEpoch: 0, baseSequence: 0 }
  assert.equal((await world.append(draft)).kind, 'appended')
  failingSyncs(disk, /snapshot$/)
  assert.equal((await world.append({ records: [record('x'.repeat(300))] })).kind, 'unknown')
  const again = await startedAgain(disk, world)
  await again.world.write(['y'.repeat(300)])
  again.world.topic = { ...again.world.topic, retentionBytes: 1n }
  again.world.clock.advance(300_000)
  await settled()
  assert.equal((await again.world.bounds()).logStartOffset, 2n, 'retention takes what came first')
  const after = await world.reopened({ files: unplugged(again.disk) })
  assert.equal((await after.append(draft)).kind, 'duplicate')
})

const step = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constant('append' as const), fc.nat(1), fc.nat(120)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('sync fails' as const), fc.nat(5)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('time' as const), fc.nat(70_000)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('kill' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('stop' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('power' as const), fc.nat()) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Two partitions with flush.messages=1 on a disk of which syncs fail, and processes that start without a reboot. */
class Story {
  /** The values that were acknowledged or read, by partition and offset. */
  readonly #known = [new Map<number, string>(), new Map<number, string>()]
  readonly #clock = new ManualClock()
  #disk = new SimulatedDisk()
  #world!: LogWorld
  #named = 0

  async start(disk: SimulatedDisk): Promise<void> {
    this.#disk = disk
    this.#world = await LogWorld.open({
      files: disk,
      clock: this.#clock,
      topic: { ...topic, segmentBytes: 600 },
    })
    await this.#read()
  }

  async happen([kind, first = 0, second = 0]: Step): Promise<void> {
    if (kind === 'append') await this.#append(first, second)
    else if (kind === 'time') this.#clock.advance(first)
    else if (kind === 'kill') await this.start(this.#disk.killed())
    else if (kind === 'power') await this.start(this.#disk.unplugged(randomFrom(first)))
    else if (kind === 'stop') {
      await this.#world.engine.close()
      await this.start(this.#disk.killed())
    } else {
      let left = first
      this.#disk.fault = operation => (operation === 'sync' && --left < 0 && left > -3 ? 'EIO' : null)
    }
  }

  async #append(partition: number, size: number): Promise<void> {
    const value = `${this.#named++} ${'x'.repeat(size)}`
    const result = await this.#world.append({ records: [record(value)] }, partition)
    if (result.kind === 'appended') this.#known[partition]?.set(Number(result.baseOffset), value)
    else await this.start(this.#disk.killed())
  }

  /** All is there that was acknowledged or read before, and what is read now is to stay. */
  async #read(): Promise<void> {
    for (const [partition, known] of this.#known.entries()) {
      const found = new Map(
        (await this.#world.read(0n, partition)).map(({ offset, value }) => [Number(offset), String(value)]),
      )
      for (const [offset, value] of known) assert.equal(found.get(offset), value, `${partition} at ${offset}`)
      for (const [offset, value] of found) known.set(offset, value)
    }
  }
}

test('whichever syncs fail, what was acknowledged or read outlives starts without a reboot, and power failures after them', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60 }),
    fc.nat(),
    async (steps, seed) => {
      const story = new Story()
      await story.start(new SimulatedDisk())
      for (const each of steps) await story.happen(each)
      await story.happen(['kill'])
      await story.happen(['power', seed])
    },
  )
  await fc.assert(property, { ...randomRuns(200, 20_000), includeErrorInReport: true })
})
