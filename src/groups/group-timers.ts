import type { Clock } from '../time/clock.js'
import { type GroupOutcome, nothing } from './facts.js'

/**
 * The timers of one group. One that fires becomes a command; by the time that its turn comes it may
 * have been set again or cancelled, and then it does nothing.
 */
export class GroupTimers {
  readonly #armed = new Map<string, object>()

  constructor(
    private readonly groupId: string,
    private readonly clock: Clock,
    private readonly run: (command: () => GroupOutcome) => void,
  ) {}

  now(): number {
    return this.clock.now()
  }

  /** Setting the same name again replaces the timer. */
  after(delayMs: number, name: string, fire: () => GroupOutcome): void {
    const arming = {}
    this.#armed.set(name, arming)
    this.clock.after(delayMs, this.#key(name), () =>
      this.run(() => {
        if (this.#armed.get(name) !== arming) return nothing
        this.#armed.delete(name)
        return fire()
      }),
    )
  }

  isArmed(name: string): boolean {
    return this.#armed.has(name)
  }

  cancel(name: string): void {
    if (this.#armed.delete(name)) this.clock.cancel(this.#key(name))
  }

  cancelAll(): void {
    for (const name of [...this.#armed.keys()]) this.cancel(name)
  }

  /** The length keeps a group's id apart from what follows it, whatever characters both have. */
  #key(name: string): string {
    return `group/${this.groupId.length}/${this.groupId}/${name}`
  }
}
