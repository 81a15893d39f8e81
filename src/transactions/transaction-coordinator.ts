import type { BrokerConfig } from '../config/broker-config.js'
import { partitionOf } from '../coordinator/partition-of.js'
import {
  type Commands,
  type Place,
  type ReplayedPartition,
  ReplayedPartitions,
} from '../coordinator/replayed-partitions.js'
import type { ClusterView } from '../engine/cluster-view.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { MetadataStore, Topic } from '../engine/metadata-store.js'
import type { Inflater } from '../records/inflater.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Turns } from '../time/turns.js'
import { maxBatchBytesOf, transactionsTopic } from '../topics/internal-topics.js'
import { KafkaError } from '../wire/errors.js'
import { Completions } from './completions.js'
import type { Markers } from './markers.js'
import type { NamedPartition } from './partition-set.js'
import { mayNeedProducerId, type SpareProducerId } from './rules.js'
import {
  type ListedTransaction,
  type Transaction,
  type TransactionFact,
  type TransactionOutcome,
  transactionFacts,
} from './transaction-facts.js'
import { TransactionPartition } from './transaction-partition.js'
import type { AddRequest, EndRequest, InitRequest, ProducerIdentity, Reply } from './transaction-requests.js'

export interface TransactionCoordinatorOptions {
  readonly metadata: MetadataStore
  readonly cluster: Pick<ClusterView, 'lease'>
  readonly log: LogEngine
  readonly inflater: Inflater
  readonly clock: Clock
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly background: Background
  readonly markers: Markers
  /** Makes `__transaction_state`, ready to use; called when the topic is first needed. */
  readonly createInternalTopic: () => Promise<Topic>
}

/** The origin of a request: a client, by the node that it dialled, or this broker itself. */
export type Asker = { readonly nodeId: number } | 'broker'

type Replayed = ReplayedPartition<TransactionPartition, TransactionFact>

const abortTimer = 'transactions/abort-timed-out'
const expiryTimer = 'transactions/expire-ids'

/**
 * Answers for transactions: finds the partition of `__transaction_state` that keeps a transactional id, checks that the
 * dialled node leads it, and runs each request as a command there.
 */
export class TransactionCoordinator {
  readonly #partitions: ReplayedPartitions<TransactionPartition, TransactionFact>
  #ignoreMetadata = () => {}

