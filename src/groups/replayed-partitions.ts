import type { LogEngine } from '../engine/log-engine.js'
import type { MetadataChange, MetadataStore, Topic } from '../engine/metadata.js'
import { Journal } from '../journal/journal.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { type GroupFact, type GroupOutcome, groupFacts } from './facts.js'
import type { GroupPartition } from './group-partition.js'

/** One partition of `__consumer_offsets`, replayed and at work. */
export interface ReplayedPartition {
  readonly groups: GroupPartition
  readonly journal: Journal<GroupFact>
  readonly leader: number
}

export interface ReplayedPartitionsOptions {
  readonly topicName: string
  readonly metadata: MetadataStore
  readonly log: LogEngine
  readonly clock: Clock
  readonly logger: Logger
  readonly commitTimeoutMs: () => number
  readonly createTopic: () => Promise<Topic>
  /** `run` takes commands that no client waits for. */
  readonly newPartition: (run: (command: () => GroupOutcome) => void) => GroupPartition
}

/**
 * The partitions of `__consumer_offsets` that are in memory. One is replayed when it is first asked
 * for, while whoever asks waits, and given up when its leader changes or its log is in doubt.
 */
export class ReplayedPartitions {
  /** Each settles once its replay is done; a failed one is dropped, to be tried again. */
  readonly #partitions = new Map<number, Promise<ReplayedPartition>>()
  /** The last appends of partitions that were given up; a replay waits for them. */
  readonly #leaving = new Map<number, Promise<void>>()
  #creating: Promise<Topic> | null = null
  #closed = false

  constructor(private readonly options: ReplayedPartitionsOptions) {}

  /** The topic is made when it is first needed, once. */
  async topic(): Promise<Topic> {
    const topic = this.options.metadata.topic(this.options.topicName)
    if (topic) return topic
    this.#creating ??= this.options.createTopic().finally(() => {
      this.#creating = null
    })
    return this.#creating
  }

  use(index: number): Promise<ReplayedPartition> {
    if (this.#closed) return Promise.reject(new KafkaError('NOT_COORDINATOR'))
    const found = this.#partitions.get(index)
    if (found) return found
    const replaying = this.#replay(index)
    this.#partitions.set(index, replaying)
    replaying.catch(thrown => {
      if (this.#partitions.get(index) === replaying) this.#partitions.delete(index)
      if (thrown instanceof KafkaError) return
      this.options.logger.error(
        `Partition ${index} of ${this.options.topicName} could not be replayed.`,
        thrown,
      )
    })
    return replaying
  }

  /** Those in memory, or on the way there. */
  each(act: (partition: ReplayedPartition, index: number) => void): void {
    for (const [index, partition] of this.#partitions) {
      void partition.then(
        replayed => this.#partitions.get(index) === partition && act(replayed, index),
        () => undefined,
      )
    }
  }

  /** Those of a node (of any, unless given) that hold something. */
  inUse(nodeId?: number): number[] {
    const { metadata, log, topicName } = this.options
    const topic = metadata.topic(topicName)
    if (!topic) return []
    const isWritten = (partition: number) => {
      const { logStartOffset, highWatermark } = log.bounds({ topicId: topic.id, partition })
      return highWatermark > logStartOffset
    }
    return topic.partitions
      .filter(({ leader }) => (nodeId === undefined ? leader >= 0 : leader === nodeId))
      .map(({ index }) => index)
      .filter(index => this.#partitions.has(index) || isWritten(index))
  }

  /** A command that no client waits for. */
  run({ journal }: ReplayedPartition, command: () => GroupOutcome): void {
    journal.run(command, thrown => {
      if (thrown instanceof KafkaError) return
      this.options.logger.error('A command of a group failed; this is a bug of Ottla.', thrown)
    })
  }

  /** Whoever is parked is told the error. */
  drop(index: number, error = new KafkaError('NOT_COORDINATOR')): void {
    const partition = this.#partitions.get(index)
    if (!partition) return
    this.#partitions.delete(index)
    const left = partition.then(
      ({ groups, journal }) => {
        groups.close(error)
        return journal.close()
      },
      () => undefined,
    )
    this.#leaving.set(index, left)
    void left.then(() => {
      if (this.#leaving.get(index) === left) this.#leaving.delete(index)
    })
  }

  dropAll(): void {
    for (const index of [...this.#partitions.keys()]) this.drop(index)
  }

  /** Nothing is replayed any more. */
  close(): void {
    this.#closed = true
    this.dropAll()
  }

  /** Gives up what another node leads now. */
  metadataChanged(change: MetadataChange): void {
    if (!('topic' in change) || change.topic.name !== this.options.topicName) return
    if (change.kind === 'topic-deleted') this.dropAll()
    const { partitions } = change.topic
    this.each(({ leader }, index) => {
      if (leader !== partitions[index]?.leader) this.drop(index)
    })
  }

  async #replay(index: number): Promise<ReplayedPartition> {
    const { log, clock, newPartition, commitTimeoutMs } = this.options
    const topic = await this.topic()
    await this.#leaving.get(index)
    const groups = newPartition(command => this.run(replayed, command))
    const journal = new Journal({
      target: { topicId: topic.id, partition: index },
      log,
      clock,
      codec: groupFacts,
      timeoutMs: commitTimeoutMs(),
      apply: fact => groups.apply(fact),
      lost: cause => this.#lost(index, cause),
    })
    const replayed = { groups, journal, leader: topic.partitions[index]?.leader ?? -1 }
    await journal.replay()
    for (const command of groups.goLive()) this.run(replayed, command)
    this.run(replayed, () => groups.forgetTopics((name, id) => this.#isGone(name, id)))
    return replayed
  }

  /** An offset without a topic id was written before there were any, or by another broker; its name has to do. */
  #isGone(name: string, id: string | null): boolean {
    const topic = this.options.metadata.topic(name)
    return topic === undefined || (id !== null && id !== topic.id)
  }

  /** Nobody knows what the log holds now: the next use finds out. */
  #lost(index: number, cause: unknown): void {
    this.options.logger.error(`Partition ${index} of ${this.options.topicName} has to be replayed.`, cause)
    this.drop(index, new KafkaError('COORDINATOR_NOT_AVAILABLE'))
  }
}
