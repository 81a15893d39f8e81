import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import type { PartitionLog } from './partition-log.js'
import type { Placed } from './partition-moves.js'

export interface RetentionOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: { number(name: string): number }
}

/** Segments that go in one turn of the event loop: a matter of 2 ms. */
const droppedAtOnce = 4
/** Partitions that are looked at in one turn. */
const lookedAtAtOnce = 500
const nextRound = 'log/retention'
const nextStep = 'log/retention/step'

/** Drops what is not kept any more, little by little, so that everyone else is served meanwhile (Kafka's task kafka-log-retention). */
export class RetentionTask {
  readonly #work: Generator<void>[] = []
  /** Of which the beginning was moved, and that wait for their turn or are in it: each is there once. */
  readonly #moved = new Set<Placed>()

  constructor(
    private readonly options: RetentionOptions,
    private readonly partitions: () => Iterable<Placed>,
  ) {
    this.#roundLater()
  }

  /** Drops what lies before the beginning of a partition, which was moved. */
  drop(placed: Placed): void {
    if (this.#moved.has(placed)) return
    this.#moved.add(placed)
    this.#begin(this.#droppedBeforeStart(placed))
  }

  stop(): void {
    const { clock } = this.options
    this.#work.length = 0
    clock.cancel(nextRound)
    clock.cancel(nextStep)
  }

  #roundLater(): void {
    const { clock, config } = this.options
    const delayMs = config.number('log.retention.check.interval.ms')
    clock.after(delayMs, nextRound, () => this.#begin(this.#round()))
  }

  #begin(work: Generator<void>): void {
    this.#work.push(work)
    if (this.#work.length === 1) this.#step()
  }

  #step(): void {
    while (this.#work[0]?.next().done) this.#work.shift()
    if (this.#work.length > 0) this.options.clock.after(0, nextStep, () => this.#step())
  }

  *#round(): Generator<void> {
    let looked = 0
    for (const placed of [...this.partitions()]) {
      yield* this.#droppedBeforeStart(placed)
      yield* this.#retained(placed)
      if (++looked % lookedAtAtOnce === 0) yield
    }
    this.#roundLater()
  }

  *#droppedBeforeStart(placed: Placed): Generator<void> {
    while (this.#tried(placed, log => log.dropBeforeStart(droppedAtOnce))) yield
    this.#moved.delete(placed)
  }

  *#retained(placed: Placed): Generator<void> {
    const { clock, config } = this.options
    while (this.#tried(placed, log => log.retain(clock.now(), droppedAtOnce))) yield
    const seenBeforeMs = clock.now() - config.number('producer.id.expiration.ms')
    this.#tried(placed, log => log.expireProducers(seenBeforeMs))
  }

  /** What the disk refuses is said, and tried again in the next round. */
  #tried<T>({ log, home }: Placed, work: (log: PartitionLog) => T): T | undefined {
    try {
      return log.isClosed ? undefined : work(log)
    } catch (thrown) {
      this.options.logger.error(`Retention of ${log.folderName} failed.`, thrown)
      home.failed(thrown)
      return undefined
    }
  }
}
