import { asCoordinator } from '../../journal/append-failure.js'
import { errorCodes, KafkaError } from '../../wire/errors.js'
import { type GroupOutcome, nothing } from '../facts.js'
import {
  answered,
  type Caller,
  type CommitIdentity,
  type LeaveAnswer,
  type LeavingMember,
  type Reply,
} from '../group-requests.js'
import type { GroupSurroundings } from '../group-surroundings.js'
import type { Membership } from '../membership.js'
import type { OffsetToCommit } from '../offset-requests.js'
import { checkCommit, checkFetch, checkTransactionalCommit } from './commit-checks.js'
import { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, leavingEpoch, leavingForAWhileEpoch } from './consumer-member.js'
import { describe } from './describe.js'
import { needsRefresh, resolveExpressions } from './expressions.js'
import { FactList, factsOf } from './fact-list.js'
import type { ConsumerFact } from './facts.js'
import { type Beat, beat, memberOf } from './heartbeat.js'
import { forget, leaver, release, remove } from './removal.js'
import type { ConsumerHeartbeatAnswer, ConsumerHeartbeatRequest, DescribedConsumerGroup } from './requests.js'

/** What a heartbeat comes to, and what it has seen. */
export interface Plan extends Beat {
  readonly facts: FactList
  readonly topicsVersion: number
}

/**
 * A group whose work the coordinator shares out (KIP-848): members say what they read and what they
 * own, and are told what they are to own. What is durable of it is its image; here is what lives in
 * memory only: sessions, the time that members have to let go of partitions, and which changes of the
 * cluster's topics the group has looked at.
 */
export class ConsumerGroup implements Membership {
  readonly type = 'consumer'
  readonly protocolType = 'consumer'
  readonly usesConsumerProtocol = true
  readonly sinceMs = null
  readonly image = new ConsumerImage()
  /** The version of the topics at which the group last looked, and the one for its regular expressions. */
  #topicsSeen = -1
  #topicsSearched = -1

  constructor(
    readonly id: string,
    private readonly around: GroupSurroundings,
  ) {}

  get state(): string {
    return this.image.state
  }

  get subscribedTopics(): ReadonlySet<string> {
    return this.image.subscribedTopics
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

  /** What a heartbeat comes to, if its facts are kept. */
  plan(request: ConsumerHeartbeatRequest, caller: Caller): Plan {
    const facts = new FactList(this.id)
    const { clientId, clientHost } = caller
    const memberId = request.memberId === '' ? this.around.newUuid() : request.memberId
    const { version: topicsVersion } = this.around.consumer.topics
    const made = beat(
      this.image,
      { ...request, memberId, clientId, clientHost },
      { nowMs: this.around.timers.now(), topicsChanged: this.#topicsSeen !== topicsVersion },
      this.around.consumer,
      facts,
    )
    return { ...made, facts, topicsVersion }
  }

  /** The facts of a heartbeat are kept. */
  keep(plan: Plan, caller: Caller, reply: Reply<ConsumerHeartbeatAnswer>): GroupOutcome | undefined {
    const { member, moved, predecessor } = plan
    this.#topicsSeen = plan.topicsVersion
    if (predecessor && predecessor.id !== member.id) this.#gone(predecessor)
    if (member.about.instanceId === null) this.around.seen(member.id, caller.connectionId)
    this.#startSession(member.id)
    if (moved) this.#awaitRevocation(member)
    reply(plan.answer)
    return this.#refreshExpressions(plan.newExpression)
  }

  /** Nobody here speaks the classic protocol. */
  join(): GroupOutcome {
    throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
  }

  sync(): GroupOutcome {
    throw new KafkaError('UNKNOWN_MEMBER_ID')
  }

  heartbeat(): void {
    throw new KafkaError('UNKNOWN_MEMBER_ID')
  }

  /** Administrators may take out members that have not asked for it themselves. */
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

  describe(): DescribedConsumerGroup {
    return describe(this.id, this.image, this.around.consumer)
  }

  evict(memberId: string): GroupOutcome {
    const member = this.image.members.get(memberId)
    return member?.about.instanceId === null ? this.#fence(member, 'its connection was closed') : nothing
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

  /** The members' sessions begin anew. */
  goLive(): GroupOutcome {
    for (const member of this.image.members.values()) {
      this.#startSession(member.id)
      if (member.state === 'unrevoked') this.#awaitRevocation(member)
    }
    return nothing
  }

  close(): void {
    this.around.timers.cancelAll()
  }

  #leaves(request: ConsumerHeartbeatRequest, reply: Reply<ConsumerHeartbeatAnswer>): GroupOutcome {
    const { memberId, memberEpoch, instanceId } = request
    const member = memberOf(this.image, memberId, instanceId)
    const answer = { errorCode: 0, memberId, memberEpoch, heartbeatIntervalMs: 0 }
    if (memberEpoch === leavingForAWhileEpoch) {
      const facts = new FactList(this.id)
      release(member, facts)
      return {
        facts: facts.all,
        kept: () => answered(reply, answer),
        failed: error => answered(reply, asCoordinator(error)),
      }
    }
    return this.#remove([member], {
      kept: () => answered(reply, answer),
      failed: error => answered(reply, asCoordinator(error)),
    })
  }

  #startSession(memberId: string): void {
    this.around.timers.after(this.around.consumer.sessionTimeoutMs, `session/${memberId}`, () =>
      this.#fenceId(memberId, 'its session timed out'),
    )
  }

  /** A member has its own rebalance timeout to let go of what it is told to. */
  #awaitRevocation({ id, state, epoch, about }: ConsumerMember): void {
    const name = `revocation/${id}`
    if (state !== 'unrevoked') {
      this.around.timers.cancel(name)
      return
    }
    this.around.timers.after(about.rebalanceTimeoutMs, name, () =>
      this.image.members.get(id)?.epoch === epoch
        ? this.#fenceId(id, 'it did not let go of its partitions in time')
        : nothing,
    )
  }

  #fenceId(memberId: string, reason: string): GroupOutcome {
    const member = this.image.members.get(memberId)
    return member ? this.#fence(member, reason) : nothing
  }

  #fence(member: ConsumerMember, reason: string): GroupOutcome {
    this.around.logger.info(`Group '${this.id}' loses ${member.id}: ${reason}.`)
    return this.#remove([member], {})
  }

  #remove(members: readonly ConsumerMember[], then: Omit<GroupOutcome, 'facts'>): GroupOutcome {
    const facts = new FactList(this.id)
    if (members.length > 0) remove(this.image, members, this.around.consumer, facts)
    return {
      ...then,
      facts: facts.all,
      kept: () => {
        for (const member of members) this.#gone(member)
        return then.kept?.()
      },
    }
  }

  #gone({ id, about }: ConsumerMember): void {
    for (const name of ['session', 'revocation', 'join', 'sync']) this.around.timers.cancel(`${name}/${id}`)
    this.around.left(id, about)
  }

  /** Looks for the topics of regular expressions after the answer, as Kafka does: the next heartbeat tells them. */
  #refreshExpressions(hasNew: boolean): GroupOutcome | undefined {
    const { topics } = this.around.consumer
    const nowMs = this.around.timers.now()
    const topicsAddedSince = this.#topicsSearched < topics.createdVersion
    if (!needsRefresh(this.image, { hasNew, topicsAddedSince, nowMs }, this.around.consumer)) return undefined
    this.#topicsSearched = topics.version
    const facts = resolveExpressions(this.id, this.image, nowMs, this.around.consumer)
    return { facts: facts.all }
  }
}
