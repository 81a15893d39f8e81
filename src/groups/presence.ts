import type { Clock } from '../time/clock.js'
import type { CallersConnection } from './group-requests.js'

interface Seen {
  readonly groupId: string
  readonly memberId: string
  readonly connectionId: number
  /** Its connection is closed, and nothing was heard of it since. */
  away: boolean
}

/**
 * By which connection each dynamic member was last heard of. When that connection closes, the member
 * has a grace to be heard of by another; then it is evicted, so that a killed process does not hold
 * its partitions until its session times out.
 */
export class Presence {
  readonly #groups = new Map<string, Map<string, Seen>>()
  readonly #byConnection = new Map<number, Set<Seen>>()

  constructor(
    private readonly clock: Clock,
    /** Negative: members stay until their session times out. */
    private readonly graceMs: () => number,
    private readonly evict: (groupId: string, memberId: string) => void,
  ) {}

  seen(groupId: string, memberId: string, { id, isClosed }: CallersConnection): void {
    const member = this.#find(groupId, memberId)
    if (member?.connectionId !== id || member.away) this.#comes(groupId, memberId, id)
    if (isClosed) this.connectionClosed(id)
  }

  /** Nobody goes by this id any more. */
  left(groupId: string, memberId: string): void {
    const member = this.#find(groupId, memberId)
    if (!member) return
    const group = this.#groups.get(groupId)
    group?.delete(memberId)
    if (group?.size === 0) this.#groups.delete(groupId)
    this.#detach(member)
    this.clock.cancel(member)
  }

  isAway(groupId: string, memberId: string): boolean {
    return this.#find(groupId, memberId)?.away ?? false
  }

  connectionClosed(connectionId: number): void {
    const members = this.#byConnection.get(connectionId)
    this.#byConnection.delete(connectionId)
    const graceMs = this.graceMs()
    if (!members || graceMs < 0) return
    for (const member of members) {
      const { groupId, memberId } = member
      member.away = true
      this.clock.after(graceMs, member, () => this.evict(groupId, memberId))
    }
  }

  stop(): void {
    for (const group of this.#groups.values()) {
      for (const member of group.values()) this.clock.cancel(member)
    }
    this.#groups.clear()
    this.#byConnection.clear()
  }

  #find(groupId: string, memberId: string): Seen | undefined {
    return this.#groups.get(groupId)?.get(memberId)
  }

  /** By a connection that it did not use before, or again after its own was closed. */
  #comes(groupId: string, memberId: string, connectionId: number): void {
    const before = this.#find(groupId, memberId)
    if (before) {
      this.#detach(before)
      this.clock.cancel(before)
    }
    const member = { groupId, memberId, connectionId, away: false }
    const group = this.#groups.get(groupId)
    if (group) group.set(memberId, member)
    else this.#groups.set(groupId, new Map([[memberId, member]]))
    const here = this.#byConnection.get(connectionId)
    if (here) here.add(member)
    else this.#byConnection.set(connectionId, new Set([member]))
  }

  #detach(member: Seen): void {
    const there = this.#byConnection.get(member.connectionId)
    there?.delete(member)
    if (there?.size === 0) this.#byConnection.delete(member.connectionId)
  }
}
