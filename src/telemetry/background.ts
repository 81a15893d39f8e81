import type { Clock } from '../time/clock.js'
import type { Logger } from './logger.js'

/** Work without a caller that failed the last time it ran, and will run again. */
export interface Failing {
  readonly name: string
  /** The time of the first failure, in milliseconds since 1970. */
  readonly sinceMs: number
  /** Failures in a row. */
  readonly attempts: number
  /** The message of the last failure. */
  readonly message: string
}

type Work = () => unknown

const firstPauseMs = 100
const longestPauseMs = 30_000

/**
 * Runs work that no caller awaits, and is the only place that does: a failure is caught, logged once, shown in
 * `failing`, and the work runs again after a pause that doubles each time, until it succeeds. A name stands for one
 * piece of work: to run it again replaces the attempt that waits. Work that has become pointless simply returns.
 */
export class Background {
  readonly #failing = new Map<string, Failing>()
  /** The work that each name stands for at the moment: an attempt that was replaced meanwhile counts no more. */
  readonly #work = new Map<string, Work>()
  readonly #clock: Clock
  readonly #logger: Logger
  #stopped = false

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
  }

  /** The work that fails at the moment, the longest-failing first. */
  get failing(): readonly Failing[] {
    return [...this.#failing.values()]
  }

  run(name: string, work: Work): void {
    this.#clock.cancel(timerOf(name))
    this.#work.set(name, work)
    void this.#attempt(name, work)
  }

  /**
   * Forgets work that is not wanted any more: it is not tried again, and an attempt that runs ends without being noted.
   */
  forget(name: string): void {
    this.#clock.cancel(timerOf(name))
    this.#work.delete(name)
    this.#failing.delete(name)
  }

  /** Stops trying again; an attempt that runs comes to its end. */
  stop(): void {
    this.#stopped = true
    for (const name of this.#failing.keys()) this.#clock.cancel(timerOf(name))
  }

  async #attempt(name: string, work: Work): Promise<void> {
    try {
      await work()
      if (this.#work.get(name) === work) this.#succeeded(name)
    } catch (thrown) {
      if (this.#work.get(name) === work) this.#failed(name, work, thrown)
    }
  }

  #succeeded(name: string): void {
    this.#work.delete(name)
    const before = this.#failing.get(name)
    if (!this.#failing.delete(name)) return
    this.#logger.info(`${name} works again, after ${before?.attempts} failures.`)
  }

  #failed(name: string, work: Work, thrown: unknown): void {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    const before = this.#failing.get(name)
    const attempts = (before?.attempts ?? 0) + 1
    const pauseMs = Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs)
    this.#failing.set(name, { name, sinceMs: before?.sinceMs ?? this.#clock.now(), attempts, message })
    if (before === undefined) this.#logger.error(`${name} failed and will be tried again.`, thrown)
    if (!this.#stopped) this.#clock.after(pauseMs, timerOf(name), () => this.run(name, work))
  }
}

const timerOf = (name: string): string => `background/${name}`
