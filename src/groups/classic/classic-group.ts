import { asCoordinator } from '../../coordinator/append-failure.js'
import { type ErrorName, errorCodes, KafkaError } from '../../wire/errors.js'
import type {
  Caller,
  CommitIdentity,
  DescribedGroup,
  HeartbeatRequest,
  JoinAnswer,
  JoinRequest,
  LeaveAnswer,
  LeavingMember,
  Reply,
  SyncAnswer,
  SyncRequest,
} from '../shared/group-requests.js'
import { answered, memberIdRequiredSince, protocolsOf } from '../shared/group-requests.js'
import type { GroupSurroundings } from '../shared/group-surroundings.js'
import type { KindOfGroup } from '../shared/kind-of-group.js'
import type { OffsetToCommit } from '../shared/offset-requests.js'
import { type GroupFact, type GroupOutcome, nothing, type StoredGroup } from '../stored/group-facts.js'
import {
  type ClassicMember,
  joiningMember,
  metadataOf,
  rebalanceTimeoutOf,
  sameProtocols,
} from './classic-member.js'
import { MemberSessions } from './member-sessions.js'
import { chooseProtocol } from './members.js'
import { type GroupState, Rebalance } from './rebalance.js'

const skipAssignmentSince = 9
const noBytes = Buffer.alloc(0)

/** A classic group at the moment of its upgrade. */
export interface ClassicState {
  readonly generation: number
  readonly protocol: string
  readonly usesConsumerProtocol: boolean
  readonly members: readonly ClassicMember[]
}

/**
 * The protocol by which clients share out work among themselves (JoinGroup, SyncGroup, Heartbeat, LeaveGroup), for one
 * group: it says which member may do what, and what each request means for the membership. `Rebalance` then brings the
 * group to its next generation.
 *
 * Commands check and answer, and return the facts to keep; only `apply` changes what is durable.
 */
export class ClassicGroup implements KindOfGroup {
  readonly type = 'classic'
  readonly #sessions: MemberSessions
  readonly #rebalance: Rebalance

  constructor(
    readonly id: string,
    private readonly around: GroupSurroundings,
  ) {
    this.#sessions = new MemberSessions(around, memberId => this.#sessionEnds(memberId))
    this.#rebalance = new Rebalance(id, this.#sessions, around)
  }

  get state(): GroupState {
    return this.#rebalance.state
  }

  get protocolType(): string | null {
    return this.#rebalance.protocolType
  }

  get usesConsumerProtocol(): boolean {
    return this.#rebalance.usesConsumerProtocol
  }

  get subscribedTopics(): ReadonlySet<string> | null {
    return this.#rebalance.subscribedTopics
  }

  /** The time at which the stored state began; null where the record does not tell. */
  get sinceMs(): number | null {
    const since = this.#rebalance.stored?.currentStateTimestamp ?? -1n
    return since < 0n ? null : Number(since)
  }

  /** True where the group has no member, and no id was handed out with which one could join. */
  get abandoned(): boolean {
    return this.state === 'Empty' && !this.#sessions.hasPending
  }

