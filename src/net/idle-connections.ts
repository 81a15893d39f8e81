import type { Clock } from '../time/clock.js'

export interface Closable {
  /** The time of its last sign of life, roughly; `neverSeen` at first. Only IdleConnections changes it. */
  seenMs: number
  destroy(): void
}

export const neverSeen = -Infinity

/**
 * The time is divided into so many parts: signs of life within one count as one, and a connection is closed up to one
 * part later.
 */
const grains = 100
let groups = 0

/**
 * Closes connections on which nothing has moved for `maxIdleMs`, or a hundredth longer. They stand in the order of
 * their last sign of life, so that one timer is enough for any number of them and only the first is ever looked at.
 */
export class IdleConnections {
  readonly #open = new Set<Closable>()
  readonly #timer = `net/idle/${++groups}`
  readonly #grainMs: number

  /** Makes an empty set of connections. With a `maxIdleMs` below zero none is ever closed. */
  constructor(
    private readonly maxIdleMs: number,
    private readonly clock: Clock,
  ) {
    this.#grainMs = maxIdleMs / grains
  }

  touch(connection: Closable): void {
    if (this.maxIdleMs < 0) return
    const now = this.clock.now()
    if (Math.abs(now - connection.seenMs) < this.#grainMs) return
    connection.seenMs = now
    this.#open.delete(connection)
    this.#open.add(connection)
    if (this.#open.size === 1) this.#lookIn(this.maxIdleMs + this.#grainMs)
  }

  forget(connection: Closable): void {
    this.#open.delete(connection)
    if (this.#open.size === 0) this.clock.cancel(this.#timer)
  }

  #lookIn(delayMs: number): void {
    this.clock.after(delayMs, this.#timer, () => this.#look())
  }

  #look(): void {
    const now = this.clock.now()
    for (const connection of this.#open) {
      const leftMs = connection.seenMs + this.maxIdleMs + this.#grainMs - now
      if (leftMs > 0) {
        this.#lookIn(leftMs)
        break
      }
      this.#open.delete(connection)
      connection.destroy()
    }
  }
}
