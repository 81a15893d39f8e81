import { asCoordinator } from '../../coordinator/append-failure.js'
import { errorCodes, KafkaError } from '../../wire/errors.js'
import { consumerProtocolType } from '../shared/embedded-protocol.js'
import type { JoinAnswer, SyncAnswer, SyncGroupAssignment } from '../shared/group-requests.js'
import type { GroupSurroundings } from '../shared/group-surroundings.js'
import { wholeGroup } from '../shared/group-timers.js'
import {
  type GroupFact,
  type GroupOutcome,
  noGeneration,
  nothing,
  owned,
  type StoredGroup,
} from '../stored/group-facts.js'
import { type ClassicMember, metadataOf, storedMember } from './classic-member.js'
import type { MemberSessions } from './member-sessions.js'
import { chooseProtocol } from './members.js'
import { subscribedTopics } from './subscribed-topics.js'

/**
 * The moves of a group from each state.
 *
 *     Empty -> PreparingRebalance -> CompletingRebalance -> Stable
 *       ^         |        ^            |                      |
 *       +---------+        +------------+----------------------+
 */
const moves = {
  /** The group has no members. It goes to Stable at once when it was a consumer group before. */
  Empty: ['PreparingRebalance', 'Stable', 'Dead'],
  /** The members are awaited: each has to join again. */
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  /** All members have joined, and await the leader's assignment. */
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  /** The group is deleted, or a consumer group by now. */
  Dead: [],
} as const satisfies Record<string, readonly string[]>
export type GroupState = keyof typeof moves

/** The moves during a replay: a record holds the result of a whole rebalance, so replay goes from one to the next. */
const replayMoves: Record<GroupState, readonly GroupState[]> = {
  Empty: ['Stable', 'Dead'],
  Stable: ['Empty', 'Dead'],
  PreparingRebalance: [],
  CompletingRebalance: [],
  Dead: [],
}

const noBytes = Buffer.alloc(0)

/**
 * Brings a group from one generation to the next: all members join again, the leader shares out the work among them,
 * and its assignment is kept in the journal before any member learns of it.
 *
 * The durable state (generation, protocol, leader, members and assignments, as of the last finished rebalance) is
 * changed by `apply` alone. The rebalance under way lives in memory only: after a crash its members find the last
 * generation again, and join anew.
 */
export class Rebalance {
  #state: GroupState = 'Empty'
  #live = false
  #stored: StoredGroup | null = null
  #generation = 0
  #protocolType: string | null = null
  #protocol: string | null = null
  /** The metadata of this generation's members, and the topics in them, which are read when first asked for. */
  #metadata: readonly Buffer[] = []
  #subscribed: ReadonlySet<string> | null | undefined = null
  /** The members that have not asked for this generation's assignment yet. */
  readonly #unsynced = new Set<string>()
  /** The wait of an empty group's first members for more of them; null when there is none. */
  #gathering: { remainingMs: number; grew: boolean } | null = null

  constructor(
    private readonly groupId: string,
    private readonly sessions: MemberSessions,
    private readonly around: GroupSurroundings,
  ) {}

  get state(): GroupState {
    return this.#state
  }

  get generation(): number {
    return this.#generation
  }

  get protocolType(): string | null {
    return this.#protocolType
  }

  get protocol(): string | null {
    return this.#protocol
  }

  /** The generation that a replay restores. */
  get stored(): StoredGroup | null {
    return this.#stored
  }

  get usesConsumerProtocol(): boolean {
    return this.#protocolType === consumerProtocolType
  }