  join(request: JoinRequest, caller: Caller, version: number, reply: Reply<JoinAnswer>): GroupOutcome {
    if (!this.#hasRoomFor(request.memberId)) return this.#turnAway(request.memberId, reply)
    if (!this.#supports(request)) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
    if (request.memberId !== '') return this.#rejoin(request, caller, reply)
    const { groupInstanceId, sessionTimeoutMs } = request
    const newId = `${groupInstanceId ?? caller.clientId}-${this.around.newUuid()}`
    const member = joiningMember(newId, request, caller, reply)
    const old = groupInstanceId === null ? undefined : this.#memberNamed(groupInstanceId)
    if (old) return this.#replace(old, { ...member, assignment: old.assignment, isNew: false }, version)
    if (groupInstanceId !== null || version < memberIdRequiredSince) return this.#add(member, request, caller)
    this.#sessions.handOut(newId, sessionTimeoutMs, caller)
    reply({ errorCode: errorCodes.MEMBER_ID_REQUIRED, leader: '', memberId: newId, members: [] })
    return nothing
  }

  sync(request: SyncRequest, caller: Caller, reply: Reply<SyncAnswer>): GroupOutcome {
    const member = this.#sessions.find(request.memberId, request.groupInstanceId, caller)
    this.#checkGeneration(request.generationId)
    const { protocolType, protocol, state } = this.#rebalance
    if (
      (request.protocolType !== null && request.protocolType !== protocolType) ||
      (request.protocolName !== null && request.protocolName !== protocol)
    ) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
    }
    if (state !== 'CompletingRebalance' && state !== 'Stable') throw new KafkaError('REBALANCE_IN_PROGRESS')
    this.#rebalance.hasSynced(member)
    if (state === 'Stable') {
      reply(this.#rebalance.assigned(member))
      return nothing
    }
    if (member.syncing) this.#sessions.answerSync(member, new KafkaError('REBALANCE_IN_PROGRESS'))
    member.syncing = reply
    const leads = member.id === this.#sessions.members.leader
    return leads ? this.#rebalance.assign(request.assignments) : nothing
  }

  heartbeat(request: Omit<HeartbeatRequest, 'groupId'>, caller: Caller): void {
    const member = this.#sessions.find(request.memberId, request.groupInstanceId, caller)
    this.#checkGeneration(request.generationId)
    this.#sessions.renew(member)
    if (this.state === 'PreparingRebalance') throw new KafkaError('REBALANCE_IN_PROGRESS')
  }

  /** Takes out members by their id or, as an administrator has them leave, by their static name alone. */
  leave(members: readonly LeavingMember[], reply: Reply<LeaveAnswer>): GroupOutcome {
    const answers = members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: errorCodes[this.#leave(memberId, groupInstanceId)],
    }))
    const gone = members.filter((_, i) => answers[i]?.errorCode === errorCodes.NONE)
    const outcome = gone.length > 0 ? this.#rebalance.left(leaversOf(gone)) : nothing
    return {
      facts: outcome.facts,
      kept: () => {
        reply(answers)
        return outcome.kept?.()
      },
      failed: error => {
        reply(asCoordinator(error))
        return outcome.failed?.(error)
      },
    }
  }

  /** Refuses a commit of offsets in a name that may not make it. It also renews the member's session. */
  checkCommit(request: CommitIdentity, _offsets: readonly OffsetToCommit[], caller: Caller): void {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request
    if (generation < 0 && this.state === 'Empty') return
    const member = this.#sessions.find(memberId, groupInstanceId, caller)
    this.#checkGeneration(generation)
    if (this.state === 'CompletingRebalance') throw new KafkaError('REBALANCE_IN_PROGRESS')
    this.#sessions.renew(member)
  }

  /**
   * Refuses a commit within a transaction. Older clients do not name their member, and a rebalance under way stops no
   * commit (KIP-447).
   */
  checkTransactionalCommit(
    request: CommitIdentity,
    _offsets: readonly OffsetToCommit[],
    caller: Caller,
  ): void {
    const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request
    if (generation < 0 && (this.state === 'Empty' || (memberId === '' && groupInstanceId === null))) return
    this.#sessions.find(memberId, groupInstanceId, caller)
    this.#checkGeneration(generation)
  }

  /** Refuses no client: the offsets of classic groups are open to all. */
  checkFetch(): void {}

  /** Takes out a member whose client is gone and did not come back. A static member may take its session's time. */
  evict(memberId: string): GroupOutcome {
    const isStatic = this.#sessions.members.get(memberId)?.instanceId != null
    return isStatic ? nothing : this.#expel(memberId, 'its connection was closed')
  }

