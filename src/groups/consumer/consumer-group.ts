import { asCoordinator } from '../../coordinator/append-failure.js'
import { errorCodes, KafkaError } from '../../wire/errors.js'
import {
  answered,
  type Caller,
  type CommitIdentity,
  type HeartbeatRequest,
  type JoinAnswer,
  type JoinRequest,
  type LeaveAnswer,
  type LeavingMember,
  memberIdRequiredSince,
  type Reply,
  type SyncAnswer,
  type SyncRequest,
} from '../shared/group-requests.js'
import type { GroupSurroundings } from '../shared/group-surroundings.js'
import { wholeGroup } from '../shared/group-timers.js'
import type { KindOfGroup } from '../shared/kind-of-group.js'
import type { OffsetToCommit } from '../shared/offset-requests.js'
import type { ConsumerFact } from '../stored/consumer-facts.js'
import { type GroupOutcome, nothing } from '../stored/group-facts.js'
import type { Circumstances } from './advance.js'
import { type ClassicJoin, checkClassicJoin, joinClassically } from './classic-join.js'
import { checkProtocol, classicMemberOf, hasToJoin, isBehind, syncAnswer } from './classic-requests.js'
import { checkCommit, checkFetch, checkTransactionalCommit } from './commit-checks.js'
import { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, leavingEpoch, leavingForAWhileEpoch, speaksClassic } from './consumer-member.js'
import type { ConsumerHeartbeatAnswer, ConsumerHeartbeatRequest } from './consumer-requests.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import { type Description, describe } from './describe.js'
import { ExpressionSearch, foundBy, needsRefresh } from './expressions.js'
import { FactList, factsOf } from './fact-list.js'
import { type Beat, beat, memberOf } from './heartbeat.js'
import { MemberTimers } from './member-timers.js'
import { forget, leaver, onlyClassicStay, release, remove } from './removal.js'

/** Makes a consumer group a classic one, with these changes made; with a reason it rebalances at once. */
export type BecomesClassic = (
  group: ConsumerImage,
  changes: readonly ConsumerFact[],
  reason: string | null,
) => GroupOutcome

/** The result of a step, and the version of the topics that it has seen. */
export interface Plan extends Beat {
  readonly facts: FactList
  readonly topicsVersion: number
  /** True where the group did not have this member before. */
  readonly joins: boolean
}

/**
 * A group whose work the coordinator shares out (KIP-848): members say what they read and what they own, and are told
 * what they should own. Members of the classic protocol do so as well, in its words. The image has what is durable of
 * the group. This class has what lives in memory only: the deadlines of each member, and the version of the cluster's
 * topics at which the group has looked.
 */
export class ConsumerGroup implements KindOfGroup {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly usesConsumerProtocol = true
  readonly sinceMs = null
  readonly image = new ConsumerImage()
  readonly #timers: MemberTimers
  /** The version of the topics at which the group last looked, and the one for its regular expressions. */
  #topicsSeen = -1
  #topicsSearched = -1
  /** The search for topics of regular expressions that is under way, and whether another has to follow. */
  #search: ExpressionSearch | null = null
  #searchesAgain = false

