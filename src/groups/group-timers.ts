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

/** Whose a timer is that concerns no single member. */
export const wholeGroup = ''

/**
 * The timers of one group, each for something and of some member or the whole group. One that fires becomes a command;
 * by the time that its turn comes it may have been set again or cancelled, and then it does nothing.
 */
export class GroupTimers {
  readonly #armed = new Map<string, Map<string, Timer>>()

  constructor(
    private readonly clock: Clock,
    private readonly run: (command: () => GroupOutcome) => void,
  ) {}

  now(): number {
    return this.clock.now()
  }

  /** Setting the same one again replaces it. */
  after(delayMs: number, what: string, whose: string, fire: () => GroupOutcome): void {
    const timer = this.#find(what, whose) ?? this.#add(what, whose, fire)
    timer.fire = fire
    this.#set(timer, delayMs)
  }

  /** Sets a timer to do later what it is to do already, as every heartbeat does; false where there is none. */
  again(delayMs: number, what: string, whose: string): boolean {
    const timer = this.#find(what, whose)
    if (timer) this.#set(timer, delayMs)
    return timer !== undefined
  }

  isArmed(what: string, whose: string): boolean {
    return this.#find(what, whose) !== undefined
  }

  cancel(what: string, whose: string): void {
    const timer = this.#find(what, whose)
    if (!timer) return
    this.#armed.get(what)?.delete(whose)
    this.clock.cancel(timer)
  }

  cancelAll(): void {
    for (const [what, timers] of this.#armed) {
      for (const whose of [...timers.keys()]) this.cancel(what, whose)
    }
  }

  #find(what: string, whose: string): Timer | undefined {
    return this.#armed.get(what)?.get(whose)
  }

  #add(what: string, whose: string, fire: () => GroupOutcome): Timer {
    const timer: Timer = { fire, settings: 0, due: () => this.#due(what, whose, timer) }
    const timers = this.#armed.get(what)
    if (timers) timers.set(whose, timer)
    else this.#armed.set(what, new Map([[whose, timer]]))
    return timer
  }

  #set(timer: Timer, delayMs: number): void {
    timer.settings += 1
    this.clock.after(delayMs, timer, timer.due)
  }

  #due(what: string, whose: string, timer: Timer): void {
    const { settings } = timer
    this.run(() => {
      if (this.#find(what, whose) !== timer || timer.settings !== settings) return nothing
      this.#armed.get(what)?.delete(whose)
      return timer.fire()
    })
  }
}
