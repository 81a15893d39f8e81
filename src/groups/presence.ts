import type { Clock } from '../time/clock.js'

interface Seen {
  readonly groupId: string
  readonly memberId: string
  connectionId: number
  /** Its connection is closed, and nothing was heard of it since. */
  away: boolean
}

/**
 * By which connection each dynamic member was last heard of. When that connection closes, the member
 * has a grace to be heard of by another; then it is evicted, so that a killed process does not hold
 * its partitions until its session times out.
 */
export class Presence {
  readonly #members = new Map<string, Seen>()
  readonly #byConnection = new Map<number, Set<Seen>>()
  /** Requests under way: one may still name a member when its connection is gone already. */
  readonly #requests = new Map<number, number>()
  readonly #closed = new Set<number>()

  constructor(
    private readonly clock: Clock,
    /** Negative: members stay until their session times out. */
    private readonly graceMs: () => number,
    private readonly evict: (groupId: string, memberId: string) => void,
  ) {}

  requestBegins(connectionId: number): void {
    this.#requests.set(connectionId, (this.#requests.get(connectionId) ?? 0) + 1)
  }

  requestEnds(connectionId: number): void {
    const left = (this.#requests.get(connectionId) ?? 1) - 1
    if (left > 0) {
      this.#requests.set(connectionId, left)
      return
    }
    this.#requests.delete(connectionId)
    this.#closed.delete(connectionId)
  }

  seen(groupId: string, memberId: string, connectionId: number): void {
    const key = keyOf(groupId, memberId)
    const member = this.#members.get(key) ?? { groupId, memberId, connectionId, away: false }
    this.#members.set(key, member)
    this.#detach(member)
    member.connectionId = connectionId
    member.away = false
    const here = this.#byConnection.get(connectionId)
    if (here) here.add(member)
    else this.#byConnection.set(connectionId, new Set([member]))
    this.clock.cancel(timerOf(key))
    if (this.#closed.has(connectionId)) this.#closing(connectionId)
  }

  /** Nobody goes by this id any more. */
  left(groupId: string, memberId: string): void {
    const key = keyOf(groupId, memberId)
    const member = this.#members.get(key)
    if (!member) return
    this.#members.delete(key)
    this.#detach(member)
    this.clock.cancel(timerOf(key))
  }

  isAway(groupId: string, memberId: string): boolean {
    return this.#members.get(keyOf(groupId, memberId))?.away ?? false
  }

  connectionClosed(connectionId: number): void {
    if (this.#requests.has(connectionId)) this.#closed.add(connectionId)
    this.#closing(connectionId)
  }

  stop(): void {
    for (const key of this.#members.keys()) this.clock.cancel(timerOf(key))
    this.#members.clear()
    this.#byConnection.clear()
  }

  #closing(connectionId: number): void {
    const members = this.#byConnection.get(connectionId)
    this.#byConnection.delete(connectionId)
    const graceMs = this.graceMs()
    if (!members || graceMs < 0) return
    for (const member of members) {
      const { groupId, memberId } = member
      member.away = true
      this.clock.after(graceMs, timerOf(keyOf(groupId, memberId)), () => this.evict(groupId, memberId))
    }
  }

  #detach(member: Seen): void {
    const there = this.#byConnection.get(member.connectionId)
    there?.delete(member)
    if (there?.size === 0) this.#byConnection.delete(member.connectionId)
  }
}

/** The length keeps the two apart, whatever characters they have. */
const keyOf = (groupId: string, memberId: string): string => `${groupId.length}/${groupId}/${memberId}`
const timerOf = (key: string): string => `evict/${key}`
