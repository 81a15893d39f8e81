import type { LogEngine } from '../engine/log-engine.js'
import type { MetadataChange, MetadataStore, Topic } from '../engine/metadata.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { type FactCodec, Journal, type Outcome } from './journal.js'

/** What a partition's facts make, in memory. */
export interface StateMachine<Fact> {
  /** `producerId` is of whoever wrote the fact as part of a transaction; otherwise null. */
  apply(fact: Fact, producerId: bigint | null): void
  /** A transaction has ended in this partition. */
  ended?(producerId: bigint, committed: boolean): void
  /** Nobody is to wait any longer: whoever is parked is told the error. */
  close(error: KafkaError): void
}

/** One partition of an internal topic, replayed and at work. */
export interface ReplayedPartition<Machine, Fact> {
  readonly index: number
  readonly machine: Machine
  readonly journal: Journal<Fact>
  readonly leader: number
  readonly leaderEpoch: number
}

export interface ReplayedPartitionsOptions<Machine extends StateMachine<Fact>, Fact> {
  readonly topicName: string
  readonly metadata: MetadataStore
  readonly log: LogEngine
  readonly clock: Clock
  readonly logger: Logger
  readonly codec: FactCodec<Fact>
  readonly commitTimeoutMs: () => number
  readonly createTopic: () => Promise<Topic>
  /** `run` takes commands that no client waits for. */
  readonly newMachine: (run: (command: () => Outcome<Fact>) => void, place: Place) => Machine
  /** What is to be done once the replay is over. */
  readonly begin: (machine: Machine) => Iterable<() => Outcome<Fact>>
}

/** Which partition a machine is, and for how long it is so. */
export interface Place {
  readonly index: number
  readonly leaderEpoch: number
}

/**
 * The partitions of an internal topic that are in memory. One is replayed when it is first asked for,
 * while whoever asks waits, and given up when its leader changes or its log is in doubt.
 */
export class ReplayedPartitions<Machine extends StateMachine<Fact>, Fact> {
  /** Each settles once its replay is done; a failed one is dropped, to be tried again. */
  readonly #partitions = new Map<number, Promise<ReplayedPartition<Machine, Fact>>>()
  /** Those of them whose replay is done. */
  readonly #replayed = new Map<number, ReplayedPartition<Machine, Fact>>()
  /** The last appends of partitions that were given up; a replay waits for them. */
  readonly #leaving = new Map<number, Promise<void>>()
  #creating: Promise<Topic> | null = null
  #closed = false

  constructor(private readonly options: ReplayedPartitionsOptions<Machine, Fact>) {}

  /** The topic is made when it is first needed, once. */
  async topic(): Promise<Topic> {
    const topic = this.options.metadata.topic(this.options.topicName)
    if (topic) return topic
    this.#creating ??= this.options.createTopic().finally(() => {
      this.#creating = null
    })
    return this.#creating
  }

  /** The partition where its replay is done and this node leads it: whoever asks there need not wait. */
  atHand(index: number, nodeId: number): ReplayedPartition<Machine, Fact> | undefined {
    const replayed = this.#replayed.get(index)
    const topic = this.options.metadata.topic(this.options.topicName)
    const now = topic?.partitions[index]
    const leads =
      replayed?.leader === nodeId && now?.leader === nodeId && now.leaderEpoch === replayed.leaderEpoch
    return leads ? replayed : undefined
  }

  use(index: number): Promise<ReplayedPartition<Machine, Fact>> {
    if (this.#closed) return Promise.reject(new KafkaError('NOT_COORDINATOR'))
    const found = this.#partitions.get(index)
    if (found) return found
    const replaying = this.#replay(index)
    this.#partitions.set(index, replaying)
    const isWanted = () => this.#partitions.get(index) === replaying
    replaying.then(
      replayed => {
        if (isWanted()) this.#replayed.set(index, replayed)
      },
      thrown => {
        if (isWanted()) this.#partitions.delete(index)
        if (thrown instanceof KafkaError) return
        this.options.logger.error(
          `Partition ${index} of ${this.options.topicName} could not be replayed.`,
          thrown,
        )
      },
    )
    return replaying
  }

  /** Those in memory, or on the way there. */
  each(act: (partition: ReplayedPartition<Machine, Fact>) => void): void {
    for (const [index, partition] of this.#partitions) {
      void partition.then(
        replayed => this.#partitions.get(index) === partition && act(replayed),
        () => undefined,
      )
    }
  }

  /** Those of a node (of any, unless given) that hold something. */
  async inUse(nodeId?: number): Promise<number[]> {
    const { metadata, log, topicName } = this.options
    const topic = metadata.topic(topicName)
    if (!topic) return []
    const led = topic.partitions.filter(({ leader }) =>
      nodeId === undefined ? leader >= 0 : leader === nodeId,
    )
    const bounds = await log.bounds(led.map(({ index }) => ({ topicId: topic.id, partition: index })))
    const isWritten = (nth: number) => {
      const known = bounds[nth]
      return known instanceof KafkaError || (known && known.highWatermark > known.logStartOffset)
    }
    return led.map(({ index }) => index).filter((index, i) => this.#partitions.has(index) || isWritten(i))
  }

  /** A command that no client waits for. */
  run({ journal }: { readonly journal: Journal<Fact> }, command: () => Outcome<Fact>): void {
    journal.run(command, thrown => {
      if (thrown instanceof KafkaError) return
      this.options.logger.error(
        `A command on ${this.options.topicName} failed; this is a bug of Ottla.`,
        thrown,
      )
    })
  }

  /** Whoever is parked is told the error. */
  drop(index: number, error = new KafkaError('NOT_COORDINATOR')): void {
    const partition = this.#partitions.get(index)
    if (!partition) return
    this.#partitions.delete(index)
    this.#replayed.delete(index)
    const left = partition.then(
      ({ machine, journal }) => {
        machine.close(error)
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
    this.each(({ index, leader, leaderEpoch }) => {
      const now = partitions[index]
      if (leader !== now?.leader || leaderEpoch !== now.leaderEpoch) this.drop(index)
    })
  }

  async #replay(index: number): Promise<ReplayedPartition<Machine, Fact>> {
    const { log, clock, codec, newMachine, begin, commitTimeoutMs } = this.options
    const topic = await this.topic()
    await this.#leaving.get(index)
    const { leader = -1, leaderEpoch = -1 } = topic.partitions[index] ?? {}
    const run = (command: () => Outcome<Fact>) => this.run({ journal }, command)
    const machine = newMachine(run, { index, leaderEpoch })
    const journal = new Journal<Fact>({
      target: { topicId: topic.id, partition: index },
      fence: leaderEpoch,
      log,
      clock,
      codec,
      timeoutMs: commitTimeoutMs(),
      machine,
      lost: cause => this.#lost(index, cause),
    })
    await journal.replay()
    for (const command of begin(machine)) run(command)
    return { index, machine, journal, leader, leaderEpoch }
  }

  /** Nobody knows what the log holds now: the next use finds out. */
  #lost(index: number, cause: unknown): void {
    this.options.logger.error(`Partition ${index} of ${this.options.topicName} has to be replayed.`, cause)
    this.drop(index, new KafkaError('COORDINATOR_NOT_AVAILABLE'))
  }
}