  constructor(
    readonly id: string,
    private readonly around: GroupSurroundings,
    private readonly means: ConsumerSurroundings,
    private readonly becomesClassic: BecomesClassic,
  ) {
    this.#timers = new MemberTimers(
      around.timers,
      () => means.sessionTimeoutMs,
      (memberId, reason) => this.#fence(memberId, reason),
      memberId => this.image.members.get(memberId)?.epoch,
    )
  }

  get state(): string {
    return this.image.state
  }

  get subscribedTopics(): ReadonlySet<string> {
    return this.image.subscribedTopics
  }

  /** True where every partition of the topics that are read has an owner. */
  get readsEverything(): boolean {
    const { topics } = this.means
    return [...this.subscribedTopics].every(name => {
      const topic = topics.named(name)
      return !topic || topic.partitions.every((_, i) => this.image.ownerOf(topic.id, i) !== undefined)
    })
  }

  get abandoned(): boolean {
    return this.image.members.size === 0
  }

  beat(
    request: ConsumerHeartbeatRequest,
    caller: Caller,
    reply: Reply<ConsumerHeartbeatAnswer>,
  ): GroupOutcome {
    if (request.memberEpoch === leavingEpoch || request.memberEpoch === leavingForAWhileEpoch) {
      return this.#leaves(request, reply)
    }
    const plan = this.plan(request, caller)
    return {
      facts: plan.facts.all,
      kept: () => this.keep(plan, caller, reply),
      failed: error => answered(reply, asCoordinator(error)),
    }
  }

  /**
   * Plans a heartbeat: the plan holds if its facts are kept. With `unsettled` the group shares out its work anew in any
   * case.
   */
  plan(request: ConsumerHeartbeatRequest, caller: Caller, unsettled = false): Plan {
    const facts = new FactList(this.id)
    const { clientId, clientHost } = caller
    const memberId = request.memberId === '' ? this.around.newId() : request.memberId
    const asked = { ...request, memberId, clientId, clientHost }
    const made = beat(this.image, asked, { ...this.#now(), unsettled }, this.means, facts)
    const joins = !this.image.members.has(made.member.id)
    return { ...made, facts, topicsVersion: this.means.topics.version, joins }
  }

  /** Answers a heartbeat after its facts were kept. */
  keep(plan: Plan, caller: Caller, reply: Reply<ConsumerHeartbeatAnswer>): GroupOutcome | undefined {
    const { member } = plan
    this.#stepped(plan, caller)
    this.#timers.startSession(member)
    if (plan.moved) this.#timers.awaitRevocation(member)
    reply(plan.answer)
    return this.#refreshExpressions(plan.newExpression)
  }

  join(request: JoinRequest, caller: Caller, version: number, reply: Reply<JoinAnswer>): GroupOutcome {
    const isNew = request.memberId === ''
    const asked = { ...request, isNew, memberId: isNew ? this.around.newId() : request.memberId }
    checkClassicJoin(this.image, asked, this.means)
    if (isNew && request.groupInstanceId === null && version >= memberIdRequiredSince) {
      const { memberId } = asked
      reply({ errorCode: errorCodes.MEMBER_ID_REQUIRED, leader: '', memberId, members: [] })
      return nothing
    }
    const facts = new FactList(this.id)
    const now = { ...this.#now(), downgrades: (replaced: ConsumerMember) => this.#downgradesBy(replaced) }
    const made = joinClassically(this.image, asked, caller, now, this.means, facts)
    const joins = !this.image.members.has(made.member.id)
    const plan = { ...made, facts, topicsVersion: this.means.topics.version, joins }
    const failed = (error: KafkaError) => answered(reply, asCoordinator(error))
    if (made.downgrade) {
      const reason = made.downgrade.rebalances ? 'it was a consumer group, not yet shared out' : null
      return this.#downgrade(facts.all, reason, { kept: () => this.#joined(plan, caller, reply), failed })
    }
    return {
      facts: facts.all,
      kept: () => {
        this.#joined(plan, caller, reply)
        this.#timers.startSession(made.member)
        this.#timers.awaitSync(made.member)
        return this.#refreshExpressions(false)
      },
      failed,
    }
  }

  sync(request: SyncRequest, caller: Caller, reply: Reply<SyncAnswer>): GroupOutcome {
    const member = this.#classicMember(request, caller)
    checkProtocol(member, request)
    if (isBehind(this.image, member)) this.#callToJoin(member)
    this.#timers.hasSynced(member.id)
    this.#timers.startSession(member)
    reply(syncAnswer(member, request, this.means.topics))
    return nothing
  }

  heartbeat(request: HeartbeatRequest, caller: Caller): void {
    const member = this.#classicMember(request, caller)
    this.#timers.startSession(member)
    if (hasToJoin(this.image, member)) this.#callToJoin(member)
  }

  /** Takes out members. Those that speak the classic protocol leave so; administrators may take out any. */
  leave(members: readonly LeavingMember[], reply: Reply<LeaveAnswer>): GroupOutcome {
    const leaving = new Map<string, ConsumerMember>()
    const answers = members.map(({ memberId, groupInstanceId }) => {
      const found = leaver(this.image, memberId, groupInstanceId)
      if (typeof found !== 'string') leaving.set(found.id, found)
      return { memberId, groupInstanceId, errorCode: errorCodes[typeof found === 'string' ? found : 'NONE'] }
    })
    return this.#remove([...leaving.values()], {
      kept: () => answered(reply, answers),
      failed: error => answered(reply, asCoordinator(error)),
    })
  }

  describe(): Description {
    return describe(this.id, this.image, this.means)
  }

  evict(memberId: string): GroupOutcome {
    const isDynamic = this.image.members.get(memberId)?.about.instanceId === null
    return isDynamic ? this.#fence(memberId, 'its connection was closed') : nothing
  }

  checkCommit(
    request: CommitIdentity,
    offsets: readonly OffsetToCommit[],
    _caller: Caller,
    version: number,
  ): void {
    checkCommit(this.image, request, offsets, version)
  }

  checkTransactionalCommit(request: CommitIdentity, offsets: readonly OffsetToCommit[]): void {
    checkTransactionalCommit(this.image, request, offsets)
  }

  checkFetch(memberId: string | null, memberEpoch: number): void {
    checkFetch(this.image, memberId, memberEpoch)
  }

  apply(fact: ConsumerFact): void {
    this.image.apply(fact)
  }

  facts(): ConsumerFact[] {
    return factsOf(this.id, this.image)
  }

  tombstones(): ConsumerFact[] {
    const facts = new FactList(this.id)
    forget(this.image, facts)
    return facts.all
  }

  /** Begins the members' sessions anew. */
  goLive(): GroupOutcome {
    for (const member of this.image.members.values()) {
      this.#timers.startSession(member)
      this.#timers.awaitRevocation(member)
    }
    return nothing
  }

  close(): void {
    this.around.timers.cancelAll()
  }

  #now(): Circumstances {
    const { version } = this.means.topics
    const nowMs = this.around.timers.now()
    return { nowMs, topicsChanged: this.#topicsSeen !== version, unsettled: false }
  }

  #stepped({ member, predecessor, topicsVersion, joins }: Omit<Plan, 'answer'>, caller: Caller): void {
    this.#topicsSeen = topicsVersion
    if (joins)
      this.around.logger.info(`Group '${this.id}' is joined by ${member.id}, in epoch ${this.image.epoch}.`)
    if (predecessor && predecessor.id !== member.id) this.#gone(predecessor)
    this.#seen(member, caller)
  }

  #joined(plan: Omit<Plan, 'answer'> & ClassicJoin, caller: Caller, reply: Reply<JoinAnswer>): undefined {
    this.#stepped(plan, caller)
    reply(plan.answer)
  }

  /**
   * Notes a request of a dynamic member. Static members are not bound to a connection: they may restart within their
   * session.
   */
  #seen({ id, about }: ConsumerMember, caller: Caller): void {
    if (about.instanceId === null) this.around.isMember(id, caller)
  }

  #classicMember(
    request: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>,
    caller: Caller,
  ) {
    const member = classicMemberOf(this.image, request)
    this.#seen(member, caller)
    return member
  }

  #callToJoin(member: ConsumerMember): never {
    this.#timers.awaitJoin(member)
    throw new KafkaError('REBALANCE_IN_PROGRESS')
  }

  #leaves(request: ConsumerHeartbeatRequest, reply: Reply<ConsumerHeartbeatAnswer>): GroupOutcome {
    const { memberId, memberEpoch, instanceId } = request
    const member = memberOf(this.image, memberId, instanceId)
    const answer = { errorCode: 0, memberId, memberEpoch, heartbeatIntervalMs: 0 }
    const isForGood = memberEpoch === leavingEpoch
    const then = {
      kept: () => {
        this.around.logger.info(
          `Group '${this.id}' is left by ${memberId}${isForGood ? '' : ', for a while'}.`,
        )
        return answered(reply, answer)
      },
      failed: (error: KafkaError) => answered(reply, asCoordinator(error)),
    }
    if (isForGood) return this.#remove([member], then)
    const facts = new FactList(this.id)
    release(member, facts)
    return { facts: facts.all, ...then }
  }

  #fence(memberId: string, reason: string): GroupOutcome {
    const member = this.image.members.get(memberId)
    if (!member) return nothing
    this.around.logger.info(`Group '${this.id}' loses ${memberId}: ${reason}.`)
    return this.#remove([member], {})
  }

  #remove(members: readonly ConsumerMember[], then: Omit<GroupOutcome, 'facts'>): GroupOutcome {
    if (members.length === 0) return { facts: [], ...then }
    const facts = new FactList(this.id)
    const gone = {
      ...then,
      kept: () => {
        for (const member of members) this.#gone(member)
        return then.kept?.()
      },
    }
    if (this.#downgradesWithout(members)) {
      for (const { id } of members) facts.forgetMember(id)
      return this.#downgrade(facts.all, 'the last member of the newer protocol is gone', gone)
    }
    remove(this.image, members, this.means, facts)
    return { ...gone, facts: facts.all }
  }

  #downgradesWithout(gone: readonly ConsumerMember[]): boolean {
    return this.#mayDowngrade(this.image.members.size - gone.length) && onlyClassicStay(this.image, gone)
  }

  /** Tells whether a static member that comes back by the classic protocol was the last that spoke the newer one. */
  #downgradesBy(replaced: ConsumerMember): boolean {
    const { members, classicMemberCount } = this.image
    const wasLast = !speaksClassic(replaced) && classicMemberCount === members.size - 1
    return wasLast && this.#mayDowngrade(members.size)
  }

  #mayDowngrade(size: number): boolean {
    return this.means.migration.down && size <= this.around.limits.maxSize
  }

  /** Makes the group a classic one, once these changes are made; with a reason it rebalances at once. */
  #downgrade(
    changes: readonly ConsumerFact[],
    reason: string | null,
    { kept, failed }: Omit<GroupOutcome, 'facts'>,
  ): GroupOutcome {
    const downgrade = this.becomesClassic(this.image, changes, reason)
    return {
      facts: downgrade.facts,
      kept: () => {
        kept?.()
        return downgrade.kept?.()
      },
      ...(failed ? { failed } : {}),
    }
  }

  #gone({ id, about }: ConsumerMember): void {
    this.#timers.forget(id)
    this.around.left(id, about)
  }

  /** Looks for the topics of regular expressions after the answer, as Kafka does: the next heartbeat tells them. */
  #refreshExpressions(hasNew: boolean): GroupOutcome | undefined {
    const { topics } = this.means
    const nowMs = this.around.timers.now()
    const topicsAddedSince = this.#topicsSearched < topics.createdVersion
    if (this.#search) {
      this.#searchesAgain ||= hasNew
      return undefined
    }
    const now = { hasNew, topicsAddedSince, nowMs }
    if (!needsRefresh(this.image, now, this.means)) return undefined
    return this.#beginSearch()
  }

  #beginSearch(): GroupOutcome {
    this.#searchesAgain = false
    this.#search = new ExpressionSearch(this.image.expressionsRead, this.means)
    return this.#goOnSearching(this.#search)
  }

  /** Searches until the turn is over; the next one is a command of its own, so that others are served in between. */
  #goOnSearching(search: ExpressionSearch): GroupOutcome {
    const { timers } = this.around
    if (!search.goOn()) {
      timers.after(0, 'search', wholeGroup, () => this.#goOnSearching(search))
      return nothing
    }
    this.#search = null
    return {
      facts: foundBy(search, this.id, this.image, timers.now(), this.means).all,
      kept: () => {
        this.#topicsSearched = search.version
        return this.#searchesAgain ? this.#beginSearch() : undefined
      },
    }
  }
}