  constructor(private readonly options: TransactionCoordinatorOptions) {
    this.#partitions = new ReplayedPartitions({
      ...options,
      topicName: transactionsTopic,
      codec: transactionFacts,
      createTopic: options.createInternalTopic,
      timeoutMs: () => options.config.number('request.timeout.ms'),
      maxCommands: () => options.config.number('ottla.coordinator.max.waiting.requests'),
      maxBatchBytes: () => maxBatchBytesOf(transactionsTopic, options),
      newMachine: (commands, place) => this.#newPartition(commands, place),
      begin: machine => {
        machine.goLive()
        return []
      },
    })
  }

  /** Takes up the transactions that a process before this one left behind, or that one node leaves to another. */
  start(): void {
    this.#ignoreMetadata = this.options.metadata.onChange(change => {
      this.#partitions.metadataChanged(change)
      if ('topic' in change && change.topic.name === transactionsTopic) this.#takeUp()
    })
    this.#takeUp()
    this.#every('transaction.abort.timed.out.transaction.cleanup.interval.ms', abortTimer, replayed =>
      this.#abortTimedOut(replayed),
    )
    this.#every('transaction.remove.expired.transaction.cleanup.interval.ms', expiryTimer, replayed =>
      this.#expireIds(replayed),
    )
  }

  partitionOf(transactionalId: string): number {
    const { metadata, config } = this.options
    const partitions =
      metadata.topic(transactionsTopic)?.partitions.length ??
      config.number('transaction.state.log.num.partitions')
    return partitionOf(transactionalId, partitions)
  }

  /** The node that answers for a transactional id; COORDINATOR_NOT_AVAILABLE while none does. */
  coordinatorOf(transactionalId: string): Promise<number> {
    return this.#partitions.leaderOf(() => this.partitionOf(transactionalId))
  }

  // Handlers call these. Each rejects with NOT_COORDINATOR unless the caller dialled the id's coordinator.

  initialize(request: InitRequest, asker: Asker): Promise<ProducerIdentity> {
    return this.#askWithSpare(request.transactionalId, asker, (machine, spare, reply) =>
      machine.initialize(request, spare, reply),
    )
  }

  async add(request: AddRequest, asker: Asker): Promise<void> {
    await this.#ask<'added'>(request.transactionalId, asker, (machine, reply) => machine.add(request, reply))
  }

  verify(
    transactionalId: string,
    producer: ProducerIdentity,
    partitions: readonly NamedPartition[],
    asker: Asker,
  ): Promise<readonly boolean[]> {
    return this.#read(transactionalId, asker, machine =>
      machine.verify(transactionalId, producer, partitions),
    )
  }

  /** Resolves when the markers are written, or when they could not be written at once. */
  end(request: EndRequest, asker: Asker): Promise<ProducerIdentity> {
    return this.#askWithSpare(request.transactionalId, asker, (machine, spare, reply) =>
      machine.end(request, spare, reply),
    )
  }

  /** The transaction of an id; undefined where the id is not known. */
  describe(transactionalId: string, asker: Asker): Promise<Transaction | undefined> {
    return this.#read(transactionalId, asker, machine => machine.get(transactionalId))
  }

  /** The transactional ids of which the dialled node is the coordinator. */
  list(
    nodeId: number,
    isWanted: (each: ListedTransaction) => boolean = () => true,
    turns = new Turns(),
  ): Promise<ListedTransaction[]> {
    return this.#partitions.readEach(nodeId, machine => machine.entries(), isWanted, turns)
  }

  stop(): void {
    this.#ignoreMetadata()
    this.options.clock.cancel(abortTimer)
    this.options.clock.cancel(expiryTimer)
    this.#partitions.close()
  }

  /** Reads without keeping anything, and so without waiting for what is being kept: no client was told of that yet. */
  async #read<T>(
    transactionalId: string,
    asker: Asker,
    read: (machine: TransactionPartition) => T,
  ): Promise<T> {
    const { machine, journal } = await this.#useAsLeader(transactionalId, asker)
    if (journal.isClosed) throw new KafkaError('NOT_COORDINATOR')
    return read(machine)
  }

  async #ask<T>(
    transactionalId: string,
    asker: Asker,
    command: (machine: TransactionPartition, reply: Reply<T>) => TransactionOutcome,
  ): Promise<T> {
    return this.#run(await this.#useAsLeader(transactionalId, asker), transactionalId, command)
  }

  /** Fetches a new producer id before the command runs that may need one, as that takes a while. */
  async #askWithSpare<T>(
    transactionalId: string,
    asker: Asker,
    command: (machine: TransactionPartition, spare: SpareProducerId, reply: Reply<T>) => TransactionOutcome,
  ): Promise<T> {
    const replayed = await this.#useAsLeader(transactionalId, asker)
    const spare = await this.#spareFor(replayed, transactionalId)
    return this.#run<T>(replayed, transactionalId, (machine, reply) => command(machine, spare, reply))
  }

  #run<T>(
    { machine, journal }: Replayed,
    subject: string,
    command: (machine: TransactionPartition, reply: Reply<T>) => TransactionOutcome,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const reply: Reply<T> = answer => (answer instanceof KafkaError ? reject(answer) : resolve(answer))
      journal.run({ subject, step: () => command(machine, reply), refused: reject })
    })
  }

  async #spareFor({ machine }: Replayed, transactionalId: string): Promise<SpareProducerId> {
    return mayNeedProducerId(machine.get(transactionalId)) ? this.options.metadata.nextProducerId() : null
  }

  async #useAsLeader(transactionalId: string, asker: Asker): Promise<Replayed> {
    const topic = await this.#partitions.topic()
    const leader = topic.partitions[this.partitionOf(transactionalId)]?.leader ?? -1
    if (leader < 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    if (asker !== 'broker' && asker.nodeId !== leader) throw new KafkaError('NOT_COORDINATOR')
    return this.#partitions.use(this.partitionOf(transactionalId))
  }

  #newPartition(commands: Commands<TransactionFact>, place: Place): TransactionPartition {
    const { clock } = this.options
    const completions = new Completions({
      ...this.options,
      ...place,
      complete: (subject, prepared) =>
        new Promise((resolve, reject) => {
          const step = () => machine.complete(subject, prepared, resolve, reject)
          commands.run({ subject, step, refused: reject })
        }),
    })
    const machine: TransactionPartition = new TransactionPartition({
      now: () => clock.now(),
      finish: (id, prepared, tried) => completions.begin(id, prepared, tried),
      stop: () => completions.stop(),
    })
    return machine
  }

  /** Replays every partition that holds something, so that prepared transactions end and open ones time out. */
  #takeUp(): void {
    this.options.background.run(`Taking up ${transactionsTopic}`, async () => {
      for (const index of await this.#partitions.inUse()) this.#partitions.takeUp(index)
    })
  }

  #expireIds(replayed: Replayed): void {
    const unusedMs = this.options.config.number('transactional.id.expiration.ms')
    const { machine } = replayed
    for (const subject of machine.unused(unusedMs)) {
      this.#partitions.runOwn(replayed, { subject, step: () => machine.expire(subject, unusedMs) })
    }
  }

  async #abortTimedOut(replayed: Replayed): Promise<void> {
    const { machine } = replayed
    for (const subject of machine.timedOut()) {
      const spare = await this.#spareFor(replayed, subject)
      const step = () => machine.abortTimedOut(subject, spare)
      this.#partitions.runOwn(replayed, { subject, step })
    }
  }

  #every(setting: string, timer: string, act: (replayed: Replayed) => void | Promise<void>): void {
    const { clock, config, background } = this.options
    clock.after(config.number(setting), timer, () => {
      this.#every(setting, timer, act)
      this.#partitions.each(replayed => background.run(`${timer}/${replayed.index}`, () => act(replayed)))
    })
  }
}
