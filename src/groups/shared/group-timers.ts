import type { Clock } from '../../time/clock.js'
import { type GroupOutcome, nothing } from '../stored/group-facts.js'

/** A timer, which stays the same while it is set again and again. */
interface Timer {
  fire: () => GroupOutcome
  /** The number of times that it was set. */
  settings: number
  /** The function that the clock calls. */
  readonly due: () => void
}

/** The owner of a timer that concerns no single member. */
export const wholeGroup = ''

/**
 * The timers of one group, each for a purpose and of some member or the whole group. A timer that fires becomes a
 * command. When its turn comes the timer may have been set again or cancelled, and then the command does nothing.
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

  /** Sets a timer. Setting the same one again replaces it. */
  after(delayMs: number, what: string, whose: string, fire: () => GroupOutcome): void {
    const timer = this.#find(what, whose) ?? this.#add(what, whose, fire)
    timer.fire = fire
    this.#set(timer, delayMs)
  }

  /** Puts off a timer without changing what it does, as every heartbeat does; false where there is none. */
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
