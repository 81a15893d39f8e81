import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Turns } from '../time/turns.js'
import type { PartitionLog } from './partition-log.js'
import { StorageFault } from './storage-fault.js'

/** So many logs are closed at once: they keep the threads busy that sync files. */
const closedAtOnce = 8
/** The time between two messages about how far a stop is, in ms. */
const progressMs = 3000

interface Surroundings {
  /** The path of the data directory. */
  readonly path: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Closes all logs of a data directory, several at a time, for each waits for the disk. Those that have nothing to wait
 * for are closed in turns.
 */
export class LogsClosing {
  #closed = 0
  /** The logs that are being closed, by the names of their folders. */
  readonly #waiting = new Set<string>()

  constructor(
    private readonly all: ReadonlyMap<string, PartitionLog>,
    private readonly surroundings: Surroundings,
  ) {}

  /** The number of logs that are closed. */
  get closed(): number {
    return this.#closed
  }

  /** Says how many logs are closed, and which ones the stop waits for. */
  get progress(): string {
    const waiting = this.#waiting.size === 0 ? '' : `, not yet ${[...this.#waiting].join(', ')}`
    return `${this.#closed} of ${this.all.size} partitions are closed${waiting}`
  }

  /** Closes all logs. Rejects with the first failure once all that could be closed are closed. */
  async run(): Promise<void> {
    const { path, clock, logger } = this.surroundings
    const timer = `log/close/${path}`
    const tellLater = () =>
      clock.after(progressMs, timer, () => {
        logger.info(`${path}: ${this.#closed} of ${this.all.size} partitions are closed.`)
        tellLater()
      })
    tellLater()
    await this.#prepareAll()
    const rest = this.all.entries()
    const ends = await Promise.allSettled(Array.from({ length: closedAtOnce }, () => this.#closeEach(rest)))
    clock.cancel(timer)
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  async #prepareAll(): Promise<void> {
    const turns = new Turns()
    for (const log of this.all.values()) {
      try {
        log.prepareClose()
      } catch (thrown) {
        if (!(thrown instanceof StorageFault)) throw thrown // to close it tries again, and tells
      }
      const pause = turns.pause()
      if (pause) await pause
    }
  }

  async #closeEach(rest: Iterable<[string, PartitionLog]>): Promise<void> {
    const turns = new Turns()
    for (const [folder, log] of rest) {
      this.#waiting.add(folder)
      await log.close()
      this.#waiting.delete(folder)
      this.#closed += 1
      const pause = turns.pause()
      if (pause) await pause
    }
  }
}
