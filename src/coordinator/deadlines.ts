import type { Clock } from '../time/clock.js'

/**
 * The deadlines of things that are waited for, in the order in which they came. Each thing that takes too long is
 * reported once. One timer serves them all, and it is set again only when it fires, so that adding and deleting stay
 * cheap.
 */
export class Deadlines<T> {
  readonly #dueMs = new Map<T, number>()
  #armed = false

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: () => number,
    /** Is called with a thing that took too long, and is not waited for any more. */
    private readonly missed: (each: T) => void,
  ) {}

  get size(): number {
    return this.#dueMs.size
  }

  add(each: T): void {
    const timeoutMs = this.timeoutMs()
    this.#dueMs.set(each, this.clock.now() + timeoutMs)
    if (!this.#armed) this.#arm(timeoutMs)
  }

  delete(each: T): void {
    this.#dueMs.delete(each)
  }

  clear(): void {
    this.#dueMs.clear()
    this.#armed = false
    this.clock.cancel(this)
  }

  #arm(delayMs: number): void {
    this.#armed = true
    this.clock.after(delayMs, this, () => this.#check())
  }

  #check(): void {
    this.#armed = false
    const nowMs = this.clock.now()
    for (const [each, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) break
      this.#dueMs.delete(each)
      this.missed(each)
    }
    const [next] = this.#dueMs.values()
    // The wall clock may have been set back: nothing waits longer for that than from now on.
    if (next !== undefined && !this.#armed) this.#arm(Math.min(Math.max(next - nowMs, 1), this.timeoutMs()))
  }
}
