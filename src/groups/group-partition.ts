import { asCoordinator } from '../coordinator/append-failure.js'
import type { TransactionalWriter } from '../coordinator/outcome.js'
import type { OwnCommand } from '../coordinator/replayed-partitions.js'
import { type ErrorName, KafkaError } from '../wire/errors.js'
import { joiningEpoch } from './consumer/consumer-member.js'
import type { ConsumerHeartbeatAnswer, ConsumerHeartbeatRequest } from './consumer/consumer-requests.js'
import type { Description } from './consumer/describe.js'
import { type AllSurroundings, GroupTable, notFound } from './group-table.js'
import { GroupOffsets } from './offsets/group-offsets.js'
import { inParts } from './offsets/kept-in-parts.js'
import { isExpired, isSubscribed } from './offsets/offset-expiry.js'
import { PendingOffsets } from './offsets/pending-offsets.js'
import {
  answered,
  type Caller,
  type DescribedGroup,
  type HeartbeatRequest,
  type JoinAnswer,
  type JoinRequest,
  type LeaveAnswer,
  type LeavingMember,
  type ListedGroup,
  type Reply,
  type SyncAnswer,
  type SyncRequest,
} from './shared/group-requests.js'
import type {
  CommitRequest,
  FoundOffsets,
  OffsetReader,
  OffsetToCommit,
  Outcomes,
  TopicPartitionName,
  WantedOffsets,
} from './shared/offset-requests.js'
import { type ConsumerFact, isConsumerFact } from './stored/consumer-facts.js'
import {
  type GroupFact,
  type GroupOutcome,
  noGeneration,
  nothing,
  type StoredOffset,
} from './stored/group-facts.js'
import { upgrade } from './upgrade.js'

export interface PartitionSurroundings {
  now(): number
  forGroup(groupId: string): AllSurroundings
  readonly offsetMetadataMaxBytes: number
}

/** The id that stands for none, in offsets that were written without a topic id. */
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * The groups that one partition of `__consumer_offsets` remembers, with their committed offsets.
 * Like the groups themselves it answers commands with facts, and changes only by `apply`.
 */
export class GroupPartition {
  readonly #groups: GroupTable
  readonly #pending = new PendingOffsets()

  constructor(private readonly around: PartitionSurroundings) {
    this.#groups = new GroupTable(groupId => around.forGroup(groupId))
  }

  // Membership

  /**
   * Joins a client. A group is made when a client without a member id joins it; an empty consumer group gives way to
   * it.
   */
  join(request: JoinRequest, caller: Caller, version: number, reply: Reply<JoinAnswer>): GroupOutcome {
    const { groupId, memberId, protocolType, protocols } = request
    const group = this.#groups.get(groupId)
    const givesWay = group?.members.type === 'consumer' && group.members.abandoned
    const join = () => this.#groups.existing(groupId).members.join(request, caller, version, reply)
    if (group && !givesWay) return join()
    if (memberId !== '') throw new KafkaError('UNKNOWN_MEMBER_ID')
    if (protocolType === '' || protocols.length === 0) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
    return {
      facts: [
        ...(group?.members.tombstones() ?? []),
        { kind: 'group', groupId, value: noGeneration(this.around.now()) },
      ],
      kept: join,
      failed: error => answered(reply, asCoordinator(error)),
    }
  }

  sync(request: SyncRequest, caller: Caller, reply: Reply<SyncAnswer>): GroupOutcome {
    return this.#groups.withMembers(request.groupId).sync(request, caller, reply)
  }

  heartbeat(request: HeartbeatRequest, caller: Caller): void {
    this.#groups.withMembers(request.groupId).heartbeat(request, caller)
  }

  leave(groupId: string, members: readonly LeavingMember[], reply: Reply<LeaveAnswer>): GroupOutcome {
    return this.#groups.withMembers(groupId).leave(members, reply)
  }

  evict(groupId: string, memberId: string): GroupOutcome {
    return this.#groups.get(groupId)?.members.evict(memberId) ?? nothing
  }

