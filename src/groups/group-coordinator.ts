import type { BrokerConfig } from '../config/broker-config.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { MetadataStore, Topic } from '../engine/metadata.js'
import type { EndedTransaction, TransactionalWriter } from '../journal/journal.js'
import { partitionOf } from '../journal/partition-of.js'
import { type ReplayedPartition, ReplayedPartitions } from '../journal/replayed-partitions.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { offsetsTopic } from '../topics/internal-topics.js'
import { KafkaError } from '../wire/errors.js'
import { randomIds } from '../wire/new-id.js'
import { ClusterTopics } from './consumer/cluster-topics.js'
import type {
  ConsumerHeartbeatAnswer,
  ConsumerHeartbeatRequest,
  DescribedConsumerGroup,
} from './consumer/requests.js'
import { consumerSurroundings } from './consumer/settings.js'
import { type GroupFact, type GroupOutcome, groupFacts, nothing } from './facts.js'
import { GroupPartition } from './group-partition.js'
import type {
  Caller,
  DescribedGroup,
  HeartbeatRequest,
  JoinAnswer,
  JoinRequest,
  LeaveAnswer,
  LeavingMember,
  Reply,
  SyncAnswer,
  SyncRequest,
} from './group-requests.js'
import type { GroupSurroundings } from './group-surroundings.js'
import { GroupTimers } from './group-timers.js'
import type {
  CommitRequest,
  FoundOffsets,
  OffsetReader,
  Outcomes,
  TopicPartitionName,
  WantedOffsets,
} from './offset-requests.js'
import { Presence } from './presence.js'

export interface GroupCoordinatorOptions {
  readonly metadata: MetadataStore
  readonly log: LogEngine
  readonly clock: Clock
  readonly config: BrokerConfig
  readonly logger: Logger
  /** Makes `__consumer_offsets`, ready to use; called when the topic is first needed. */
  readonly createInternalTopic: () => Promise<Topic>
  readonly newUuid?: () => string
  /** Where it is left out, `newUuid` gives these ids too. */
  readonly newId?: () => string
  readonly rackOf?: (nodeId: number) => string | null
}

type Replayed = ReplayedPartition<GroupPartition, GroupFact>
type Command<T> = (groups: GroupPartition, reply: Reply<T>) => GroupOutcome

const expiryTimer = 'groups/expire-offsets'
const msPerMinute = 60_000

/**
 * Answers for consumer groups and committed offsets: finds the partition of `__consumer_offsets` that
 * a group lives in, checks that the dialled node leads it, and runs each request as a command there.
 */
export class GroupCoordinator {
  readonly #partitions: ReplayedPartitions<GroupPartition, GroupFact>
  readonly #presence: Presence
  readonly #topics: ClusterTopics
  readonly #memberLeft = new Set<(clientId: string, clientHost: string) => void>()
  readonly #ignoreMetadata: () => void

