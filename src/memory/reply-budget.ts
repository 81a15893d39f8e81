import type { Clock } from '../time/clock.js'

/** A connection, as the memory for replies knows it. */
export interface Recipient {
  /** Called when it has taken in nothing for too long while others want memory: what it holds must go. */
  tooSlow(): void
}

interface Limits {
  /** How much all replies may hold together. */
  readonly maxBytes: number
  /** How long a connection may take in nothing while others want memory; these wait twice as long at most. */
  readonly patienceMs: number
}

interface Waiter {
  readonly wantedBytes: number
  readonly sinceMs: number
  readonly go: (grantedBytes: number) => void
}

/** There is no memory for the reply. */
export const noRoom = -1
/** A reply gets no less than this (if it wants so much) as long as anything is free: as a rule one batch has no more. */
const leastBytes = 1024 * 1024
/** With no more than this share of the memory free, a recipient that gets less than it wants has the slowest one sent away. */
const scarce = 1 / 8
/** The bytes of a connection that was closed come back within this time. */
const closingMs = 1
let budgets = 0

/**
 * Bounds the bytes that replies hold in all connections of a broker. They count from when they are read or built until
 * the socket has taken them, so it is slow readers that use the memory up. A reply that can be shortened gets half of
 * what is free at most (a dynamic threshold, as switches have one for the queues of their ports): a few readers of much
 * leave room for those that come after them. When nothing is free replies wait in the order in which they came, no
 * longer than twice the patience; meanwhile each connection that has taken in nothing for the patience is sent away, the
 * slowest first. The bound is exceeded by the last one that gets something, and by what cannot be cut: a batch of more
 * than 1 MiB, and replies that are built as a whole.
 */
export class ReplyBudget {
  #usedBytes = 0
  /** In the order in which they came; a connection waits for one reply at a time. */
  readonly #waiting = new Map<object, Waiter>()
  /** Connections that have not taken in all that was written to them, and when they last took in something; the slowest first. */
  readonly #lagging = new Map<Recipient, number>()
  readonly #timer = `memory/replies/${++budgets}`

  constructor(
    private readonly limits: Limits,
    private readonly clock: Clock,
  ) {}

  get usedBytes(): number {
    return this.#usedBytes
  }

  get exhausted(): boolean {
    return this.#usedBytes >= this.limits.maxBytes
  }

  /** Counts what a reply may hold, `wantedBytes` at most, and returns how much that is; `noRoom` when nothing is free. */
  reserve(wantedBytes: number): number {
    const freeBytes = this.limits.maxBytes - this.#usedBytes
    if (freeBytes <= 0) return noRoom
    const granted = Math.min(wantedBytes, Math.max(leastBytes, Math.floor(freeBytes / 2)))
    this.#usedBytes += granted
    if (granted < wantedBytes && freeBytes <= this.limits.maxBytes * scarce) this.#sendSlowestAway()
    return granted
  }

  /** Counts bytes that are there already. */
  take(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiting.size > 0) this.#admit()
  }

  /** Reserves as soon as something is free. Gives `noRoom` when it has waited too long, or the recipient left. */
  wait(recipient: object, wantedBytes: number): Promise<number> {
    if (this.#waiting.has(recipient)) throw new Error('a connection waits for one reply at a time')
    return new Promise(resolve => {
      this.#waiting.set(recipient, { wantedBytes, sinceMs: this.clock.now(), go: resolve })
      this.#admit()
      if (this.#waiting.size === 1) this.#look()
    })
  }

  /** The recipient waits no longer, if it did. */
  leave(recipient: object): void {
    const waiter = this.#waiting.get(recipient)
    if (waiter === undefined) return
    this.#waiting.delete(recipient)
    waiter.go(noRoom)
  }

  /** The recipient has taken in some of what was written to it, or nothing yet, but not all. */
  lags(recipient: Recipient): void {
    this.#lagging.delete(recipient)
    this.#lagging.set(recipient, this.clock.now())
    if (this.#lagging.size === 1 && this.#waiting.size > 0) this.#look()
  }

  /** The recipient has taken in all that was written to it, or never will. */
  lagsNoMore(recipient: Recipient): void {
    this.#lagging.delete(recipient)
  }

  #admit(): void {
    for (const [recipient, { wantedBytes, go }] of this.#waiting) {
      const granted = this.reserve(wantedBytes)
      if (granted === noRoom) return
      this.#waiting.delete(recipient)
      go(granted)
    }
  }

  /** Ends what has lasted too long, while anyone waits, and comes back when that may be so again. */
  #look(): void {
    for (const [recipient, { sinceMs }] of this.#waiting) {
      if (this.#waitLeftMs(sinceMs) > 0) break
      this.leave(recipient)
    }
    const [firstWaiter] = this.#waiting.values()
    if (firstWaiter === undefined) return
    const leastMs = this.#sendSlowestAway() ? closingMs : 0
    const [slowestMs] = this.#lagging.values()
    const laggingMs = slowestMs === undefined ? Infinity : this.#patienceLeftMs(slowestMs)
    const nextMs = Math.max(leastMs, Math.min(this.#waitLeftMs(firstWaiter.sinceMs), laggingMs))
    this.clock.after(nextMs, this.#timer, () => this.#look())
  }

  /** Whether one was sent away: the one that has taken in nothing for the longest, if that is too long. */
  #sendSlowestAway(): boolean {
    const [slowest] = this.#lagging
    if (slowest === undefined || this.#patienceLeftMs(slowest[1]) > 0) return false
    this.#lagging.delete(slowest[0])
    slowest[0].tooSlow()
    return true
  }

  #waitLeftMs(sinceMs: number): number {
    return this.#patienceLeftMs(sinceMs) + this.limits.patienceMs
  }

  /** A clock that was set back ends it, too. */
  #patienceLeftMs(sinceMs: number): number {
    return this.limits.patienceMs - Math.abs(this.clock.now() - sinceMs)
  }
}
