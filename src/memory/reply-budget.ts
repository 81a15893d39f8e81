import type { Clock } from '../time/clock.js'

/** A connection that wants memory for a reply. */
export interface Taker {
  /** The bytes that its socket has taken since it was opened. */
  readonly takenBytes: number
}

/** A connection that was written to. */
export interface Recipient extends Taker {
  /** Called when it has taken in nothing for too long while others want memory: it must drop what it holds. */
  tooSlow(): void
}

interface Limits {
  /** The bytes that all replies may hold together. */
  readonly maxBytes: number
  /** A connection may take in nothing for so long while others want memory; these wait twice as long at most. */
  readonly patienceMs: number
}

interface Waiter {
  readonly recipient: Taker
  /** The place in the order of arrival: the waiter that came first has the lowest. */
  readonly place: number
  readonly wantedBytes: number
  readonly sinceMs: number
  readonly go: (grantedBytes: number) => void
}

/** The answer when there is no memory for the reply. */
export const noRoom = -1
/** A reply gets no less than this (if it wants so much) as long as anything is free: a batch is rarely larger. */
const leastBytes = 1024 * 1024
/**
 * Where no more than this share of the memory is free, a recipient that gets less than it wants has the slowest one
 * sent away.
 */
const scarce = 1 / 8
/** The bytes of a connection that was closed come back within this time. */
const closingMs = 1
/**
 * The buffers of the kernels at both ends hold less than this: a client that took so much must have read some of it.
 */
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
 * The bound, like the share, is exceeded by the last reply that gets something, and by bytes that cannot be cut: those
 * of a batch of more than 1 MiB, and of replies that are built as a whole.
 */
export class ReplyBudget {
  #usedBytes = 0
  /** The part of the used bytes that was counted for recipients that were not proven then. */
  #usedByNew = 0
  readonly #heldByNew = new Map<Taker, number>()
  /** Waiters in the order in which they came; a connection waits for one reply at a time. */
  readonly #newWaiting = new Map<Taker, Waiter>()
  readonly #provenWaiting = new Map<Taker, Waiter>()
  #places = 0
  /**
   * Connections that have not taken in all that was written to them, each with the time at which it last took in
   * something; the slowest first.
   */
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

  /**
   * Counts what a reply may hold, `wantedBytes` at most, and returns the bytes counted; `noRoom` when nothing is free.
   */
  reserve(recipient: Taker, wantedBytes: number): number {
    const proven = isProven(recipient)
    const freeBytes = this.#freeFor(proven)
    if (freeBytes <= 0) return noRoom
    const granted = Math.min(wantedBytes, Math.max(leastBytes, Math.floor(freeBytes / 2)))
    this.#count(recipient, granted, proven)
    if (granted < wantedBytes && freeBytes <= this.limits.maxBytes * scarce) this.#sendSlowestAway()
    return granted
  }

  /** Counts bytes that are in memory already. */
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

  /** Reserves as soon as something is free. Gives `noRoom` when it has waited too long, or when the recipient left. */
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

  /** Ends the wait of a recipient, if it waits. */
  leave(recipient: Taker): void {
    const waiter = this.#newWaiting.get(recipient) ?? this.#provenWaiting.get(recipient)
    if (waiter !== undefined) this.#end(waiter, noRoom)
  }

  /** Notes that the recipient has taken in some of what was written to it, or nothing yet, but not all. */
  lags(recipient: Recipient): void {
    this.#lagging.delete(recipient)
    this.#lagging.set(recipient, this.clock.now())
    if (this.#lagging.size === 1 && this.#isAwaited) this.#look()
  }

  /** Notes that the recipient has taken in all that was written to it, or never will. */
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

  /**
   * Ends waits and connections that have lasted too long, while any reply waits, and sets a timer for the next look.
   */
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

  /** Sends away the recipient that has taken in nothing for the longest, if that is too long. Tells whether it did. */
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

  /** Returns the patience that is left. A clock that was set back ends it, too. */
  #patienceLeftMs(sinceMs: number): number {
    return this.limits.patienceMs - Math.abs(this.clock.now() - sinceMs)
  }
}

const isProven = ({ takenBytes }: Taker): boolean => takenBytes >= provingBytes

function firstOf(queue: ReadonlyMap<Taker, Waiter>): Waiter | undefined {
  const [first] = queue.values()
  return first
}
