/** Time, as the broker sees it. Tests hand in a manual clock and move it by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Arms a timer; arming the same key again replaces it. */
  after(delayMs: number, key: string, fire: () => void): void
  cancel(key: string): void
}

const longestDelayMs = 2 ** 31 - 1

/** The machine's own time. Its timers never keep the process alive, and none outlives `stop`. */
export class SystemClock implements Clock {
  readonly #timers = new Map<string, NodeJS.Timeout>()

  now(): number {
    return Date.now()
  }

  after(delayMs: number, key: string, fire: () => void): void {
    this.cancel(key)
    const timer = setTimeout(
      () => {
        this.#timers.delete(key)
        fire()
      },
      Math.min(delayMs, longestDelayMs),
    )
    timer.unref()
    this.#timers.set(key, timer)
  }

  cancel(key: string): void {
    const timer = this.#timers.get(key)
    if (timer === undefined) return
    clearTimeout(timer)
    this.#timers.delete(key)
  }

  stop(): void {
    for (const key of [...this.#timers.keys()]) this.cancel(key)
  }
}
