import type { Clock } from '../time/clock.js'
import { type GroupOutcome, nothing } from './facts.js'

/** Stays the same while the timer is set again and again. */
interface Timer {
  /** What happens when the turn of its last setting comes. */
  turn: (() => GroupOutcome) | null
}

/**
 * The timers of one group. One that fires becomes a command; by the time that its turn comes it may
 * have been set again or cancelled, and then it does nothing.
 */
export class GroupTimers {
  readonly #armed = new Map<string, Timer>()

  constructor(
    private readonly clock: Clock,
    private readonly run: (command: () => GroupOutcome) => void,
  ) {}

  now(): number {
    return this.clock.now()
  }

  /** Setting the same name again replaces the timer. */
  after(delayMs: number, name: string, fire: () => GroupOutcome): void {
    const timer = this.#armed.get(name) ?? { turn: null }
    this.#armed.set(name, timer)
    const turn = () => {
      if (this.#armed.get(name)?.turn !== turn) return nothing
      this.#armed.delete(name)
      return fire()
    }
    timer.turn = turn
    this.clock.after(delayMs, timer, () => this.run(turn))
  }

  isArmed(name: string): boolean {
    return this.#armed.has(name)
  }

  cancel(name: string): void {
    const timer = this.#armed.get(name)
    if (!timer) return
    this.#armed.delete(name)
    this.clock.cancel(timer)
  }

  cancelAll(): void {
    for (const name of [...this.#armed.keys()]) this.cancel(name)
  }
}
