import type { JoinAnswer, Protocol, Reply } from '../shared/group-requests.js'
import type { StoredGroup } from '../stored/group-facts.js'
import { type ClassicMember, restoredMember } from './classic-member.js'

/**
 * The members of a group, in the order of joining, and their leader. There is a leader exactly when there are members.
 */
export class Members {
  readonly #byId = new Map<string, ClassicMember>()
  readonly #idOfInstance = new Map<string, string>()
  /** The number of members that know each protocol, by its name, and that wait for the others to join. */
  readonly #knowing = new Map<string, number>()
  #joining = 0
  #leader: string | null = null

  get size(): number {
    return this.#byId.size
  }

  get leader(): string | null {
    return this.#leader
  }

  get(id: string): ClassicMember | undefined {
    return this.#byId.get(id)
  }

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  /** The id of the member that a static name stands for now. */
  idOfInstance(instanceId: string): string | undefined {
    return this.#idOfInstance.get(instanceId)
  }

  [Symbol.iterator](): Iterator<ClassicMember> {
    return this.#byId.values()
  }

  list(): ClassicMember[] {
    return [...this.#byId.values()]
  }

  add(member: ClassicMember): void {
    this.#byId.set(member.id, member)
    if (member.instanceId !== null) this.#idOfInstance.set(member.instanceId, member.id)
    this.#leader ??= member.id
    this.#count(member, 1)
  }

  remove(member: ClassicMember): void {
    this.#byId.delete(member.id)
    this.#count(member, -1)
    if (member.instanceId !== null && this.#idOfInstance.get(member.instanceId) === member.id) {
      this.#idOfInstance.delete(member.instanceId)
    }
    if (this.#leader === member.id) this.#leader = this.#first?.id ?? null
  }

  /** Gives a static member's place to its new id, and the lead if it had it. */
  replace(old: ClassicMember, member: ClassicMember): void {
    const led = this.#leader === old.id
    this.remove(old)
    this.add(member)
    if (led) this.#leader = member.id
  }

  /**
   * Becomes what a record says. A member that was there before keeps what no record holds: all its protocols, its
   * parked replies.
   */
  become(stored: StoredGroup): void {
    if (this.#areThoseOf(stored)) {
      for (const { memberId, assignment } of stored.members) this.#assign(memberId, assignment)
      this.#leader = stored.leader
      return
    }
    const next = stored.members.map(each => {
      const member = this.#byId.get(each.memberId)
      if (!member) return restoredMember(each, stored.protocol ?? '')
      member.assignment = each.assignment
      return member
    })
    this.#byId.clear()
    this.#idOfInstance.clear()
    this.#knowing.clear()
    this.#joining = 0
    this.#leader = next.length > 0 ? stored.leader : null
    for (const member of next) this.add(member)
  }

  /** Tells whether a record has these members, in their order, as the one of the generation under way does. */
  #areThoseOf({ members }: StoredGroup): boolean {
    if (members.length === 0 || members.length !== this.#byId.size) return false
    let next = 0
    for (const id of this.#byId.keys()) if (members[next++]?.memberId !== id) return false
    return true
  }

  #assign(id: string, assignment: Buffer): void {
    const member = this.#byId.get(id)
    if (member) member.assignment = assignment
  }

  /** Has a member wait for the others to join. */
  joins(member: ClassicMember, reply: Reply<JoinAnswer>): void {
    if (member.joining === null) this.#joining++
    member.joining = reply
  }

  /** Ends a member's wait for the others. Returns its reply, null where it did not wait. */
  joined(member: ClassicMember): Reply<JoinAnswer> | null {
    const { joining } = member
    if (joining !== null && this.#byId.get(member.id) === member) this.#joining--
    member.joining = null
    return joining
  }

  /** Replaces the protocols that a member knows. */
  learns(member: ClassicMember, protocols: readonly Protocol[]): void {
    this.#count(member, -1)
    member.protocols = protocols
    this.#count(member, 1)
  }

  get joiningCount(): number {
    return this.#joining
  }

  get allJoining(): boolean {
    return this.#joining === this.#byId.size
  }

  /** Elects the leader: the present one if it has rejoined, else the first member that has. False when none has. */
  electJoinedLeader(): boolean {
    if (this.#leader !== null && this.#byId.get(this.#leader)?.joining != null) return true
    for (const { id, joining } of this.#byId.values()) {
      if (joining === null) continue
      this.#leader = id
      return true
    }
    return false
  }

  /** Tells whether all members know at least one of the protocols. */
  shareOneOf(protocols: readonly Pick<Protocol, 'name'>[]): boolean {
    return protocols.some(({ name }) => (this.#knowing.get(name) ?? 0) === this.#byId.size)
  }

  longestRebalanceTimeoutMs(): number {
    let longestMs = 0
    for (const { rebalanceTimeoutMs } of this) longestMs = Math.max(longestMs, rebalanceTimeoutMs)
    return longestMs
  }

  get #first(): ClassicMember | undefined {
    for (const member of this) return member
    return undefined
  }

  /** Counts a member in or out. */
  #count({ joining, protocols }: ClassicMember, by: 1 | -1): void {
    if (joining !== null) this.#joining += by
    for (const name of new Set(protocols.map(each => each.name))) {
      const knowing = (this.#knowing.get(name) ?? 0) + by
      if (knowing === 0) this.#knowing.delete(name)
      else this.#knowing.set(name, knowing)
    }
  }
}

/** Chooses a protocol: each member votes for the first of its protocols that all members know; the most votes win. */
export function chooseProtocol(members: readonly ClassicMember[]): string {
  const common = commonNames(members)
  const votes = new Map<string, number>()
  for (const { protocols } of members) {
    const vote = protocols.find(({ name }) => common.has(name))
    if (vote) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
  }
  const [winner] = [...votes].sort((a, b) => b[1] - a[1])
  if (!winner) throw new Error('members without a common protocol were let into one group')
  return winner[0]
}

/** The names of the protocols that all members know. */
function commonNames([first, ...others]: readonly ClassicMember[]): ReadonlySet<string> {
  const common = new Set(first?.protocols.map(({ name }) => name))
  for (const { protocols } of others) {
    if (haveSameNames(protocols, first?.protocols ?? [])) continue
    const known = new Set(protocols.map(({ name }) => name))
    for (const name of common) if (!known.has(name)) common.delete(name)
  }
  return common
}

function haveSameNames(a: readonly Protocol[], b: readonly Protocol[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i]?.name !== b[i]?.name) return false
  return true
}
