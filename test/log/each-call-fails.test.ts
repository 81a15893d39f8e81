import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { defaults, LogWorld, record } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { type Fault, SimulatedDisk } from '../support/simulated-disk.js'

const directories = ['/one', '/two'] as const
const partitions = [0, 1, 2, 3]
const topic = { segmentBytes: 300, minCleanableDirtyRatio: 0, fileDeleteDelayMs: 1000, flushMessages: 1n }
const { seed = 1, numRuns = 1 } = randomRuns(40, Number.POSITIVE_INFINITY)

/** A partition's records by their keys: the last value that was acknowledged. */
type Kept = Map<string, number>

/** One disk of which one call fails, one engine at a time on it, and what was acknowledged. */
class Run {
  readonly disk = new SimulatedDisk()
  readonly clock = new ManualClock()
  readonly kept: Kept[] = partitions.map(() => new Map())
  /** Each operation with the file that it was for. */
  readonly seen = new Set<string>()
  calls = 0
  /** The operation and path of the call that failed. */
  failed: string | null = null
  #world: LogWorld | null = null
  #values = 0

  constructor(at: number, code: Fault) {
    this.disk.fault = (operation, path) => {
      this.seen.add(`${operation} ${path}`)
      if (this.calls++ !== at) return null
      this.failed = `${operation} ${path}`
      return code
    }
  }

  /** Starts, works, stops and starts again, whatever of it fails; nothing does at the last start. */
  async all(): Promise<void> {
    await this.#start()
    await this.#work()
    await this.#servesNeighbour()
    await this.#stop()
    await this.#start()
    await this.#servesNeighbour()
    await this.#stop()
    this.disk.fault = () => null
    await this.#start()
    await this.#verify()
    await this.#stop()
  }

  async #start(): Promise<void> {
    const given = { files: this.disk, directory: '/one', moreDirectories: ['/two'], partitions: 4 }
    this.#world = await this.#answer(LogWorld.open({ ...given, topic, clock: this.clock }), 'start')
  }

  async #stop(): Promise<void> {
    if (this.#world) await this.#answer(this.#world.engine.close(), 'stop')
    this.#world = null
  }

  /** Retention, reading, DeleteRecords, compaction and a move. */
  async #work(): Promise<void> {
    const world = this.#world
    if (world === null) return
    for (const _ of partitions) for (const partition of partitions) await this.#write(partition, 'old')
    for (const kept of this.kept) kept.delete('old')
    world.topic = { ...defaults, ...topic, retentionBytes: 300n }
    await this.#pass(300_000)
    world.topic = { ...defaults, ...topic }
    for (let round = 0; round < 6; round++) {
      for (const partition of partitions) await this.#write(partition, `${round % 4}`)
    }
    for (const partition of partitions) await this.#answer(world.read(undefined, partition), 'read')
    this.kept[0]?.clear()
    const bounds = await this.#answer(world.bounds(0), 'bounds')
    await this.#answer(world.deleteRecords((bounds?.highWatermark ?? 4n) - 2n, 0), 'delete records')
    for (const key of ['0', '1']) await this.#write(0, key)
    world.topic = { ...defaults, ...topic, cleanupPolicy: { compact: true, delete: false } }
    await this.#pass(300_000)
    for (const partition of partitions) await this.#write(partition, 'compacted')
    await this.#answer(world.move('/two', 2), 'move')
    await this.#pass(60_000)
    await this.#write(2, 'moved')
  }

  async #write(partition: number, key: string): Promise<boolean> {
    const value = ++this.#values
    if (this.#world === null) return false
    const draft = { records: [record(`${value}`, this.clock.now(), key)] }
    const result = await this.#answer(this.#world.append(draft, partition), 'append')
    if (result?.kind !== 'appended') return false
    this.kept[partition]?.set(key, value)
    return true
  }

  /** Lets time pass, and the work that it sets off finish. */
  async #pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    for (let turn = 0; turn < 50; turn++) await setImmediate()
  }

  /** Returns the outcome, or null where it was refused; one of them must come. */
  async #answer<T>(work: Promise<T>, name: string): Promise<T | null> {
    const state: { outcome?: T | null } = {}
    const settled = (outcome: T | null) => void Object.assign(state, { outcome })
    work.then(settled, () => settled(null))
    for (let turn = 0; !('outcome' in state) && turn < 2000; turn++) {
      await setImmediate()
      if (turn % 100 === 99) this.clock.advance(1000)
    }
    assert.ok('outcome' in state, `${name} was never answered`)
    return state.outcome ?? null
  }

  /** The partitions that do not lie in the directory of the fault take records. */
  async #servesNeighbour(): Promise<void> {
    const broken = directories.find(each => this.failed?.includes(` ${each}`))
    if (this.#world === null || broken === undefined) return
    const others = partitions.filter(each => !this.disk.exists(`${broken}/letters-${each}`))
    for (const each of others)
      assert.ok(await this.#write(each, 'neighbour'), `partition ${each} is not served`)
  }

  /** All that was acknowledged is there, and each partition takes more. */
  async #verify(): Promise<void> {
    const world = this.#world
    assert.ok(world, 'the last start does not come off')
    for (const partition of partitions) {
      const found = new Map<string, number>()
      for (const { key, value } of await world.read(undefined, partition)) {
        found.set(String(key), Number(String(value)))
      }
      for (const [key, value] of this.kept[partition] ?? []) {
        assert.ok((found.get(key) ?? 0) >= value, `partition ${partition} lost ${key}=${value}`)
      }
      assert.ok(await this.#write(partition, 'next'), `partition ${partition} takes no more`)
    }
  }
}

test('whichever call of the file system fails, all is answered and nothing acknowledged is lost', async () => {
  const whole = new Run(-1, 'EIO')
  await whole.all()
  for (const done of [
    /rename .*log.cleaned/,
    /rename .*log-start-offset/,
    /remove .*log.deleted/,
    /-future/,
  ]) {
    assert.match([...whole.seen].join('\n'), done, 'the work includes what this is for')
  }
  const cases = (['EIO', 'ENOSPC', 'EMFILE'] as const).flatMap(code =>
    Array.from({ length: whole.calls }, (_, at) => ({ code, at })),
  )
  const step = Math.max(1, Math.floor(cases.length / numRuns))
  const wrong: string[] = []
  for (let next = Math.floor(randomFrom(seed)() * step); next < cases.length; next += step) {
    const { code, at } = cases[next] as (typeof cases)[number]
    const run = new Run(at, code)
    await run.all().catch(thrown => wrong.push(`${code} at call ${at}, ${run.failed}: ${thrown.message}`))
  }
  assert.deepEqual(wrong, [])
})