  /**
   * Takes a heartbeat. A consumer group is made when a member joins it; an empty classic group gives way to it, and one
   * with members is upgraded.
   */
  beat(
    request: ConsumerHeartbeatRequest,
    caller: Caller,
    reply: Reply<ConsumerHeartbeatAnswer>,
  ): GroupOutcome {
    const { groupId, memberEpoch } = request
    const old = this.#groups.get(groupId)?.members
    if (old?.type === 'consumer') return old.beat(request, caller, reply)
    if (memberEpoch !== joiningEpoch) {
      throw new KafkaError('GROUP_ID_NOT_FOUND', old ? notOf(groupId, 'consumer') : notFound(groupId))
    }
    const { consumer } = this.around.forGroup(groupId)
    const upgraded = old && old.state !== 'Empty' ? upgrade(groupId, old.asUpgraded(), consumer) : []
    const next = this.#groups.newConsumers(groupId)
    for (const fact of upgraded) next.apply(fact)
    // Kafka would assign to no member what a rebalance was about to share out, and partitions that came since the last
    // one.
    const unsettled = upgraded.length > 0 && (old?.state !== 'Stable' || !next.readsEverything)
    const plan = next.plan(request, caller, unsettled)
    return {
      facts: [...(old?.tombstones() ?? []), ...upgraded, ...plan.facts.all],
      kept: () => {
        const group = this.#groups.consumers(groupId)
        if (upgraded.length > 0) group.goLive()
        return group.keep(plan, caller, reply)
      },
      failed: error => answered(reply, asCoordinator(error)),
    }
  }

  // Administration

  describe(groupId: string): DescribedGroup {
    const { members } = this.#groups.existing(groupId)
    if (members.type === 'classic') return members.describe()
    throw new KafkaError('GROUP_ID_NOT_FOUND', notOf(groupId, 'classic'))
  }

  describeConsumers(groupId: string): Description {
    const { members } = this.#groups.existing(groupId)
    if (members.type === 'consumer') return members.describe()
    throw new KafkaError('GROUP_ID_NOT_FOUND', notOf(groupId, 'consumer'))
  }

  *list(): Generator<ListedGroup> {
    for (const [, { members }] of this.#groups) {
      yield {
        groupId: members.id,
        protocolType: members.protocolType ?? '',
        groupState: members.state,
        groupType: members.type,
      }
    }
  }