  constructor(private readonly options: GroupCoordinatorOptions) {
    const { clock, config, metadata } = options
    this.#partitions = new ReplayedPartitions({
      ...options,
      topicName: offsetsTopic,
      createTopic: options.createInternalTopic,
      commitTimeoutMs: () => config.number('offsets.commit.timeout.ms'),
      codec: groupFacts,
      newMachine: run => this.#newPartition(run),
      begin: groups => this.#begin(groups),
    })
    this.#presence = new Presence(
      clock,
      () => config.number('ottla.group.evict.on.disconnect.ms'),
      (groupId, memberId) => void this.#evict(groupId, memberId),
    )
    this.#topics = new ClusterTopics(metadata, options.rackOf ?? (() => null))
    this.#ignoreMetadata = metadata.onChange(change => {
      this.#topics.changed(change)
      this.#partitions.metadataChanged(change)
    })
    this.#scheduleExpiry()
  }

  partitionOf(groupId: string): number {
    const { metadata, config } = this.options
    const partitions =
      metadata.topic(offsetsTopic)?.partitions.length ?? config.number('offsets.topic.num.partitions')
    return partitionOf(groupId, partitions)
  }

  /** The topic in which groups live. */
  ensureTopic(): Promise<Topic> {
    return this.#partitions.topic()
  }

  /** The node that answers for a group; COORDINATOR_NOT_AVAILABLE while none does. */
  async coordinatorOf(groupId: string): Promise<number> {
    const topic = await this.ensureTopic()
    const leader = topic.partitions[this.partitionOf(groupId)]?.leader ?? -1
    if (leader < 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return leader
  }

  // What handlers ask. Each rejects with NOT_COORDINATOR unless the caller dialled the group's coordinator.

  join(request: JoinRequest, caller: Caller, version: number): Promise<JoinAnswer> {
    return this.#ask(request.groupId, caller, (groups, reply) => groups.join(request, caller, version, reply))
  }

  sync(request: SyncRequest, caller: Caller): Promise<SyncAnswer> {
    return this.#ask(request.groupId, caller, (groups, reply) => groups.sync(request, caller, reply))
  }

  heartbeat(request: HeartbeatRequest, caller: Caller): Promise<void> {
    return this.#read(request.groupId, caller, groups => groups.heartbeat(request, caller))
  }

  leave(groupId: string, members: readonly LeavingMember[], caller: Caller): Promise<LeaveAnswer> {
    return this.#ask(groupId, caller, (groups, reply) => groups.leave(groupId, members, reply))
  }

  consumerHeartbeat(request: ConsumerHeartbeatRequest, caller: Caller): Promise<ConsumerHeartbeatAnswer> {
    return this.#ask(request.groupId, caller, (groups, reply) => groups.beat(request, caller, reply))
  }

  describeConsumers(groupId: string, caller: Caller): Promise<DescribedConsumerGroup> {
    return this.#read(groupId, caller, groups => groups.describeConsumers(groupId))
  }

  /** A classic group; GROUP_ID_NOT_FOUND when there is none of this id. */
  describe(groupId: string, caller: Caller): Promise<DescribedGroup> {
    return this.#read(groupId, caller, groups => groups.describe(groupId))
  }

  /** The groups of which the dialled node is the coordinator. */
  async list({ nodeId }: Pick<Caller, 'nodeId'>): Promise<ReturnType<GroupPartition['list']>> {
    const inUse = await this.#partitions.inUse(nodeId)
    const partitions = await Promise.all(inUse.map(index => this.#partitions.use(index)))
    return partitions.flatMap(({ machine }) => machine.list())
  }

  async delete(groupId: string, caller: Caller): Promise<void> {
    await this.#ask<'deleted'>(groupId, caller, (groups, reply) => groups.delete(groupId, reply))
  }

  commit(request: CommitRequest, caller: Caller, version: number): Promise<Outcomes> {
    return this.#ask(request.groupId, caller, (groups, reply) =>
      groups.commit(request, caller, version, reply),
    )
  }

  /** Offsets that count when the transaction is committed. */
  commitWithin(within: TransactionalWriter, request: CommitRequest, caller: Caller): Promise<Outcomes> {
    return this.#ask(request.groupId, caller, (groups, reply) =>
      groups.commitWithin(within, request, caller, reply),
    )
  }

  fetchOffsets(
    groupId: string,
    wanted: readonly WantedOffsets[] | null,
    by: OffsetReader,
    caller: Caller,
  ): Promise<FoundOffsets[]> {
    return this.#read(groupId, caller, groups => groups.fetchOffsets(groupId, wanted, by))
  }

  deleteOffsets(groupId: string, wanted: readonly TopicPartitionName[], caller: Caller): Promise<Outcomes> {
    return this.#ask(groupId, caller, (groups, reply) => groups.deleteOffsets(groupId, wanted, reply))
  }

  // What the broker tells.

  /** A transaction has ended in this partition; resolves when its marker is written. */
  async endTransaction(index: number, ends: EndedTransaction): Promise<void> {
    const { journal } = await this.#partitions.use(index)
    await new Promise<void>((resolve, reject) => {
      const failed = (error: KafkaError) => void reject(error)
      journal.run(() => ({ facts: [], ends, kept: () => void resolve(), failed }), reject)
    })
  }

  /** These partitions have another leader: parked requests are told so, and the next use replays. */
  resign(partitions: Iterable<number>): void {
    for (const index of partitions) this.#partitions.drop(index)
  }

  connectionClosed(connectionId: number): void {
    this.#presence.connectionClosed(connectionId)
  }

  /** Takes back what was committed for the topic; partitions that are not in memory do so when they are replayed. */
  topicDeleted({ id, name }: { readonly id: string; readonly name: string }): void {
    this.#partitions.each(partition =>
      this.#partitions.run(partition, () =>
        partition.machine.forgetTopics((topic, topicId) => topic === name && (topicId ?? id) === id),
      ),
    )
  }

  /** Calls back for every member that is one no more. Returns how to stop. */
  onMemberLeft(listener: (clientId: string, clientHost: string) => void): () => void {
    this.#memberLeft.add(listener)
    return () => this.#memberLeft.delete(listener)
  }

  /** Parked requests are answered, so that their clients look for a coordinator elsewhere. */
  stop(): void {
    this.#ignoreMetadata()
    this.options.clock.cancel(expiryTimer)
    this.#partitions.close()
    this.#presence.stop()
  }

  #read<T>(groupId: string, caller: Caller, read: (groups: GroupPartition) => T): Promise<T> {
    return this.#ask(groupId, caller, (groups, reply) => {
      reply(read(groups))
      return nothing
    })
  }

  #ask<T>(groupId: string, caller: Caller, command: Command<T>): Promise<T> {
    const atHand = this.#partitions.atHand(this.partitionOf(groupId), caller.nodeId)
    if (atHand) return this.#run(atHand, command)
    return this.#useAsLeader(groupId, caller.nodeId).then(replayed => this.#run(replayed, command))
  }

  #run<T>({ machine, journal }: Replayed, command: Command<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const reply: Reply<T> = answer => (answer instanceof KafkaError ? reject(answer) : resolve(answer))
      journal.run(() => command(machine, reply), reject)
    })
  }

  async #useAsLeader(groupId: string, nodeId: number): Promise<Replayed> {
    const topic = await this.ensureTopic()
    const index = this.partitionOf(groupId)
    if (topic.partitions[index]?.leader !== nodeId) throw new KafkaError('NOT_COORDINATOR')
    return this.#partitions.use(index)
  }

  #newPartition(run: (command: () => GroupOutcome) => void): GroupPartition {
    const { clock, config } = this.options
    return new GroupPartition({
      now: () => clock.now(),
      forGroup: groupId => this.#surroundingsOf(groupId, run),
      get offsetMetadataMaxBytes() {
        return config.number('offset.metadata.max.bytes')
      },
    })
  }

  *#begin(groups: GroupPartition): Generator<() => GroupOutcome> {
    yield* groups.goLive()
    yield () => groups.forgetTopics((name, id) => this.#isGone(name, id))
  }

  /** An offset without a topic id was written before there were any, or by another broker; its name has to do. */
  #isGone(name: string, id: string | null): boolean {
    const topic = this.options.metadata.topic(name)
    return topic === undefined || (id !== null && id !== topic.id)
  }

  #surroundingsOf(
    groupId: string,
    run: (command: () => GroupOutcome) => void,
  ): Omit<GroupSurroundings, 'becomesClassic'> {
    const { clock, config, metadata, logger, newUuid = randomIds.newUuid } = this.options
    const newId = this.options.newId ?? this.options.newUuid ?? randomIds.newId
    return {
      timers: new GroupTimers(clock, run),
      limits: {
        get maxSize() {
          return config.number('group.max.size')
        },
        get initialRebalanceDelayMs() {
          return config.number('group.initial.rebalance.delay.ms')
        },
      },
      consumer: consumerSurroundings(groupId, { config, metadata, topics: this.#topics }),
      logger,
      newUuid,
      newId,
      seen: (memberId, connection) => this.#presence.seen(groupId, memberId, connection),
      left: (memberId, member) => {
        this.#presence.left(groupId, memberId)
        if (!member) return
        for (const listener of this.#memberLeft) listener(member.clientId, member.clientHost)
      },
    }
  }

  /** Until its turn comes, the member may have been heard of again. */
  async #evict(groupId: string, memberId: string): Promise<void> {
    const partition = await this.#partitions.use(this.partitionOf(groupId)).catch(() => null)
    if (!partition) return
    this.#partitions.run(partition, () =>
      this.#presence.isAway(groupId, memberId) ? partition.machine.evict(groupId, memberId) : nothing,
    )
  }

  #scheduleExpiry(): void {
    const { clock, config } = this.options
    clock.after(config.number('offsets.retention.check.interval.ms'), expiryTimer, () => {
      this.#scheduleExpiry()
      void this.#expireOffsets()
    })
  }

  async #expireOffsets(): Promise<void> {
    const retentionMs = this.options.config.number('offsets.retention.minutes') * msPerMinute
    for (const index of await this.#partitions.inUse()) {
      const partition = await this.#partitions.use(index).catch(() => null)
      if (partition) this.#partitions.run(partition, () => partition.machine.expireOffsets(retentionMs))
    }
  }
}
