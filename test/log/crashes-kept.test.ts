import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LogWorld, record } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { type Fault, SimulatedDisk } from '../support/simulated-disk.js'

const step = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constant('append' as const), fc.nat(1), fc.nat(120)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('time' as const), fc.nat(40_000)) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constant('fault' as const),
      fc.constantFrom<(Fault | 'hang')[]>('EIO', 'ENOSPC', 'EMFILE', 'hang', 'hang'),
      fc.nat(8),
    ),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant('works' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('kill' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('power' as const), fc.nat()) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** The values of one partition, by offset, that were acknowledged to a client or seen by a reader. */
class Known {
  readonly values = new Map<number, string>()
  next = 0

  is(offset: number, value: string): void {
    assert.equal(this.values.get(offset) ?? value, value, `what lies at ${offset}`)
    this.values.set(offset, value)
  }
}

/** A topic with flush.messages=1: appends that are not awaited, a reader after each step, and a disk in trouble. */
class Story {
  readonly #known = [new Known(), new Known()]
  #world!: LogWorld
  #disk = new SimulatedDisk()
  #named = 0
  #starts = 0
  #turn = 0
  #lostIn = Infinity
  #hasPowerFailed = false

  async start(disk: SimulatedDisk): Promise<void> {
    const clock = new ManualClock((this.#world?.clock.now() ?? 1_700_000_000_000) + 1)
    disk.clock = clock
    this.#disk = disk
    this.#starts += 1
    this.#lostIn = Infinity
    this.#world = await LogWorld.open({ files: disk, clock, topic: { flushMessages: 1n, segmentBytes: 600 } })
    await this.#check()
  }

  async happen([kind, first = 0, second = 0]: Step): Promise<void> {
    if (kind === 'append') this.#append(Number(first), Number(second))
    else if (kind === 'time') this.#world.clock.advance(Number(first))
    else if (kind === 'works') this.#disk.fault = () => null
    else if (kind === 'kill') await this.start(await this.#restarted())
    else if (kind === 'power') {
      this.#hasPowerFailed = true
      await this.start(this.#disk.unplugged(randomFrom(Number(first))))
    } else {
      let left = Number(second)
      this.#disk.fault = () => (--left < 0 && left > -5 ? (first as Fault | 'hang') : null)
    }
    await this.#settle()
    await this.#read()
  }

  /** A disk that was lost is looked after before the next start, which costs the page cache. */
  async #restarted(): Promise<SimulatedDisk> {
    this.#hasPowerFailed ||= this.#lostIn < Infinity
    return this.#lostIn === Infinity ? this.#disk.killed() : this.#disk.unplugged(() => 0.5)
  }

  #append(partition: number, size: number): void {
    const value = `${this.#named++} ${'x'.repeat(size)}`
    const start = this.#starts
    const wasLost = this.#lostIn
    void this.#world.append({ records: [record(value)] }, partition).then(result => {
      if (start !== this.#starts || result.kind !== 'appended') return
      assert.ok(wasLost === Infinity && this.#turn <= this.#lostIn, 'acknowledged after the disk was lost')
      this.#known[partition]?.is(Number(result.baseOffset), value)
    })
  }

  async #settle(): Promise<void> {
    for (let i = 0; i < 4; i++) {
      if (this.#lostIn === Infinity && this.#world.said.some(each => each.includes('is offline')))
        this.#lostIn = this.#turn
      this.#turn += 1
      await new Promise<void>(resolve => setImmediate(resolve))
    }
  }

  async #read(): Promise<void> {
    for (const [partition, known] of this.#known.entries()) {
      const found = await this.#world.read(BigInt(known.next), partition).catch(thrown => {
        assert.match(thrown.message, /KAFKA_STORAGE_ERROR/)
        return []
      })
      for (const { offset, value } of found) {
        for (; known.next < Number(offset); known.next++) this.#maySkip(known)
        known.is(known.next++, String(value))
      }
    }
  }

  /** A power failure may take what nobody was told of from before an empty segment, where the log then goes on. */
  #maySkip({ next, values }: Known): void {
    assert.ok(this.#hasPowerFailed && !values.has(next), `the reader skips nothing: ${next}`)
  }

  /** Checks after a start that all is there that was acknowledged or seen. */
  async #check(): Promise<void> {
    for (const [partition, known] of this.#known.entries()) {
      const found = new Map(
        (await this.#world.read(0n, partition)).map(each => [Number(each.offset), String(each.value)]),
      )
      for (const [offset, value] of known.values) assert.equal(found.get(offset), value, `kept at ${offset}`)
    }
  }
}

test('with flush.messages=1 whatever was acknowledged or seen outlives power failures, whatever the disk does', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
    async steps => {
      const story = new Story()
      await story.start(new SimulatedDisk())
      for (const each of steps) await story.happen(each)
      await story.happen(['power', 1])
    },
  )
  await fc.assert(property, { ...randomRuns(40, 20_000), includeErrorInReport: true })
})
