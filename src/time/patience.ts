import type { Clock } from './clock.js'

/** Waits for work, but only for so long; the work goes on. */
export class Patience {
  /** Keys of timers that have been cancelled: arming one again costs less than a new one. */
  readonly #spare: object[] = []

  constructor(private readonly clock: Clock) {}

  /** Resolves when the work is over, however it ended, or when the time is. */
  wait(work: Promise<unknown>, timeoutMs: number): Promise<unknown> {
    if (timeoutMs === Infinity) return work
    return new Promise<void>(resolve => {
      const key = this.#spare.pop() ?? {}
      this.clock.after(timeoutMs, key, resolve)
      const over = () => {
        this.clock.cancel(key)
        this.#spare.push(key)
        resolve()
      }
      work.then(over, over)
    })
  }
}
