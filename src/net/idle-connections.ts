import type { Clock } from '../time/clock.js'

export interface Closable {
  destroy(): void
}

let groups = 0

/**
 * Closes connections on which nothing has moved for `maxIdleMs`. They stand in the order of their last
 * sign of life, so that one timer is enough for any number of them and only the first is ever looked at.
 */
export class IdleConnections {
  readonly #seenMs = new Map<Closable, number>()
  readonly #timer = `net/idle/${++groups}`

  /** `maxIdleMs` below zero: none is ever closed. */
  constructor(
    private readonly maxIdleMs: number,
    private readonly clock: Clock,
  ) {}

  touch(connection: Closable): void {
    if (this.maxIdleMs < 0) return
    this.#seenMs.delete(connection)
    this.#seenMs.set(connection, this.clock.now())
    if (this.#seenMs.size === 1) this.#lookIn(this.maxIdleMs)
  }

  forget(connection: Closable): void {
    this.#seenMs.delete(connection)
    if (this.#seenMs.size === 0) this.clock.cancel(this.#timer)
  }

  #lookIn(delayMs: number): void {
    this.clock.after(delayMs, this.#timer, () => this.#look())
  }

  #look(): void {
    const now = this.clock.now()
    for (const [connection, seenMs] of this.#seenMs) {
      const leftMs = seenMs + this.maxIdleMs - now
      if (leftMs > 0) {
        this.#lookIn(leftMs)
        break
      }
      this.#seenMs.delete(connection)
      connection.destroy()
    }
  }
}
