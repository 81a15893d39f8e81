import { Paced } from './turns.js'

/** The time, as the broker sees it. Tests pass a manual clock and move it by hand. */
export interface Clock {
  /** Returns the milliseconds since 1970. */
  now(): number
  /** Arms a timer; arming the same key again replaces it. */
  after(delayMs: number, key: TimerKey, fire: () => void): void
  cancel(key: TimerKey): void
}

/** The key of a timer. An object stands for itself, and costs less than a name that has to be put together. */
export type TimerKey = string | object

interface Timer {
  /** The function to call; null once the timer was cancelled. */
  fire: (() => void) | null
  dueMs: number
  /** The time at which it wakes: not later than it is due, but perhaps sooner. */
  wakesMs: number
  handle: NodeJS.Timeout
}

const longestDelayMs = 2 ** 31 - 1
/** Node counts whole milliseconds, so that a timer may wake a fraction of one too soon. */
const leastSleepMs = 1
/** The number of timers that fire in one turn of the event loop; when more are due, those after them are late. */
const mostInTurn = 100
/** A timer that was cancelled and would wake later than this is not left asleep. */
const longestIdleSleepMs = 5000

/**
 * The machine's own time. Its timers never keep the process alive, and none outlives `stop`. A timer that is armed
 * again for later, as a session's is by every heartbeat, goes on sleeping, and sees when it wakes that it is not due. A
 * timer that was cancelled goes on sleeping, too, as a fetch's does whenever there is something to read. Where very many
 * are due at once, as after the machine slept, they fire in their order over several turns of the event loop.
 */
export class SystemClock implements Clock {
  readonly #timers = new Map<TimerKey, Timer>()
  readonly #due = new Paced(mostInTurn)

  /** Makes a clock. A timer that throws is reported, and ends neither the process nor other timers. */
  constructor(private readonly report: (timer: string, thrown: unknown) => void) {}

  now(): number {
    return Date.now()
  }

  after(delayMs: number, key: TimerKey, fire: () => void): void {
    const dueMs = performance.now() + delayMs
    const timer = this.#timers.get(key)
    if (timer && timer.wakesMs <= dueMs) {
      timer.fire = fire
      timer.dueMs = dueMs
      return
    }
    if (timer) clearTimeout(timer.handle)
    this.#sleep(key, fire, dueMs, delayMs)
  }

  cancel(key: TimerKey): void {
    const timer = this.#timers.get(key)
    if (timer === undefined) return
    timer.fire = null
    if (timer.wakesMs - performance.now() > longestIdleSleepMs) this.#forget(key, timer)
  }

  stop(): void {
    for (const [key, timer] of [...this.#timers]) this.#forget(key, timer)
  }

  #forget(key: TimerKey, { handle }: Timer): void {
    clearTimeout(handle)
    this.#timers.delete(key)
  }

  #sleep(key: TimerKey, fire: () => void, dueMs: number, leftMs: number): void {
    const delayMs = Math.min(leftMs, longestDelayMs)
    const handle = setTimeout(() => this.#due.call(() => this.#wake(key, timer)), delayMs)
    handle.unref()
    const timer: Timer = { fire, dueMs, wakesMs: dueMs - leftMs + delayMs, handle }
    this.#timers.set(key, timer)
  }

  #wake(key: TimerKey, timer: Timer): void {
    if (this.#timers.get(key) !== timer) return // it was forgotten while it waited for its turn
    const { fire, dueMs } = timer
    const leftMs = dueMs - performance.now()
    if (fire !== null && leftMs >= leastSleepMs) {
      this.#sleep(key, fire, dueMs, leftMs)
      return
    }
    this.#timers.delete(key)
    try {
      fire?.()
    } catch (thrown) {
      this.report(typeof key === 'string' ? key : key.constructor.name, thrown)
    }
  }
}
