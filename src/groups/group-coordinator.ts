import type { BrokerConfig } from '../config/broker-config.js'
import type { EndedTransaction, TransactionalWriter } from '../coordinator/outcome.js'
import { partitionOf } from '../coordinator/partition-of.js'
import {
  type Commands,
  type OwnCommand,
  type ReplayedPartition,
  ReplayedPartitions,
} from '../coordinator/replayed-partitions.js'
import type { ClusterView } from '../engine/cluster-view.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { MetadataStore, Topic } from '../engine/metadata-store.js'
import { randomIds } from '../random/ids.js'
import type { Inflater } from '../records/inflater.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { inTurns, Paced, Turns } from '../time/turns.js'
import { maxBatchBytesOf, offsetsTopic } from '../topics/internal-topics.js'
import { KafkaError } from '../wire/errors.js'
import { ClusterTopics } from './consumer/cluster-topics.js'
import type {
  ConsumerHeartbeatAnswer,
  ConsumerHeartbeatRequest,
  DescribedConsumerGroup,
} from './consumer/consumer-requests.js'
import { consumerSurroundings } from './consumer/settings.js'
import { GoneClients } from './gone-clients.js'
import { GroupPartition } from './group-partition.js'
import type { AllSurroundings } from './group-table.js'
import { type Bounds, exceedsOneBatch, isLong, prepared, refusalOf, tooLarge } from './long-requests.js'
import {
  answered,
  type Caller,
  type CallersConnection,
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
import { GroupTimers } from './shared/group-timers.js'
import type {
  CommitRequest,
  FoundOffsets,
  OffsetReader,
  Outcomes,
  TopicPartitionName,
  WantedOffsets,
} from './shared/offset-requests.js'
import { type GroupFact, type GroupOutcome, groupFacts, nothing } from './stored/group-facts.js'

export interface GroupCoordinatorOptions {
  readonly metadata: MetadataStore
  readonly cluster: Pick<ClusterView, 'lease'>
  readonly log: LogEngine
  readonly inflater: Inflater
  readonly clock: Clock
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly background: Background
  /** Makes `__consumer_offsets`, ready to use; called when the topic is first needed. */
  readonly createInternalTopic: () => Promise<Topic>
  readonly newUuid?: () => string
  /** Gives the ids of members of consumer groups; where it is left out, `newUuid` gives them too. */
  readonly newId?: () => string
  readonly rackOf?: (nodeId: number) => string | null
}

type Replayed = ReplayedPartition<GroupPartition, GroupFact>
type Command<T> = (groups: GroupPartition, reply: Reply<T>) => GroupOutcome

const expiryTimer = 'groups/expire-offsets'
const msPerMinute = 60_000
/** The number of groups that are looked at together, and whose expired offsets are appended together. */
const groupsAtOnce = 100
/** The number of members that waited for each other and are answered in one turn of the event loop. */
const repliesAtOnce = 200
/** The number of groups that forget a deleted topic in one turn of the event loop. */
const mostForgotten = 500

/**
 * Answers for consumer groups and committed offsets: finds the partition of `__consumer_offsets` that keeps a group,
 * checks that the dialled node leads it, and runs each request as a command there.
 */
export class GroupCoordinator {
  readonly #partitions: ReplayedPartitions<GroupPartition, GroupFact>
  readonly #clients: GoneClients
  readonly #topics: ClusterTopics
  readonly #replies = new Paced(repliesAtOnce)
  readonly #memberLeft = new Set<(clientId: string, clientHost: string) => void>()
  /** The partitions in which a round of expiry is under way. */
  readonly #expiring = new Set<number>()
  readonly #ignoreMetadata: () => void
  /** True while the offsets of deleted topics are being looked for. */
  #isForgetting = false
  /** True where no topic was deleted since the last look through all groups began. */
  #hasForgotten = true

  constructor(private readonly options: GroupCoordinatorOptions) {
    const { clock, config, metadata } = options
    this.#partitions = new ReplayedPartitions({
      ...options,
      topicName: offsetsTopic,
      createTopic: options.createInternalTopic,
      timeoutMs: () => config.number('offsets.commit.timeout.ms'),
      maxCommands: () => config.number('ottla.coordinator.max.waiting.requests'),
      maxBatchBytes: () => maxBatchBytesOf(offsetsTopic, options),
      codec: groupFacts,
      newMachine: commands => this.#newPartition(commands),
      begin: groups => this.#begin(groups),
    })
    this.#clients = new GoneClients(
      clock,
      () => config.number('ottla.group.evict.on.disconnect.ms'),
      (groupId, memberId) => this.#evict(groupId, memberId),
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

  /** Gives the topic that keeps groups, and makes it if it is not there. */
  ensureTopic(): Promise<Topic> {
    return this.#partitions.topic()
  }

  /** The node that answers for a group; COORDINATOR_NOT_AVAILABLE while none does. */
  coordinatorOf(groupId: string): Promise<number> {
    return this.#partitions.leaderOf(() => this.partitionOf(groupId))
  }

  // Handlers call these. Each rejects with NOT_COORDINATOR unless the caller dialled the group's coordinator.

  join(request: JoinRequest, caller: Caller, version: number): Promise<JoinAnswer> {
    const refusal = refusalOf(request, this.#bounds)
    if (refusal) return Promise.reject(refusal)
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
    const beat = (asked: ConsumerHeartbeatRequest) =>
      this.#ask<ConsumerHeartbeatAnswer>(asked.groupId, caller, (groups, reply) =>
        groups.beat(asked, caller, reply),
      )
    if (!isLong(request)) return beat(request)
    return prepared(request, this.#bounds, this.#topics, new Turns()).then(beat)
  }

  /** Describes a consumer group as it is now. Its members are put into words in turns, for they may be many. */
  async describeConsumers(groupId: string, caller: Caller): Promise<DescribedConsumerGroup> {
    const now = await this.#read(groupId, caller, groups => groups.describeConsumers(groupId))
    return { ...now.group, members: await inTurns(now.members, member => member) }
  }

  /** Describes a classic group; GROUP_ID_NOT_FOUND when there is none of this id. */
  describe(groupId: string, caller: Caller): Promise<DescribedGroup> {
    return this.#read(groupId, caller, groups => groups.describe(groupId))
  }

  /** The groups whose coordinator is the dialled node. */
  list(
    { nodeId }: Pick<Caller, 'nodeId'>,
    isWanted: (group: ListedGroup) => boolean = () => true,
    turns = new Turns(),
  ): Promise<ListedGroup[]> {
    return this.#partitions.readEach(nodeId, machine => machine.list(), isWanted, turns)
  }

  async delete(groupId: string, caller: Caller): Promise<void> {
    await this.#ask<'deleted'>(groupId, caller, (groups, reply) => groups.delete(groupId, reply))
  }

  commit(request: CommitRequest, caller: Caller, version: number): Promise<Outcomes> {
    const commit: Command<Outcomes> = (groups, reply) => groups.commit(request, caller, version, reply)
    return this.#ask(request.groupId, caller, commit, shares)
  }

  /** Commits offsets that count once the transaction is committed. */
  commitWithin(within: TransactionalWriter, request: CommitRequest, caller: Caller): Promise<Outcomes> {
    if (exceedsOneBatch(request, this.#bounds)) return Promise.reject(tooLarge())
    const commit: Command<Outcomes> = (groups, reply) => groups.commitWithin(within, request, caller, reply)
    return this.#ask(request.groupId, caller, commit, shares)
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

  // The broker calls these.

  /** Ends a transaction in this partition; resolves when its marker is written. */
  async endTransaction(index: number, ends: EndedTransaction): Promise<void> {
    const { journal } = await this.#partitions.use(index)
    await new Promise<void>((resolve, reject) => {
      const failed = (error: KafkaError) => answered(reject, error)
      const kept = () => {
        resolve()
        return undefined
      }
      journal.run({ subject: null, step: () => ({ facts: [], ends, kept, failed }), refused: reject })
    })
  }

  /** Notes that a client has sent a request, of any API, by this connection: it lives. */
  heard(connection: CallersConnection, clientId: string, remoteAddress: string): void {
    this.#clients.heard(connection, clientId, remoteAddress)
  }

  connectionClosed(connectionId: number): void {
    this.#clients.connectionClosed(connectionId)
  }

  /**
   * Takes back what was committed for topics that are gone; partitions that are not in memory do so when they are
   * replayed. The groups are looked through once for all topics that are deleted together.
   */
  topicDeleted(): void {
    // Offsets that are being committed at the moment are not in memory yet.
    this.#partitions.each(partition => this.#forget(partition, partition.journal.subjects()))
    this.#hasForgotten = false
    if (this.#isForgetting) return
    this.#isForgetting = true
    this.options.background.run('Forgetting the offsets of deleted topics', () => this.#forgetDeleted())
  }

  async #forgetDeleted(): Promise<void> {
    const turns = new Turns()
    while (!this.#hasForgotten) {
      await turns.next()
      this.#hasForgotten = true
      try {
        await this.#lookThroughGroups(turns)
      } catch (thrown) {
        this.#hasForgotten = false // the next attempt looks through all of them again
        throw thrown
      }
    }
    this.#isForgetting = false
  }

  async #lookThroughGroups(turns: Turns): Promise<void> {
    const partitions: Replayed[] = []
    this.#partitions.each(partition => partitions.push(partition))
    const isGone: IsGone = (name, id) => this.#isGone(name, id)
    for (const partition of partitions) {
      const { machine, journal } = partition
      const groupIds = machine.groupIds()
      while (groupIds.length > 0 && !journal.isClosed) {
        const some = groupIds.splice(-mostForgotten)
        this.#forget(partition, machine.groupsThatRead(isGone, some))
        await turns.next()
      }
    }
  }

  #forget(partition: Replayed, groupIds: Iterable<string>): void {
    const isGone: IsGone = (name, id) => this.#isGone(name, id)
    for (const each of forgetting(partition.machine, groupIds, isGone))
      this.#partitions.runOwn(partition, each)
  }

  /** Calls back for every member that leaves its group. Returns a function that stops this. */
  onMemberLeft(listener: (clientId: string, clientHost: string) => void): () => void {
    this.#memberLeft.add(listener)
    return () => this.#memberLeft.delete(listener)
  }

  /** Answers parked requests, so that their clients look for a coordinator elsewhere. */
  stop(): void {
    this.#ignoreMetadata()
    this.options.clock.cancel(expiryTimer)
    this.#partitions.close()
    this.#clients.stop()
  }

  get #bounds(): Bounds {
    const { config } = this.options
    return {
      mostProtocols: config.number('ottla.group.max.protocols'),
      maxBytes: maxBatchBytesOf(offsetsTopic, this.options),
    }
  }

  /** Reads without keeping anything, and so without waiting for what is being kept: no client was told of that yet. */
  #read<T>(groupId: string, caller: Caller, read: (groups: GroupPartition) => T): Promise<T> {
    const atHand = this.#partitions.atHand(this.partitionOf(groupId), caller.nodeId)
    if (!atHand) return this.#useAsLeader(groupId, caller.nodeId).then(replayed => reading(replayed, read))
    try {
      return Promise.resolve(reading(atHand, read))
    } catch (thrown) {
      return Promise.reject(thrown)
    }
  }

  #ask<T>(groupId: string, caller: Caller, command: Command<T>, how: How = alone): Promise<T> {
    const atHand = this.#partitions.atHand(this.partitionOf(groupId), caller.nodeId)
    if (atHand) return this.#run(atHand, groupId, command, how)
    return this.#useAsLeader(groupId, caller.nodeId).then(replayed =>
      this.#run(replayed, groupId, command, how),
    )
  }

  #run<T>({ machine, journal }: Replayed, subject: string, command: Command<T>, { shares }: How): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const reply: Reply<T> = answer => (answer instanceof KafkaError ? reject(answer) : resolve(answer))
      journal.run({ subject, shares, step: () => command(machine, reply), refused: reject })
    })
  }

  async #useAsLeader(groupId: string, nodeId: number): Promise<Replayed> {
    const topic = await this.ensureTopic()
    const index = this.partitionOf(groupId)
    if (topic.partitions[index]?.leader !== nodeId) throw new KafkaError('NOT_COORDINATOR')
    return this.#partitions.use(index)
  }

  #newPartition(commands: Commands<GroupFact>): GroupPartition {
    const { clock, config } = this.options
    return new GroupPartition({
      now: () => clock.now(),
      forGroup: groupId => this.#surroundingsOf(groupId, commands),
      get offsetMetadataMaxBytes() {
        return config.number('offset.metadata.max.bytes')
      },
    })
  }

  *#begin(groups: GroupPartition): Generator<OwnCommand<GroupFact>> {
    yield* groups.goLive()
    const isGone: IsGone = (name, id) => this.#isGone(name, id)
    yield* forgetting(groups, groups.groupsThatRead(isGone), isGone)
  }

  /**
   * Tells whether the topic of an offset is gone. An offset without a topic id was written before there were ids, or by
   * another broker; the name has to do for it.
   */
  #isGone(name: string, id: string | null): boolean {
    const topic = this.options.metadata.topic(name)
    return topic === undefined || (id !== null && id !== topic.id)
  }

  #surroundingsOf(groupId: string, commands: Commands<GroupFact>): AllSurroundings {
    const { clock, config, metadata, logger, newUuid = randomIds.newUuid } = this.options
    const newId = this.options.newId ?? this.options.newUuid ?? randomIds.newId
    return {
      timers: new GroupTimers(clock, step => commands.runOwn({ subject: groupId, step })),
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
      replies: this.#replies,
      newUuid,
      newId,
      isMember: (memberId, caller) => this.#clients.isMember(groupId, memberId, caller),
      left: (memberId, member) => {
        this.#clients.left(groupId, memberId)
        if (!member) return
        for (const listener of this.#memberLeft) listener(member.clientId, member.clientHost)
      },
    }
  }

  /** Takes out a member that is gone, unless it is heard of again before the command's turn comes. */
  #evict(groupId: string, memberId: string): void {
    const partition = this.#partitions.inMemory(this.partitionOf(groupId))
    if (!partition) return // its session has to end, which begins anew with the replay
    const step = () =>
      this.#clients.isGone(groupId, memberId) ? partition.machine.evict(groupId, memberId) : nothing
    this.#partitions.runOwn(partition, { subject: groupId, step })
  }

  #scheduleExpiry(): void {
    const { clock, config } = this.options
    clock.after(config.number('offsets.retention.check.interval.ms'), expiryTimer, () => {
      this.#scheduleExpiry()
      this.options.background.run('The expiry of committed offsets', async () => {
        for (const index of await this.#partitions.inUse()) this.#beginExpiry(index)
      })
    })
  }

  /** Begins a round of expiry, unless the one before still waits for its disk. */
  #beginExpiry(index: number): void {
    if (this.#expiring.has(index)) return
    this.#expiring.add(index)
    const expire = () => this.#expireOffsets(index).finally(() => this.#expiring.delete(index))
    this.options.background.run(`The expiry of offsets in ${offsetsTopic}-${index}`, expire)
  }

  /** Takes back expired offsets. A partition that cannot be read is left out: the next round comes to it. */
  async #expireOffsets(index: number): Promise<void> {
    const retentionMs = this.options.config.number('offsets.retention.minutes') * msPerMinute
    const [found] = await Promise.allSettled([this.#partitions.use(index)])
    if (found.status === 'rejected') return
    const { machine } = found.value
    const groupIds = machine.groupIds()
    const turns = new Turns()
    while (groupIds.length > 0) {
      const some = groupIds.splice(-groupsAtOnce)
      const expired = some.map(subject => {
        const step = () => machine.expireOffsets(subject, retentionMs)
        return this.#partitions.finish(found.value, { subject, step })
      })
      await Promise.all(expired)
      const pause = turns.pause()
      if (pause) await pause
    }
  }
}

/** The way in which a command runs beside others about the same group. */
interface How {
  readonly shares: boolean
}
const alone: How = { shares: false }
/** Commits share a group, as they look at its members and never at each other. */
const shares: How = { shares: true }

type IsGone = (topic: string, topicId: string | null) => boolean

function* forgetting(
  groups: GroupPartition,
  groupIds: Iterable<string>,
  isGone: IsGone,
): Generator<OwnCommand<GroupFact>> {
  for (const subject of groupIds) yield { subject, step: () => groups.forgetTopics(subject, isGone) }
}

function reading<T>({ machine, journal }: Replayed, read: (groups: GroupPartition) => T): T {
  if (journal.isClosed) throw new KafkaError('NOT_COORDINATOR')
  return read(machine)
}