  delete(groupId: string, reply: Reply<'deleted'>): GroupOutcome {
    const { members, offsets } = this.#groups.existing(groupId)
    if (members.state !== 'Empty') throw new KafkaError('NON_EMPTY_GROUP')
    const committed = [...offsets, ...this.#pending.ofGroup(groupId)]
    return inParts(
      committed,
      each => tombstone(groupId, each),
      {
        kept: () => answered(reply, 'deleted'),
        failed: error => answered(reply, asCoordinator(error)),
      },
      [...members.tombstones()],
    )
  }

  // Offsets

  /** Commits offsets. A client that claims no membership needs no group: a simple group is made. */
  commit(request: CommitRequest, caller: Caller, version: number, reply: Reply<Outcomes>): GroupOutcome {
    const group = this.#groups.get(request.groupId)
    const fitting = this.#fitting(request)
    if (group) group.members.checkCommit(request, fitting, caller, version)
    else if (request.generationIdOrMemberEpoch >= 0) {
      throw new KafkaError(version >= 9 ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION')
    }
    return this.#commits(request, fitting, reply)
  }

  /**
   * Commits offsets that count once the transaction is committed; a member need not have heard that its generation
   * ended.
   */
  commitWithin(
    within: TransactionalWriter,
    request: CommitRequest,
    caller: Caller,
    reply: Reply<Outcomes>,
  ): GroupOutcome {
    const group = this.#groups.get(request.groupId)
    const fitting = this.#fitting(request)
    if (group) group.members.checkTransactionalCommit(request, fitting, caller)
    else if (request.generationIdOrMemberEpoch >= 0) throw new KafkaError('ILLEGAL_GENERATION')
    return this.#commits(request, fitting, reply, within)
  }

  /** The offsets that a group has committed; `wanted` is null for all of them. */
  fetchOffsets(
    groupId: string,
    wanted: readonly WantedOffsets[] | null,
    { memberId, memberEpoch, requireStable }: OffsetReader,
  ): FoundOffsets[] {
    const group = this.#groups.get(groupId)
    group?.members.checkFetch(memberId, memberEpoch)
    const isUnstable = (topic: string, partition: number) =>
      requireStable && this.#pending.has(groupId, topic, partition)
    const offsets = group?.offsets ?? new GroupOffsets()
    if (wanted === null) {
      return [...offsets.topics()].map(([topic, partitions]) => ({
        topic,
        partitions: [...partitions].map(([partition, committed]) => ({
          partition,
          committed,
          isUnstable: isUnstable(topic, partition),
        })),
      }))
    }
    return wanted.map(({ topic, topicId, partitions }) => ({
      topic,
      partitions: partitions.map(partition => {
        const committed = offsets.get(topic, partition)
        return {
          partition,
          committed: committed && !isOfAnother(committed, topicId) ? committed : null,
          isUnstable: isUnstable(topic, partition),
        }
      }),
    }))
  }

  deleteOffsets(
    groupId: string,
    wanted: readonly TopicPartitionName[],
    reply: Reply<Outcomes>,
  ): GroupOutcome {
    const { members, offsets } = this.#groups.existing(groupId)
    if (members.state !== 'Empty' && !members.usesConsumerProtocol) throw new KafkaError('NON_EMPTY_GROUP')
    const inUse = ({ topic }: TopicPartitionName) => isSubscribed(members, topic)
    const isKnown = ({ topic, partition }: TopicPartitionName) =>
      offsets.get(topic, partition) !== undefined || this.#pending.has(groupId, topic, partition)
    const gone = wanted.filter(each => !inUse(each) && isKnown(each))
    return inParts(gone, each => tombstone(groupId, each), {
      kept: () =>
        answered(
          reply,
          wanted.map(each => (inUse(each) ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE')),
        ),
      failed: error => answered(reply, asCoordinator(error)),
    })
  }

  groupIds(): string[] {
    return [...this.#groups].map(([groupId]) => groupId)
  }

  /** Takes back a group's offsets that were kept too long, and the group if it has nothing left. */
  expireOffsets(groupId: string, retentionMs: number): GroupOutcome {
    const group = this.#groups.get(groupId)
    if (!group) return nothing
    const { members, offsets } = group
    const nowMs = this.around.now()
    const all = [...offsets]
    const expired = all.filter(
      ({ topic, partition, value }) =>
        isExpired(members, topic, value, nowMs, retentionMs) && !this.#pending.has(groupId, topic, partition),
    )
    const isEmpty = expired.length === all.length && !this.#hasPending(groupId)
    const gone = isEmpty && members.abandoned ? members.tombstones() : []
    return { facts: [...tombstones(groupId, expired), ...gone] }
  }

  /** The groups, of all or of some, that have committed something for a topic which is gone. */
  groupsThatRead(
    isGone: (topic: string, topicId: string | null) => boolean,
    among: readonly string[] = this.groupIds(),
  ): string[] {
    return among.filter(groupId => !this.#committedFor(groupId, isGone).next().done)
  }

  /** Takes back the offsets that a group committed for a topic which is gone. */
  forgetTopics(groupId: string, isGone: (topic: string, topicId: string | null) => boolean): GroupOutcome {
    return { facts: tombstones(groupId, this.#committedFor(groupId, isGone)) }
  }

  // The durable state

  /** Takes in a fact. `producerId` is the id of the producer that wrote it as part of a transaction; otherwise null. */
  apply(fact: GroupFact, producerId: bigint | null): void {
    const { groupId } = fact
    if (isConsumerFact(fact)) this.#applyToConsumers(fact)
    else if (fact.kind === 'offset') {
      this.#applyOffset(fact, producerId)
    } else if (fact.value !== null) {
      this.#groups.classic(groupId).apply(fact.value)
    } else this.#groups.dissolve(groupId)
  }

  /** Takes in that a transaction has ended: the offsets that were committed within it count from now on, or never. */
  ended(producerId: bigint, committed: boolean): void {
    for (const pending of this.#pending.end(producerId)) {
      if (!committed) continue
      const { groupId, topic, partition, value } = pending
      this.#groups.made(groupId).offsets.apply(topic, partition, value)
      this.#pending.taken(pending)
    }
  }

  /** The facts that restore what is durable now. */
  *facts(): Generator<GroupFact> {
    for (const [groupId, { members, offsets }] of this.#groups) {
      yield* members.facts()
      for (const each of offsets) yield { kind: 'offset', groupId, ...each }
    }
  }

  /** The commands to run once the replay is over, one for each group. */
  goLive(): Iterable<OwnCommand<GroupFact>> {
    return this.#groups.goLive()
  }

  close(error: KafkaError): void {
    this.#groups.close(error)
    this.#pending.clear()
  }

  #applyOffset(fact: Extract<GroupFact, { kind: 'offset' }>, producerId: bigint | null): void {
    const { groupId, topic, partition, value } = fact
    if (value === null) {
      this.#groups.get(groupId)?.offsets.apply(topic, partition, null)
      this.#pending.remove(groupId, topic, partition)
      return
    }
    const { offsets } = this.#groups.made(groupId)
    if (producerId !== null) this.#pending.add({ producerId, groupId, topic, partition, value })
    else {
      offsets.apply(topic, partition, value)
      this.#pending.outdate(groupId, topic, partition)
    }
  }

  /**
   * The offsets that a group committed for the topics that are wanted, also within transactions that are still open.
   */
  *#committedFor(
    groupId: string,
    isWanted: (topic: string, topicId: string | null) => boolean,
  ): Generator<TopicPartitionName> {
    for (const committed of [this.#groups.get(groupId)?.offsets ?? [], this.#pending.ofGroup(groupId)]) {
      for (const { topic, partition, value } of committed) {
        const id = value.topicId === noTopicId ? null : value.topicId
        if (isWanted(topic, id)) yield { topic, partition }
      }
    }
  }

  #hasPending(groupId: string): boolean {
    return !this.#pending.ofGroup(groupId).next().done
  }

  #commits(
    request: CommitRequest,
    fitting: readonly OffsetToCommit[],
    reply: Reply<Outcomes>,
    within?: TransactionalWriter,
  ): GroupOutcome {
    const now = BigInt(this.around.now())
    const factOf = (each: OffsetToCommit) => committed(request, each, now)
    const answers = {
      kept: () => answered(reply, outcomesOf(request.offsets, fitting)),
      failed: (error: KafkaError) => answered(reply, asCoordinator(error)),
    }
    // A marker must not come between the offsets of a transaction: those after it would wait for ever.
    if (within) return { facts: fitting.map(factOf), within, ...answers }
    return inParts(fitting, factOf, answers)
  }

  /** The offsets whose metadata are not too long. */
  #fitting({ offsets }: CommitRequest): readonly OffsetToCommit[] {
    const most = this.around.offsetMetadataMaxBytes
    const fits = ({ metadata }: OffsetToCommit) => metadata.length <= most
    return offsets.every(fits) ? offsets : offsets.filter(fits)
  }

  /**
   * Takes in a fact about a consumer group. One that takes back what is not there does nothing: a tombstone may, after
   * others were compacted.
   */
  #applyToConsumers(fact: ConsumerFact): void {
    const { groupId } = fact
    if (fact.value !== null) {
      this.#groups.consumers(groupId).apply(fact)
      return
    }
    const members = this.#groups.get(groupId)?.members
    if (members?.type !== 'consumer') return
    members.apply(fact)
    if (fact.kind === 'consumer-group') this.#groups.dissolve(groupId)
  }
}

function committed(
  { groupId, retentionTimeMs }: CommitRequest,
  { topic, topicId, partition, offset, leaderEpoch, metadata }: OffsetToCommit,
  now: bigint,
): GroupFact {
  const expireTimestamp = retentionTimeMs === -1n ? -1n : now + retentionTimeMs
  const value = { offset, leaderEpoch, metadata, commitTimestamp: now, expireTimestamp, topicId }
  return { kind: 'offset', groupId, topic, partition, value }
}

/** The outcome of each offset, given those that were kept, in the same order. */
function outcomesOf(offsets: readonly OffsetToCommit[], kept: readonly OffsetToCommit[]): ErrorName[] {
  let next = 0
  return offsets.map(each => {
    if (each !== kept[next]) return 'OFFSET_METADATA_TOO_LARGE'
    next++
    return 'NONE'
  })
}

const notOf = (groupId: string, type: string): string => `Group ${groupId} is not a ${type} group.`

const isOfAnother = ({ topicId }: StoredOffset, wanted: string | undefined): boolean =>
  topicId !== noTopicId && topicId !== wanted

const tombstone = (groupId: string, { topic, partition }: TopicPartitionName): GroupFact => ({
  kind: 'offset',
  groupId,
  topic,
  partition,
  value: null,
})

const tombstones = (groupId: string, offsets: Iterable<TopicPartitionName>): GroupFact[] =>
  Array.from(offsets, each => tombstone(groupId, each))
