import type { Clock } from '../time/clock.js'

/** A connection that reads requests, and stops while too much is held. */
export interface Reader {
  /** Called when it may be worth asking again whether to read on. */
  proceed(): void
  /** Called when it had the turn for too long: it must drop what it holds. */
  giveUp(): void
}

/** One reader may take so long to complete its request while all others wait for it. */
const turnMs = 5000
let budgets = 0

/**
 * Bounds the bytes of requests that are held at once. Bytes count as they arrive, so that a length that is only
 * announced costs nothing. When the budget is used up readers wait; requests that are complete free it as they are
 * answered. Where none is complete, the reader that waits longest has the turn and reads on past the bound, since all
 * would wait for each other otherwise; if it dawdles, it is given up.
 */
export class RequestBudget {
  #used = 0
  readonly #waiting = new Set<Reader>()
  readonly #timer = `memory/turn/${++budgets}`

  constructor(
    private readonly maxBytes: number,
    private readonly clock: Clock,
  ) {}

  get exhausted(): boolean {
    return this.#used >= this.maxBytes
  }

  take(bytes: number): void {
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
    if (this.exhausted || this.#waiting.size === 0) return
    const freed = [...this.#waiting]
    this.#waiting.clear()
    this.clock.cancel(this.#timer)
    for (const reader of freed) reader.proceed()
  }

  /** Tells whether this reader may read on; if not, the reader is called when that changes. */
  allows(reader: Reader): boolean {
    if (!this.exhausted) {
      this.#waiting.delete(reader)
      return true
    }
    this.#waiting.add(reader)
    if (this.#waiting.size === 1) this.#begin(reader)
    return this.#turn === reader
  }

  /** Notes that the reader has nothing to wait for any more. */
  leave(reader: Reader): void {
    if (this.#waiting.size === 0) return
    const hadTurn = this.#turn === reader
    if (!this.#waiting.delete(reader) || !hadTurn) return
    const next = this.#turn
    if (next) {
      this.#begin(next)
      next.proceed()
    } else this.clock.cancel(this.#timer)
  }

  get #turn(): Reader | undefined {
    return this.#waiting.values().next().value
  }

  #begin(reader: Reader): void {
    this.clock.after(turnMs, this.#timer, () => reader.giveUp())
  }
}
