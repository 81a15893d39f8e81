import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LogWorld, record } from '../support/log-world.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { type Fault, SimulatedDisk } from '../support/simulated-disk.js'

/** One thing that happens to a broker. Numbers choose among what is possible at that moment. */
type Step =
  | { readonly kind: 'append'; readonly partition: number; readonly count: number; readonly size: number }
  | { readonly kind: 'repeat'; readonly partition: number }
  | { readonly kind: 'delete'; readonly partition: number; readonly share: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'sync' }
  | {
      readonly kind: 'fail'
      readonly after: number
      readonly code: Fault
      readonly shortBytes: number
    }
  | { readonly kind: 'retain'; readonly bytes: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'power'; readonly seed: number }

const partition = fc.integer({ min: 0, max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      partition,
      count: fc.integer({ min: 1, max: 4 }),
      size: fc.integer({ min: 0, max: 120 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('repeat' as const), partition }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      partition,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 70_000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sync' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      after: fc.integer({ min: 0, max: 6 }),
      code: fc.constantFrom<Fault[]>('ENOSPC', 'EIO', 'EMFILE', 'EACCES'),
      shortBytes: fc.integer({ min: 0, max: 80 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('retain' as const), bytes: fc.integer({ min: 0, max: 2000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'kill' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('power' as const), seed: fc.nat() }) },
)

/** The expected content of a partition: the values by offset, and the offset up to which they were synced. */
class Model {
  /** Null where a power failure took what was before the beginning of a segment. */
  values: (string | null)[] = []
  start = 0
  /** The start that DeleteRecords set, which survives everything. */
  deleted = 0
  /** The offset up to which records survive a power failure. */
  durable = 0
  /** The last batch of the idempotent producer. */
  last: { readonly sequence: number; readonly values: readonly string[]; readonly base: number } | null = null
  nextSequence = 0
  epoch = 0

  /** True where its last batch was deleted before it was synced: then nothing on disk need tell of its producer. */
  get lastIsGone(): boolean {
    if (this.last === null) return false
    const end = this.last.base + this.last.values.length
    return end <= this.start && end > this.durable
  }

  /**
   * Takes the start found: a power failure may undo what retention did, and may take a first segment that was never
   * synced.
   */
  restart(start: number): void {
    assert.ok(
      start >= this.deleted,
      `starts at ${start}, before ${this.deleted}, up to where all was deleted`,
    )
    assert.ok(start <= Math.max(this.start, this.durable) || this.durable <= this.start, `starts at ${start}`)
    this.start = start
  }

  /** Takes the offsets found: a power failure may undo any part of what retention did before it. */
  retentionTook(before: number, found: ReadonlySet<number>): void {
    for (let offset = this.start; offset < Math.min(before, this.values.length); offset++)
      if (!found.has(offset)) this.values[offset] = null
  }

  /** Takes the end found; values at offsets that were not found are gone. */
  lose(end: number, found: ReadonlySet<number>): void {
    this.values.length = end
    for (const offset of this.values.keys())
      if (offset >= this.start && !found.has(offset)) this.values[offset] = null
    this.last = null
    this.nextSequence = -1 // whatever the log says
  }
}

class Story {
  readonly models = [new Model(), new Model(), new Model()]
  #disk = new SimulatedDisk()
  #named = 0

  private constructor(
    private world: LogWorld,
    disk: SimulatedDisk,
  ) {
    this.#disk = disk
  }

  static async begin(preallocate: boolean): Promise<Story> {
    const disk = new SimulatedDisk()
    const topic = { segmentBytes: 600, indexIntervalBytes: 150, preallocate }
    // Times of the records stand for their offsets, and are long past.
    const config = { 'producer.id.expiration.ms': Number.MAX_SAFE_INTEGER }
    return new Story(await LogWorld.open({ files: disk, topic, config }), disk)
  }

  async happen(step: Step): Promise<void> {
    switch (step.kind) {
      case 'append':
        return this.#append(step.partition, step.count, step.size)
      case 'repeat':
        return this.#repeat(step.partition)
      case 'delete':
        return this.#delete(step.partition, step.share)
      case 'time':
        this.world.clock.advance(step.ms)
        return settle()
      case 'sync':
        return this.#sync()
      case 'fail':
        return this.#fail(step)
      case 'retain':
        return this.#retain(step.bytes)
      case 'stop':
        await this.#works()
        this.world.engine.openRest()
        this.world.clock.advance(100)
        await this.world.engine.close()
        for (const model of this.models) model.durable = model.values.length
        return this.#reopen(this.#disk.killed())
      case 'kill':
        return this.#reopen(this.#disk.killed())
      case 'power':
        return this.#power(step.seed)
    }
  }

  /** Everything that was acknowledged is there, nothing else, and every way to it agrees. */
  async check(): Promise<void> {
    await this.#works()
    for (const [partition, model] of this.models.entries()) {
      const bounds = await this.world.bounds(partition)
      assert.equal(Number(bounds.highWatermark), model.values.length, `end of ${partition}`)
      assert.equal(Number(bounds.logStartOffset), model.start, `start of ${partition}`)
      const found = await this.world.read(undefined, partition)
      assert.deepEqual(
        found.map(each => `${each.offset} ${each.value}`),
        model.values.flatMap((value, offset) =>
          offset < model.start || value === null ? [] : `${offset} ${value}`,
        ),
      )
      for (let offset = model.start; offset < model.values.length; offset++) {
        if (model.values[offset] === null) continue
        const [at] = await this.world.read(BigInt(offset), partition, 1)
        assert.equal(Number(at?.offset), offset, `reading ${partition} at ${offset}`)
        const byTime = await this.world.offsetForTime(BigInt(1000 + offset), partition)
        assert.equal(Number(byTime?.offset), offset, `finding ${partition} at time ${1000 + offset}`)
      }
    }
  }

  /** Records are stamped with 1000 + their offset, so that they can be found by it. */
  async #append(partition: number, count: number, size: number): Promise<void> {
    const model = this.models[partition] as Model
    const base = model.values.length
    const values = Array.from({ length: count }, () => `${this.#named++} ${'x'.repeat(size)}`)
    if (model.nextSequence < 0) {
      model.epoch += 1
      model.nextSequence = 0
    }
    await this.#send(partition, { sequence: model.nextSequence, values, base })
  }

  async #repeat(partition: number): Promise<void> {
    const model = this.models[partition] as Model
    if (!model.last) return
    const { base } = model.last
    const result = await this.world.append(draft(model.epoch, model.last), partition)
    if (result.kind !== 'unavailable')
      assert.deepEqual(
        [result.kind, 'baseOffset' in result && Number(result.baseOffset)],
        ['duplicate', base],
      )
  }

  async #send(partition: number, batch: NonNullable<Model['last']>): Promise<void> {
    const model = this.models[partition] as Model
    const result = await this.world.append(draft(model.epoch, batch), partition)
    if (result.kind === 'unavailable') return
    assert.ok(result.kind === 'appended', result.kind)
    assert.equal(Number(result.baseOffset), batch.base)
    model.values.push(...batch.values)
    model.last = batch
    model.nextSequence = batch.sequence + batch.values.length
  }

  async #delete(partition: number, share: number): Promise<void> {
    const model = this.models[partition] as Model
    const before = Math.floor(model.values.length * share)
    await this.#works()
    model.start = Math.max(model.start, before)
    model.deleted = model.start
    const start = await this.world.deleteRecords(BigInt(before), partition)
    assert.equal(Number(start), model.start)
  }

  /** A topic whose flush.messages is 1 for the length of one append has everything on disk after it. */
  async #sync(): Promise<void> {
    await this.#works()
    const { topic } = this.world
    this.world.topic = { ...topic, flushMessages: 1n }
    for (const [partition, model] of this.models.entries()) {
      await this.#append(partition, 1, 10)
      model.durable = model.values.length
    }
    this.world.topic = topic
  }

  /** Retention takes whole segments, never the one that is written. */
  async #retain(bytes: number): Promise<void> {
    await this.#works()
    const { topic } = this.world
    this.world.topic = { ...topic, retentionBytes: BigInt(bytes) }
    for (const [partition] of this.models.entries()) await this.world.read(undefined, partition)
    this.world.clock.advance(300_000)
    await settle()
    this.world.topic = topic
    for (const [partition, model] of this.models.entries()) {
      const start = Number((await this.world.bounds(partition)).logStartOffset)
      assert.ok(start >= model.start && start <= model.values.length, `${start} after ${model.start}`)
      model.start = start
    }
  }

  #fail({ after, code, shortBytes }: Extract<Step, { kind: 'fail' }>): void {
    let left = after
    // The zeros of a reserved file may make whole what was written in part: refused, and yet there after a crash.
    this.#disk.shortBytes = this.world.topic.preallocate ? 0 : shortBytes
    this.#disk.fault = () => {
      left -= 1
      return left < 0 && left > -5 ? code : null
    }
  }

  /** The disk is whole again, or has room; after a failure of the disk only a new start helps. */
  async #works(): Promise<void> {
    this.#disk.fault = () => null
    await settle() // a sync that nobody waits for may be about to fail
    const [directory] = await this.world.engine.describe()
    if (directory?.failure !== null) await this.#reopen(this.#disk.killed())
  }

  async #power(seed: number): Promise<void> {
    await this.#reopen(this.#disk.unplugged(randomFrom(seed)))
    for (const [partition, model] of this.models.entries()) {
      const bounds = await this.world.bounds(partition)
      const end = Number(bounds.highWatermark)
      assert.ok(end >= Math.max(model.durable, model.deleted), `${end} of ${model.durable} synced are left`)
      const startedAt = model.start
      model.restart(Number(bounds.logStartOffset))
      assert.ok(end <= model.values.length)
      const found = new Set((await this.world.read(undefined, partition)).map(({ offset }) => Number(offset)))
      model.retentionTook(startedAt, found)
      const missing = model.values.findIndex(
        (value, i) => i >= model.start && value !== null && !found.has(i),
      )
      assert.ok(missing < 0 || missing >= model.durable, `${missing} of ${model.durable} synced is gone`)
      if (missing >= 0 || model.lastIsGone) model.lose(end, found)
      model.durable = Math.min(model.durable, end)
    }
  }

  async #reopen(disk: SimulatedDisk): Promise<void> {
    this.#disk = disk
    this.world = await this.world.reopened({ files: disk })
  }
}

const draft = (producerEpoch: number, { sequence, values, base }: NonNullable<Model['last']>) => ({
  records: values.map((value, i) => record(value, 1000 + base + i)),
  producerId: 1n,
  producerEpoch,
  baseSequence: sequence,
})

/** Lets what waits for a sync go on. */
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

test('whatever happens to broker, machine and disk, what was acknowledged is there once and nothing else', async () => {
  const property = fc.asyncProperty(
    fc.boolean(),
    fc.array(step, { minLength: 1, maxLength: 100, size: 'max' }),
    async (preallocate, steps) => {
      const story = await Story.begin(preallocate)
      for (const each of steps) await story.happen(each)
      await story.check()
      await story.happen({ kind: 'kill' })
      await story.check()
    },
  )
  await fc.assert(property, { ...randomRuns(300, 20_000), includeErrorInReport: true })
})
