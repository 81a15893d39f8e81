import type { Clock, TimerKey } from '../../src/time/clock.js'

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  #time: number
  readonly #timers = new Map<TimerKey, { at: number; fire: () => void }>()

  constructor(startMs = 1_700_000_000_000) {
    this.#time = startMs
  }

  now(): number {
    return this.#time
  }

  after(delayMs: number, key: TimerKey, fire: () => void): void {
    this.#timers.delete(key)
    this.#timers.set(key, { at: this.#time + delayMs, fire })
  }

  isArmed(key: TimerKey): boolean {
    return this.#timers.has(key)
  }

  cancel(key: TimerKey): void {
    this.#timers.delete(key)
  }

  /** Sets the wall clock without firing a timer, forwards or backwards. */
  jump(ms: number): void {
    this.#time += ms
  }

  /** Moves time on, firing due timers in order, each at its own moment. */
  advance(ms: number): void {
    const end = this.#time + ms
    for (let next = this.#earliest(end); next; next = this.#earliest(end)) {
      this.#timers.delete(next[0])
      this.#time = Math.max(this.#time, next[1].at)
      next[1].fire()
    }
    this.#time = end
  }

  #earliest(end: number): [TimerKey, { at: number; fire: () => void }] | undefined {
    return [...this.#timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0]
  }
}
