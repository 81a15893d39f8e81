import assert from 'node:assert/strict'
import type { AppendResult, LogEngine, Move, TopicPartition } from '../../../src/engine/log-engine.js'
import { FileLogEngine } from '../../../src/log/file-log-engine.js'
import { Background } from '../../../src/telemetry/background.js'
import { inflater } from '../inflater.js'
import { ManualClock } from '../manual-clock.js'
import { randomFrom } from '../random-runs.js'
import type { SimulatedDisk } from '../simulated-disk.js'
import type { Trouble } from './events.js'
import type { StoryTopic, StoryTopics } from './topics.js'

export const directories = ['/a', '/b'] as const

const numbers: Readonly<Record<string, number>> = {
  'log.retention.check.interval.ms': 60_000,
  'log.flush.offset.checkpoint.interval.ms': 60_000,
  'producer.id.expiration.ms': Number.MAX_SAFE_INTEGER,
  'log.cleaner.backoff.ms': 15_000,
  'log.cleaner.dedupe.buffer.size': 1 << 20,
}

/** The time that a client waits for an answer. */
const timeoutMs = 10_000
/** The turns of the event loop in which work comes to its end, unless it hangs. */
const turnsToSettle = 6

/** One process of a broker: an engine over a simulated disk, on a clock of its own, until it is killed. */
export class StoryBroker {
  readonly said: string[] = []
  engine!: LogEngine
  readonly #background: Background
  readonly #troubled = new Set<string>()
  /** The turn in which each directory was found to be lost. */
  readonly #lostIn = new Map<string, number>()
  #turn = 0
  #isOver = false
  readonly #hangUp: (() => void)[] = []
  readonly #failures: unknown[] = []

  private constructor(
    readonly disk: SimulatedDisk,
    readonly clock: ManualClock,
  ) {
    disk.clock = clock
    const logger = { debug() {}, info: this.#say, warn: this.#say, error: this.#say }
    this.#background = new Background({ clock, logger })
  }

  /** Starts a broker; rejects where the disk does not let it start. */
  static async start(
    disk: SimulatedDisk,
    nowMs: number,
    topics: StoryTopics,
    trouble: Trouble | null,
  ): Promise<StoryBroker> {
    const broker = new StoryBroker(disk, new ManualClock(nowMs))
    const logger = { debug() {}, info: broker.#say, warn: broker.#say, error: broker.#say }
    if (trouble) broker.trouble(trouble)
    const engine = await broker.over(
      FileLogEngine.open({
        files: disk,
        directories,
        clock: broker.clock,
        logger,
        background: broker.#background,
        topics,
        inflater: inflater(),
        random: randomFrom(nowMs),
        config: {
          number: name => numbers[name] as number,
          boolean: name => name !== 'transaction.partition.verification.enable',
        },
      }),
    )
    engine.startsWith(
      topics.all.map(({ id, partitionCount }) => ({ id, partitions: Array(partitionCount).fill(null) })),
    )
    engine.openRest()
    broker.engine = engine
    return broker
  }

  get isLost(): boolean {
    return this.#lostIn.size > 0
  }

  /** True where the disk fails, or failed since the start, in a directory that has the partition or may get it. */
  mayFail(folder: string): boolean {
    const homes = this.#directoriesWith(path => this.disk.exists(`${path}/${folder}`))
    const looked = homes.length > 0 ? homes : directories
    return this.#isOver || looked.some(each => this.#troubled.has(each))
  }

  /** A turn after which nothing is acknowledged any more: all that is there of a partition lies in lost directories. */
  #lastTurnOf(folder: string): number {
    const homes = this.#directoriesWith(path =>
      this.disk
        .list(`${path}/${folder}`)
        .some(name => this.disk.size(`${path}/${folder}/${name}`) > 0 && name.endsWith('.log')),
    )
    return homes.length === 0 ? Infinity : Math.max(...homes.map(each => this.#lostIn.get(each) ?? Infinity))
  }

  /** Looks at the disk as it is, past its trouble. */
  #directoriesWith(test: (path: string) => boolean): string[] {
    const { fault } = this.disk
    this.disk.fault = () => null
    const found = directories.filter(test)
    this.disk.fault = fault
    return found
  }

  trouble({ fault, after, times, directory }: Trouble): void {
    const where = directory === null ? '' : (directories[directory] as string)
    for (const each of directories) if (each.startsWith(where)) this.#troubled.add(each)
    let left = after
    this.disk.fault = (_, path) => {
      if (!path.startsWith(where)) return null
      left -= 1
      return left < 0 && left >= -times ? fault : null
    }
  }

  /** The disk works again, but for a directory that was lost. */
  works(): void {
    this.disk.fault = () => null
  }

  /** Sends a batch as a client does; the answer is `unknown` where the process ends before it comes. */
  async append(target: TopicPartition, folder: string, bytes: Buffer): Promise<AppendResult> {
    const cut = new Promise<AppendResult>(resolve => this.#hangUp.push(() => resolve({ kind: 'unknown' })))
    const appended = this.engine
      .append([{ target, bytes, fence: 0 }], { acks: -1, timeoutMs })
      .then(([result]) => this.#answered(folder, result as AppendResult))
    return Promise.race([appended, cut])
  }

  move(move: Move): void {
    this.watch(this.engine.move([move]))
  }

  deleteTopic(topic: StoryTopic): void {
    this.#background.run(`delete-topic/${topic.id}`, () => this.engine.deleteTopic(topic))
  }

  /** Makes the story fail where detached work throws. */
  watch(work: Promise<unknown>): void {
    work.catch(thrown => this.#failures.push(thrown))
  }

  async settle(): Promise<void> {
    for (let i = 0; i < turnsToSettle; i++) {
      await new Promise<void>(resolve => setImmediate(resolve))
      this.#turn += 1
      if (this.#failures.length > 0) throw this.#failures[0]
    }
  }

  /** Awaits work that may hang. */
  async over<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const done = () => {
      isOver = true
    }
    work.then(done, done)
    for (let i = 0; !isOver; i++) {
      assert.ok(i < 1000, 'it comes to an end')
      await this.settle()
      if (!isOver) this.clock.advance(i === 0 ? 0 : 1000)
    }
    return work
  }

  /** The process is gone, or stopped. */
  end(): void {
    this.#isOver = true
    for (const hangUp of this.#hangUp) hangUp()
  }

  /** Nothing is acknowledged once its directory is known to be lost. */
  #answered(folder: string, result: AppendResult): AppendResult {
    const isKept = result.kind === 'appended' || result.kind === 'duplicate'
    if (isKept && !this.#isOver) {
      assert.ok(this.#turn <= this.#lastTurnOf(folder), `${folder}: acknowledged after the disk was lost`)
    }
    return result
  }

  readonly #say = (message: string, thrown?: unknown): void => {
    this.said.push(message)
    const lost = /^(\S+) is offline/.exec(message)?.[1]
    if (lost) this.#lostIn.set(lost, this.#turn)
    if (/bug/.test(message)) this.#failures.push(thrown ?? new Error(message))
  }
}
