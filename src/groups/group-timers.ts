import type { Clock } from '../time/clock.js'
import { type GroupOutcome, nothing } from './facts.js'

/** Stays the same while the timer is set again and again. */
interface Timer {
  fire: () => GroupOutcome
  /** How often it was set. */
  settings: number
  /** What the clock is told to do. */
  readonly due: () => void
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
    const timer = this.#armed.get(name) ?? this.#add(name, fire)
    timer.fire = fire
    this.#set(timer, delayMs)
  }

  /** Sets a timer to do later what it is to do already, as every heartbeat does; false where there is none. */
  again(delayMs: number, name: string): boolean {
    const timer = this.#armed.get(name)
    if (timer) this.#set(timer, delayMs)
    return timer !== undefined
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

  #add(name: string, fire: () => GroupOutcome): Timer {
    const timer: Timer = { fire, settings: 0, due: () => this.#due(name, timer) }
    this.#armed.set(name, timer)
    return timer
  }

  #set(timer: Timer, delayMs: number): void {
    timer.settings += 1
    this.clock.after(delayMs, timer, timer.due)
  }

  #due(name: string, timer: Timer): void {
    const { settings } = timer
    this.run(() => {
      if (this.#armed.get(name) !== timer || timer.settings !== settings) return nothing
      this.#armed.delete(name)
      return timer.fire()
    })
  }
}
