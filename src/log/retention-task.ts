import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import type { Dropped, PartitionLog } from './partition-log.js'
import type { Placed } from './partition-moves.js'
import { isGone } from './storage-fault.js'

export interface RetentionOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly background: Background
  readonly config: { number(name: string): number }
}

/** The segments that are dropped in one turn of the event loop: a matter of 2 ms. */
const droppedAtOnce = 4
/** The partitions that are looked at in one turn. */
const lookedAtAtOnce = 500
/**
 * Work in steps. Between two of them it lets everyone else be served, or waits for a sync and is told whether that
 * succeeded.
 */
type Steps = Generator<Promise<boolean> | null, void, boolean>
const nextRound = 'log/retention'
const nextStep = 'log/retention/step'
const workName = 'Retention'

/**
 * Drops the segments that are not kept any more, little by little, so that everyone else is served meanwhile (Kafka's
 * task kafka-log-retention).
 */
export class RetentionTask {
  readonly #work: Steps[] = []
  /** The partitions whose beginning was moved and that wait for their turn, or are in it; each is there once. */
  readonly #moved = new Set<Placed>()

  constructor(
    private readonly options: RetentionOptions,
    private readonly partitions: () => Iterable<Placed>,
  ) {
    this.#roundLater()
  }

  /** Drops the segments that lie before the beginning of a partition, which was moved. */
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

  #begin(work: Steps): void {
    this.#work.push(work)
    if (this.#work.length === 1) this.#step()
  }

  #step(synced = false): void {
    for (let work = this.#work[0]; work; work = this.#work[0]) {
      const sync = this.#next(work, synced)
      if (sync === 'over') {
        this.#work.shift()
        continue
      }
      const { background, clock } = this.options
      if (sync) background.run(workName, async () => this.#step(await sync))
      else clock.after(0, nextStep, () => this.#step())
      return
    }
  }

  /** Does the next step of a work. A work that meets a bug is over; the works behind it go on. */
  #next(work: Steps, synced: boolean): Promise<boolean> | null | 'over' {
    try {
      const { done, value } = work.next(synced)
      return done ? 'over' : (value ?? null)
    } catch (thrown) {
      this.options.logger.error('Retention met a bug.', thrown)
      return 'over'
    }
  }

  *#round(): Steps {
    let looked = 0
    try {
      for (const placed of [...this.partitions()]) {
        yield* this.#droppedBeforeStart(placed)
        yield* this.#retained(placed)
        if (++looked % lookedAtAtOnce === 0) yield null
      }
    } finally {
      this.#roundLater()
    }
  }

  *#droppedBeforeStart(placed: Placed): Steps {
    try {
      yield* this.#dropped(placed, log => log.dropBeforeStart(droppedAtOnce))
    } finally {
      this.#moved.delete(placed)
    }
  }

  *#retained(placed: Placed): Steps {
    const { clock, config } = this.options
    yield* this.#dropped(placed, log => log.retain(clock.now(), droppedAtOnce))
    const seenBeforeMs = clock.now() - config.number('producer.id.expiration.ms')
    this.#tried(placed, log => log.expireProducers(seenBeforeMs))
  }

  *#dropped(placed: Placed, drop: (log: PartitionLog) => Dropped): Steps {
    for (;;) {
      if (placed.home.failure !== null) return // the log may not be in memory as it is on the disk
      const dropped = this.#tried(placed, drop) ?? 'all'
      if (dropped === 'all') return
      const synced = yield dropped === 'some' ? null : this.#synced(placed)
      if (dropped === 'before a sync' && !synced) return
    }
  }

  /** Syncs a partition; false where the disk refuses. That concerns nobody once the partition is gone. */
  async #synced(placed: Placed): Promise<boolean> {
    try {
      await placed.log.sync()
      return true
    } catch (thrown) {
      if (!placed.log.isClosed) this.#failed(placed, thrown)
      return false
    }
  }

  /** Tries a work on a log. A refusal of the disk is reported, and the next round tries again. */
  #tried<T>(placed: Placed, work: (log: PartitionLog) => T): T | undefined {
    try {
      return placed.log.isClosed ? undefined : work(placed.log)
    } catch (thrown) {
      this.#failed(placed, thrown)
      return undefined
    }
  }

  #failed({ log, home }: Placed, thrown: unknown): void {
    if (isGone(thrown)) return
    this.options.logger.error(`Retention of ${log.folderName} failed.`, thrown)
    home.failed(thrown)
  }
}