  /** Describes the group. The protocol and what members say by it are told only while it is in force. */
  describe(): DescribedGroup {
    const protocol = this.state === 'Stable' ? this.#rebalance.protocol : null
    return {
      errorCode: errorCodes.NONE,
      groupId: this.id,
      groupState: this.state,
      protocolType: this.protocolType ?? '',
      protocolData: protocol ?? '',
      members: this.#sessions.members.list().map(member => ({
        memberId: member.id,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        memberMetadata: protocol === null ? noBytes : metadataOf(member, protocol),
        memberAssignment: member.assignment,
      })),
    }
  }

  facts(): { readonly kind: 'group'; readonly groupId: string; readonly value: StoredGroup }[] {
    const { stored } = this.#rebalance
    return stored ? [{ kind: 'group', groupId: this.id, value: stored }] : []
  }

  tombstones(): GroupFact[] {
    return [{ kind: 'group', groupId: this.id, value: null }]
  }

  /** Takes in what is now durable: a generation, or with null that the group is deleted. */
  apply(stored: StoredGroup | null): void {
    this.#rebalance.apply(stored)
    if (stored === null) this.#sessions.forgetPending()
  }

  /** Begins the members' sessions, once the replay is over. */
  goLive(): GroupOutcome {
    return this.#rebalance.goLive()
  }

  /** The state of the group, for the consumer group that it is about to become. */
  asUpgraded(): ClassicState {
    const { generation, protocol, usesConsumerProtocol } = this.#rebalance
    const members = this.#sessions.members.list()
    // The clients that were about to be its first members may be gone already.
    const chosen = () => (members.length > 0 ? chooseProtocol(members) : '')
    return { generation, usesConsumerProtocol, members, protocol: protocol ?? chosen() }
  }

  /** Takes over the members of a consumer group; they know more protocols than the one that is kept. */
  wasConsumerGroup(members: readonly ClassicMember[], reason: string | null): GroupOutcome {
    for (const { id, protocols } of members) {
      const member = this.#sessions.members.get(id)
      if (member) this.#sessions.members.learns(member, protocols)
    }
    for (const member of this.#sessions.members) this.#sessions.renew(member)
    return reason === null ? nothing : this.#rebalance.begin(reason)
  }

  /** Answers all waiting members with the error, as another coordinator has the group now. */
  close(error: KafkaError): void {
    this.around.timers.cancelAll()
    for (const member of this.#sessions.members) {
      this.#sessions.answerJoin(member, error)
      this.#sessions.answerSync(member, error)
    }
  }

  /**
   * Tells whether the group has room for the member. While a rebalance is prepared those members count that have
   * joined, so that the last to come back are turned away.
   */
  #hasRoomFor(memberId: string): boolean {
    const { maxSize } = this.around.limits
    const { members } = this.#sessions
    const member = members.get(memberId)
    if (this.state === 'Empty') return true
    if (this.state !== 'PreparingRebalance') return member !== undefined || members.size < maxSize
    return (member !== undefined && member.joining !== null) || members.joiningCount < maxSize
  }

  #turnAway(memberId: string, reply: Reply<JoinAnswer>): GroupOutcome {
    reply(new KafkaError('GROUP_MAX_SIZE_REACHED'))
    const member = this.#sessions.members.get(memberId)
    if (member) this.#sessions.remove(member)
    else if (this.#sessions.isPending(memberId)) this.#sessions.forget(memberId)
    return this.#rebalance.goOn()
  }

  #supports({ protocolType, protocols }: JoinRequest): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    return protocolType === this.protocolType && this.#sessions.members.shareOneOf(protocols)
  }

  #add(member: ClassicMember, { protocolType }: JoinRequest, caller: Caller): GroupOutcome {
    this.#rebalance.grows(protocolType)
    this.#sessions.add(member, caller)
    return this.#rebalance.joined(`${member.id} joins`)
  }

  #rejoin(request: JoinRequest, caller: Caller, reply: Reply<JoinAnswer>): GroupOutcome {
    const { memberId, groupInstanceId } = request
    if (this.#sessions.isPending(memberId) && groupInstanceId === null) {
      return this.#add(joiningMember(memberId, request, caller, reply), request, caller)
    }
    const member = this.#sessions.find(memberId, groupInstanceId, caller)
    const unchanged = sameProtocols(member.protocols, request.protocols)
    const leads = memberId === this.#sessions.members.leader
    if (unchanged && (this.state === 'CompletingRebalance' || (this.state === 'Stable' && !leads))) {
      // The answer to its join was lost, or it brings nothing new: it gets on with this generation. A leader that joins
      // again knows something, such as more partitions, that its metadata does not say.
      reply(this.#rebalance.joinedAnswer(member))
      return nothing
    }
    if (member.joining) this.#sessions.answerJoin(member, new KafkaError('REBALANCE_IN_PROGRESS'))
    this.#sessions.members.learns(member, protocolsOf(request))
    member.rebalanceTimeoutMs = rebalanceTimeoutOf(request)
    member.sessionTimeoutMs = request.sessionTimeoutMs
    this.#sessions.members.joins(member, reply)
    return this.#rebalance.joined(`${memberId} joins again`)
  }

  /** Gives a static member's place to its new id, as it is back; a client that has the old id is fenced off. */
  #replace(old: ClassicMember, back: ClassicMember, version: number): GroupOutcome {
    const members = this.#sessions.members.list().map(member => (member === old ? back : member))
    if (this.state === 'Stable' && chooseProtocol(members) === this.#rebalance.protocol) {
      return this.#replaceInPlace(old, back, members, version)
    }
    this.#sessions.remove(old, 'FENCED_INSTANCE_ID', back)
    return this.#rebalance.joined(`${back.instanceId} is back with another id`)
  }

  /**
   * Lets a static member that restarts take its place over without a rebalance. A leader that knows KIP-814 is told to
   * skip the assignment; an older one must not learn that it leads.
   */
  #replaceInPlace(
    old: ClassicMember,
    back: ClassicMember,
    members: readonly ClassicMember[],
    version: number,
  ): GroupOutcome {
    const { leader } = this.#sessions.members
    const leads = leader === old.id
    const reply = back.joining as Reply<JoinAnswer>
    return {
      facts: [this.#rebalance.fact(members, leads ? back.id : leader, ({ assignment }) => assignment)],
      kept: () => {
        const member = this.#sessions.check(back.id, back.instanceId)
        this.#sessions.members.learns(member, back.protocols)
        this.#sessions.forget(old.id, old)
        this.#sessions.renew(member)
        const answer = this.#rebalance.joinedAnswer(member)
        if (version >= skipAssignmentSince) return answered(reply, { ...answer, skipAssignment: leads })
        return answered(reply, { ...answer, leader: leader ?? '', members: [] })
      },
      failed: error => answered(reply, asCoordinator(error)),
    }
  }

  #leave(memberId: string, instanceId: string | null): ErrorName {
    if (this.#sessions.isPending(memberId)) {
      this.#sessions.forget(memberId)
      return 'NONE'
    }
    try {
      const member =
        memberId === '' && instanceId !== null
          ? this.#memberNamed(instanceId)
          : this.#sessions.check(memberId, instanceId)
      if (!member) return 'UNKNOWN_MEMBER_ID'
      this.#sessions.remove(member)
      return 'NONE'
    } catch (thrown) {
      if (thrown instanceof KafkaError) return thrown.errorName
      throw thrown
    }
  }

  /**
   * Takes out a member whose session ends, unless it waits for our answer: then it is not idle. A new member that waits
   * may have given up, so it is taken out.
   */
  #sessionEnds(id: string): GroupOutcome {
    const member = this.#sessions.members.get(id)
    const waits = member && !member.isNew && (member.joining !== null || member.syncing !== null)
    return waits ? nothing : this.#expel(id, 'its session timed out')
  }

  #expel(id: string, reason: string): GroupOutcome {
    const member = this.#sessions.members.get(id)
    if (!member && !this.#sessions.isPending(id)) return nothing
    this.around.logger.info(`Group '${this.id}' loses ${id}: ${reason}.`)
    if (member) this.#sessions.remove(member)
    else this.#sessions.forget(id)
    return member ? this.#rebalance.left(reason) : this.#rebalance.goOn()
  }

  #memberNamed(instanceId: string): ClassicMember | undefined {
    return this.#sessions.members.get(this.#sessions.members.idOfInstance(instanceId) ?? '')
  }

  #checkGeneration(generation: number): void {
    if (generation !== this.#rebalance.generation) throw new KafkaError('ILLEGAL_GENERATION')
  }
}

function leaversOf([first, ...others]: readonly LeavingMember[]): string {
  const name = first?.memberId || first?.groupInstanceId
  if (others.length > 0) return `${name} and ${others.length} others left`
  return `${name} left${first?.reason ? ` (${first.reason})` : ''}`
}