  /** The topics of this generation; null when its members are no consumers, or speak a dialect of their own. */
  get subscribedTopics(): ReadonlySet<string> | null {
    if (this.#subscribed === undefined) this.#subscribed = topicsIn(this.#metadata)
    return this.#subscribed
  }

  /** Has to be called before a new member is added. */
  grows(protocolType: string): void {
    if (this.#gathering) this.#gathering.grew = true
    if (this.sessions.members.size === 0) this.#protocolType = protocolType
  }

  /** Goes on with the rebalance under way after a member has joined, or begins one. */
  joined(reason: string): GroupOutcome {
    return this.#state === 'PreparingRebalance' ? this.goOn() : this.begin(reason)
  }

  /** Has the other members share out the work anew, after some have left. */
  left(reason: string): GroupOutcome {
    const assigned = this.#state === 'Stable' || this.#state === 'CompletingRebalance'
    return assigned ? this.begin(reason) : this.goOn()
  }

  begin(reason: string): GroupOutcome {
    this.around.logger.info(
      `Group '${this.groupId}' is preparing to rebalance after generation ${this.#generation}: ${reason}.`,
    )
    this.#answerSyncs(() => new KafkaError('REBALANCE_IN_PROGRESS'))
    this.#unsynced.clear()
    this.around.timers.cancel('sync', wholeGroup)
    const first = this.#state === 'Empty'
    this.#become('PreparingRebalance')
    if (first) return this.#gather()
    if (this.sessions.allJoining) return this.#complete()
    this.#awaitJoins()
    return nothing
  }

  /** Completes the joining if no member is awaited any more. */
  goOn(): GroupOutcome {
    const waits =
      this.#state !== 'PreparingRebalance' || this.#gathering !== null || !this.sessions.allJoining
    return waits ? nothing : this.#complete()
  }

  hasSynced({ id }: ClassicMember): void {
    this.#unsynced.delete(id)
    if (this.#unsynced.size === 0) this.around.timers.cancel('sync', wholeGroup)
  }

  /** Takes the leader's assignment, and keeps it. */
  assign(assignments: readonly SyncGroupAssignment[]): GroupOutcome {
    const { members } = this.sessions
    const byMember = new Map<string, Buffer>()
    for (const { memberId, assignment } of assignments) {
      if (members.has(memberId)) byMember.set(memberId, assignment)
    }
    return {
      facts: [this.fact(members.list(), members.leader, ({ id }) => byMember.get(id) ?? noBytes)],
      kept: () => {
        this.#answerSyncs(member => this.assigned(member))
        this.around.logger.info(
          `Group '${this.groupId}' is stable in generation ${this.#generation}, with ${members.size} members.`,
        )
        return undefined
      },
      late: error => this.#answerSyncs(() => error),
      failed: error => {
        this.#answerSyncs(() => asCoordinator(error))
        return this.begin(`its assignment could not be stored (${error.errorName})`)
      },
    }
  }

  /** The fact that keeps this generation. */
  fact(
    members: readonly ClassicMember[],
    leader: string | null,
    assignmentOf: (member: ClassicMember) => Buffer,
  ): GroupFact {
    const protocol = this.#protocol ?? ''
    const value: StoredGroup = {
      ...noGeneration(this.around.timers.now()),
      protocolType: this.#protocolType ?? '',
      generation: this.#generation,
      protocol,
      leader,
      members: members.map(member => storedMember(member, protocol, assignmentOf(member))),
    }
    return { kind: 'group', groupId: this.groupId, value }
  }

  /** Takes in a generation that is durable; null where the group is deleted. */
  apply(given: StoredGroup | null): void {
    const stored = given && this.#live ? owned(given) : given
    this.#stored = stored
    if (stored) this.#take(stored)
    else this.#become('Dead')
  }

  /** Begins the members' sessions anew, once the replay is over. */
  goLive(): GroupOutcome {
    this.#live = true
    const { members } = this.sessions
    for (const member of members) this.sessions.renew(member)
    if (members.size > this.around.limits.maxSize) return this.begin('it is over its limit')
    const neverLed = members.size > 0 && this.#stored?.leader === null
    return neverLed ? this.begin('it was a consumer group, not yet shared out') : nothing
  }

  /** The answer to a member's join. Only the leader is told the other members. */
  joinedAnswer(member: ClassicMember): JoinAnswer {
    const { members } = this.sessions
    const protocol = this.#protocol ?? ''
    return {
      errorCode: errorCodes.NONE,
      generationId: this.#generation,
      protocolType: this.#protocolType,
      protocolName: protocol,
      leader: members.leader ?? '',
      memberId: member.id,
      members: (member.id === members.leader ? members.list() : []).map(each => ({
        memberId: each.id,
        groupInstanceId: each.instanceId,
        metadata: metadataOf(each, protocol),
      })),
    }
  }

  assigned({ assignment }: ClassicMember): SyncAnswer {
    return {
      errorCode: errorCodes.NONE,
      protocolType: this.#protocolType,
      protocolName: this.#protocol,
      assignment,
    }
  }

  /**
   * Waits a moment before a group's first rebalance, longer while new members keep coming, to spare the ones after it.
   */
  #gather(): GroupOutcome {
    const delayMs = this.around.limits.initialRebalanceDelayMs
    if (delayMs <= 0) return this.#complete()
    const remainingMs = Math.max(this.sessions.members.longestRebalanceTimeoutMs() - delayMs, 0)
    this.#gathering = { remainingMs, grew: false }
    this.#awaitMore(delayMs)
    return nothing
  }

  #awaitMore(delayMs: number): void {
    this.around.timers.after(delayMs, 'join', wholeGroup, () => {
      const gathering = this.#gathering
      if (!gathering?.grew || gathering.remainingMs === 0) return this.#complete()
      const nextMs = Math.min(this.around.limits.initialRebalanceDelayMs, gathering.remainingMs)
      this.#gathering = { remainingMs: Math.max(gathering.remainingMs - delayMs, 0), grew: false }
      this.#awaitMore(nextMs)
      return nothing
    })
  }

  #awaitJoins(): void {
    const { members } = this.sessions
    this.around.timers.after(members.longestRebalanceTimeoutMs(), 'join', wholeGroup, () => this.#complete())
  }

  /** Makes the next generation of the members that are there; a static member is missed only when its session ends. */
  #complete(): GroupOutcome {
    const { members } = this.sessions
    this.around.timers.cancel('join', wholeGroup)
    this.#gathering = null
    for (const member of members.list()) {
      if (member.joining === null && member.instanceId === null) this.sessions.remove(member)
    }
    if (members.size === 0) return this.#empty()
    if (!members.electJoinedLeader()) {
      this.#awaitJoins()
      return nothing
    }
    this.#generation++
    this.#protocol = chooseProtocol(members.list())
    this.#takeSubscriptions()
    this.#become('CompletingRebalance')
    this.#awaitSyncs()
    return nothing
  }

