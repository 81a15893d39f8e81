import type { Clock } from '../time/clock.js'

/** A connection that wants memory for a reply. */
export interface Taker {
  /** How much its socket has taken since it was opened. */
  readonly takenBytes: number
}

/** A connection that was written to. */
export interface Recipient extends Taker {
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
  readonly recipient: Taker
  /** The one that came first has the lowest. */
  readonly place: number
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
/** More than the buffers of the kernels at both ends hold: the client must have read some of it. */
const provingBytes = 16 * 1024 * 1024
/** Recipients that are not yet proven hold no more than this share of the memory together. */
const sharedByNew = 3 / 4
let budgets = 0

/**
 * Bounds the bytes that replies hold in all connections of a broker. They count from when they are read or built until
 * the socket has taken them, so it is slow readers that use the memory up. A reply that can be shortened gets half of
 * what is free at most (a dynamic threshold, as switches have one for the queues of their ports): a few readers of much
 * leave room for those that come after them. When nothing is free replies wait, no longer than twice the patience;
 * meanwhile each connection that has taken in nothing for the patience is sent away, the slowest first.
 *
 * A recipient that has taken in 16 MiB is proven to read. All others, the new ones, get three quarters of the memory
 * together at most, so that no number of connections that read nothing keeps a proven one waiting. Replies go on in the
 * order in which they came, except that proven ones pass the new ones while the share of these is used up. So neither
 * starves: a proven one waits for those that came before it, and a new one for these and until others leave the share.
 *
 * The bound, like the share, is exceeded by the last one that gets something, and by what cannot be cut: a batch of more
 * than 1 MiB, and replies that are built as a whole.
 */
export class ReplyBudget {
  #usedBytes = 0
  /** How much of that was counted for recipients that were not proven then. */
  #usedByNew = 0
  readonly #heldByNew = new Map<Taker, number>()
  /** Each in the order in which they came; a connection waits for one reply at a time. */
  readonly #newWaiting = new Map<Taker, Waiter>()
  readonly #provenWaiting = new Map<Taker, Waiter>()
  #places = 0
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

  hasRoomFor(recipient: Taker): boolean {
    return this.#freeFor(isProven(recipient)) > 0
  }

  /** Counts what a reply may hold, `wantedBytes` at most, and returns how much that is; `noRoom` when nothing is free. */
  reserve(recipient: Taker, wantedBytes: number): number {
    const proven = isProven(recipient)
    const freeBytes = this.#freeFor(proven)
    if (freeBytes <= 0) return noRoom
    const granted = Math.min(wantedBytes, Math.max(leastBytes, Math.floor(freeBytes / 2)))
    this.#count(recipient, granted, proven)
    if (granted < wantedBytes && freeBytes <= this.limits.maxBytes * scarce) this.#sendSlowestAway()
    return granted
  }

  /** Counts bytes that are there already. */
  take(recipient: Taker, bytes: number): void {
    this.#count(recipient, bytes, isProven(recipient))
  }

  give(recipient: Taker, bytes: number): void {
    this.#usedBytes -= bytes
    const held = this.#heldByNew.get(recipient)
    if (held !== undefined) {
      this.#usedByNew -= Math.min(bytes, held)
      if (bytes < held) this.#heldByNew.set(recipient, held - bytes)
      else this.#heldByNew.delete(recipient)
    }
    if (this.#isAwaited) this.#admit()
  }

  /** Reserves as soon as something is free. Gives `noRoom` when it has waited too long, or the recipient left. */
  wait(recipient: Taker, wantedBytes: number): Promise<number> {
    if (this.#newWaiting.has(recipient) || this.#provenWaiting.has(recipient))
      throw new Error('a connection waits for one reply at a time')
    return new Promise(resolve => {
      const isFirst = !this.#isAwaited
      const queue = isProven(recipient) ? this.#provenWaiting : this.#newWaiting
      const place = ++this.#places
      queue.set(recipient, { recipient, place, wantedBytes, sinceMs: this.clock.now(), go: resolve })
      this.#admit()
      if (isFirst && this.#isAwaited) this.#look()
    })
  }

  /** The recipient waits no longer, if it did. */
  leave(recipient: Taker): void {
    const waiter = this.#newWaiting.get(recipient) ?? this.#provenWaiting.get(recipient)
    if (waiter !== undefined) this.#end(waiter, noRoom)
  }

  /** The recipient has taken in some of what was written to it, or nothing yet, but not all. */
  lags(recipient: Recipient): void {
    this.#lagging.delete(recipient)
    this.#lagging.set(recipient, this.clock.now())
    if (this.#lagging.size === 1 && this.#isAwaited) this.#look()
  }

  /** The recipient has taken in all that was written to it, or never will. */
  lagsNoMore(recipient: Recipient): void {
    this.#lagging.delete(recipient)
  }

  get #isAwaited(): boolean {
    return this.#newWaiting.size + this.#provenWaiting.size > 0
  }

  #freeFor(proven: boolean): number {
    const { maxBytes } = this.limits
    const freeBytes = maxBytes - this.#usedBytes
    return proven ? freeBytes : Math.min(freeBytes, maxBytes * sharedByNew - this.#usedByNew)
  }

  #count(recipient: Taker, bytes: number, proven: boolean): void {
    this.#usedBytes += bytes
    if (proven || bytes === 0) return
    this.#usedByNew += bytes
    this.#heldByNew.set(recipient, (this.#heldByNew.get(recipient) ?? 0) + bytes)
  }

  #admit(): void {
    for (;;) {
      const next = this.#freeFor(false) > 0 ? this.#firstWaiting() : firstOf(this.#provenWaiting)
      if (next === undefined) return
      const granted = this.reserve(next.recipient, next.wantedBytes)
      if (granted === noRoom) return
      this.#end(next, granted)
    }
  }

  #end({ recipient, go }: Waiter, grantedBytes: number): void {
    this.#newWaiting.delete(recipient)
    this.#provenWaiting.delete(recipient)
    go(grantedBytes)
  }

  #firstWaiting(): Waiter | undefined {
    const proven = firstOf(this.#provenWaiting)
    const other = firstOf(this.#newWaiting)
    return proven && other ? (proven.place < other.place ? proven : other) : (proven ?? other)
  }

  /** Ends what has lasted too long, while anyone waits, and comes back when that may be so again. */
  #look(): void {
    let first = this.#firstWaiting()
    while (first && this.#waitLeftMs(first.sinceMs) <= 0) {
      this.#end(first, noRoom)
      first = this.#firstWaiting()
    }
    if (first === undefined) return
    const leastMs = this.#sendSlowestAway() ? closingMs : 0
    const [slowestMs] = this.#lagging.values()
    const laggingMs = slowestMs === undefined ? Infinity : this.#patienceLeftMs(slowestMs)
    const nextMs = Math.max(leastMs, Math.min(this.#waitLeftMs(first.sinceMs), laggingMs))
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

const isProven = ({ takenBytes }: Taker): boolean => takenBytes >= provingBytes

function firstOf(queue: ReadonlyMap<Taker, Waiter>): Waiter | undefined {
  const [first] = queue.values()
  return first
}
