import type { Clock } from '../time/clock.js'

export interface Closable {
  destroy(): void
}

/** Into so many parts the time is divided: signs of life within one count as one, and a connection is closed up to one later. */
const grains = 100
let groups = 0

/**
 * Closes connections on which nothing has moved for `maxIdleMs`, or a hundredth longer. They stand in the order of
 * their last sign of life, so that one timer is enough for any number of them and only the first is ever looked at.
 */
export class IdleConnections {
  readonly #seenMs = new Map<Closable, number>()
  readonly #timer = `net/idle/${++groups}`
  readonly #grainMs: number

  /** `maxIdleMs` below zero: none is ever closed. */
  constructor(
    private readonly maxIdleMs: number,
    private readonly clock: Clock,
  ) {
    this.#grainMs = maxIdleMs / grains
  }

  touch(connection: Closable): void {
    if (this.maxIdleMs < 0) return
    const now = this.clock.now()
    const seenMs = this.#seenMs.get(connection)
    if (seenMs !== undefined && Math.abs(now - seenMs) < this.#grainMs) return
    this.#seenMs.delete(connection)
    this.#seenMs.set(connection, now)
    if (this.#seenMs.size === 1) this.#lookIn(this.maxIdleMs + this.#grainMs)
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
      const leftMs = seenMs + this.maxIdleMs + this.#grainMs - now
      if (leftMs > 0) {
        this.#lookIn(leftMs)
        break
      }
      this.#seenMs.delete(connection)
      connection.destroy()
    }
  }
}