  #awaitSyncs(): void {
    const { members } = this.sessions
    this.#unsynced.clear()
    for (const member of members) {
      member.isNew = false
      this.#unsynced.add(member.id)
      this.sessions.renew(member)
      this.sessions.answerJoin(member, this.joinedAnswer(member))
    }
    this.around.timers.after(members.longestRebalanceTimeoutMs(), 'sync', wholeGroup, () =>
      this.#expelUnsynced(),
    )
  }

  #expelUnsynced(): GroupOutcome {
    const late = this.sessions.members.list().filter(({ id }) => this.#unsynced.has(id))
    for (const member of late) this.sessions.remove(member)
    return late.length > 0 ? this.begin('members did not ask for their assignment') : nothing
  }

  /**
   * Keeps that the group is empty. It is so even if the record is not kept: a replay would find members that time out.
   */
  #empty(): GroupOutcome {
    const stored: StoredGroup = {
      ...noGeneration(this.around.timers.now()),
      protocolType: this.#protocolType ?? '',
      generation: this.#generation + 1,
    }
    return {
      facts: [{ kind: 'group', groupId: this.groupId, value: stored }],
      kept: () => {
        this.around.logger.info(`Group '${this.groupId}' is empty in generation ${stored.generation}.`)
        return undefined
      },
      failed: error => {
        this.around.logger.warn(`That group '${this.groupId}' is empty was not stored (${error.errorName}).`)
        this.#take(stored)
        return undefined
      },
    }
  }

  /** Answers the members that wait for the leader; their sessions count again. */
  #answerSyncs(answer: (member: ClassicMember) => SyncAnswer | KafkaError): void {
    for (const member of this.sessions.members) {
      if (member.syncing === null) continue
      this.sessions.answerSync(member, answer(member))
      this.sessions.renew(member)
    }
  }

  #take(stored: StoredGroup): void {
    this.#generation = stored.generation
    this.#protocolType = stored.protocolType === '' ? null : stored.protocolType
    this.#protocol = stored.protocol
    this.sessions.members.become(stored)
    this.#takeSubscriptions()
    this.#become(stored.members.length > 0 ? 'Stable' : 'Empty')
  }

  #takeSubscriptions(): void {
    const protocol = this.#protocol ?? ''
    this.#metadata = this.usesConsumerProtocol
      ? this.sessions.members.list().map(member => metadataOf(member, protocol))
      : []
    this.#subscribed = this.usesConsumerProtocol ? undefined : null
  }

  #become(state: GroupState): void {
    if (state === this.#state) return
    const allowed: readonly GroupState[] = (this.#live ? moves : replayMoves)[this.#state]
    if (!allowed.includes(state)) throw new Error(`group ${this.groupId}: ${this.#state} -> ${state}`)
    this.#state = state
  }
}

/** The topics in the metadata; null where one of them is no consumer's. */
function topicsIn(metadata: readonly Buffer[]): ReadonlySet<string> | null {
  const topics = new Set<string>()
  for (const each of metadata) {
    const subscribed = subscribedTopics(each)
    if (subscribed === null) return null
    for (const topic of subscribed) topics.add(topic)
  }
  return topics
}
