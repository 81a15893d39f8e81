import type { ClusterView, Lease } from '../engine/cluster-view.js'
import type { Answered, Bounds, LogEngine, TopicPartition } from '../engine/log-engine.js'
import type { MetadataChange, MetadataStore, Topic } from '../engine/metadata-store.js'
import type { Inflater } from '../records/inflater.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Patience } from '../time/patience.js'
import type { Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { asCoordinator } from './append-failure.js'
import { Journal } from './journal.js'
import type { Command, FactCodec, Outcome } from './outcome.js'

/** The state that a partition's facts make, in memory. */
export interface StateMachine<Fact> {
  /** Takes in a fact. `producerId` is the id of the producer that wrote it as part of a transaction; otherwise null. */
  apply(fact: Fact, producerId: bigint | null): void
  /** Takes in that a transaction has ended in this partition. */
  ended?(producerId: bigint, committed: boolean): void
  /** Ends all waiting: parked requests are answered with the error. */
  close(error: KafkaError): void
}

/** One partition of an internal topic, replayed and at work. */
export interface ReplayedPartition<Machine, Fact> {
  readonly index: number
  readonly machine: Machine
  readonly journal: Journal<Fact>
  /** The right to answer for the partition: when the lease is over, the partition is given up. */
  readonly lease: Lease
}

/** A command that no client waits for, and its subject. */
export interface OwnCommand<Fact> {
  readonly subject: string
  readonly step: () => Outcome<Fact>
}

export interface ReplayedPartitionsOptions<Machine extends StateMachine<Fact>, Fact> {
  readonly topicName: string
  readonly metadata: MetadataStore
  readonly cluster: Pick<ClusterView, 'lease'>
  readonly log: LogEngine
  readonly inflater: Inflater
  readonly clock: Clock
  readonly logger: Logger
  readonly background: Background
  readonly codec: FactCodec<Fact>
  /** The time that a client waits, in milliseconds. */
  readonly timeoutMs: () => number
  /** The number of requests that may wait for one partition. */
  readonly maxCommands: () => number
  /** The number of bytes that a batch may have in the topic. */
  readonly maxBatchBytes: () => number
  readonly createTopic: () => Promise<Topic>
  readonly newMachine: (commands: Commands<Fact>, place: Place) => Machine
  /** Gives the commands that have to be run once the replay is over. */
  readonly begin: (machine: Machine) => Iterable<OwnCommand<Fact>>
}

/** The way for a machine to have itself changed. */
export interface Commands<Fact> {
  run(command: Command<Fact>): void
  /** Runs a command that no client waits for. */
  runOwn(command: OwnCommand<Fact>): void
}

/** The partition that a machine holds, and the leader epoch for which it does. */
export interface Place {
  readonly index: number
  readonly leaderEpoch: number
}

interface Waiter<Replayed> {
  resolve(replayed: Replayed): void
  reject(error: KafkaError): void
}

/** A partition in memory, or on the way there. */
interface Entry<Replayed> {
  readonly index: number
  replayed: Replayed | null
  /** The reason why it could not be replayed; the replay is tried again. */
  failure: KafkaError | null
  /** Stops listening for the end of the lease; null while there is none. */
  ignoreLease: (() => void) | null
  readonly waiting: Set<Waiter<Replayed>>
}

/**
 * The partitions of an internal topic that are in memory. One is replayed when it is first asked for, under the lease
 * of the node that leads it, and given up when the lease is over. A replay that fails is tried again in the background:
 * meanwhile requests for it are refused, and all other partitions are served. A partition whose log is in doubt is
 * replayed anew.
 */
export class ReplayedPartitions<Machine extends StateMachine<Fact>, Fact> {
  readonly #entries = new Map<number, Entry<ReplayedPartition<Machine, Fact>>>()
  /** The last appends of partitions that were given up; a replay waits for them. */
  readonly #leaving = new Map<number, Promise<void>>()
  readonly #patience: Patience
  #creating: Promise<Topic> | null = null
  /** The reason why the topic could not be made, as it was logged last. */
  #saidMissing = ''
  #closed = false

  constructor(private readonly options: ReplayedPartitionsOptions<Machine, Fact>) {
    this.#patience = new Patience(options.clock)
  }

  /**
   * Gives the topic, which is made when it is first needed, once. COORDINATOR_NOT_AVAILABLE while that takes too long
   * or the disk refuses it, NOT_COORDINATOR where it cannot be made.
   */
  async topic(): Promise<Topic> {
    const topic = this.options.metadata.topic(this.options.topicName)
    if (topic) return topic
    this.#creating ??= this.options
      .createTopic()
      .catch(thrown => {
        if (!(thrown instanceof KafkaError)) throw thrown
        if (isPassing(thrown)) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
        this.#sayMissing(thrown.message)
        throw new KafkaError('NOT_COORDINATOR')
      })
      .finally(() => {
        this.#creating = null
      })
    return this.#creating
  }

  /**
   * The node that answers for a partition; COORDINATOR_NOT_AVAILABLE while none does, or while the topic cannot be
   * made.
   */
  async leaderOf(indexOf: () => number): Promise<number> {
    const topic = await this.topic().catch(thrown => {
      throw thrown instanceof KafkaError ? new KafkaError('COORDINATOR_NOT_AVAILABLE') : thrown
    })
    const leader = topic.partitions[indexOf()]?.leader ?? -1
    if (leader < 0) throw new KafkaError('COORDINATOR_NOT_AVAILABLE')
    return leader
  }

  /** Logs a reason once, as clients come again and again. */
  #sayMissing(why: string): void {
    if (this.#saidMissing === why) return
    this.#saidMissing = why
    const { logger, topicName } = this.options
    logger.warn(`The topic ${topicName} cannot be made, and what lives in it has no coordinator: ${why}`)
  }

  /** The partition where its replay is done and this node leads it: a request to that node need not wait. */
  atHand(index: number, nodeId: number): ReplayedPartition<Machine, Fact> | undefined {
    const replayed = this.#entries.get(index)?.replayed
    return replayed?.lease.nodeId === nodeId ? replayed : undefined
  }

  /** The partition if it is in memory, on any leader. */
  inMemory(index: number): ReplayedPartition<Machine, Fact> | undefined {
    return this.#entries.get(index)?.replayed ?? undefined
  }

  /** Waits for a replay as long as clients do: COORDINATOR_LOAD_IN_PROGRESS if it takes longer. */
  use(index: number): Promise<ReplayedPartition<Machine, Fact>> {
    if (this.#closed) return Promise.reject(new KafkaError('NOT_COORDINATOR'))
    const { replayed, failure, waiting } = this.#entries.get(index) ?? this.#begin(index)
    if (replayed) return Promise.resolve(replayed)
    if (failure) return Promise.reject(failure)
    const { clock, timeoutMs } = this.options
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject }
      waiting.add(waiter)
      clock.after(timeoutMs(), waiter, () => {
        waiting.delete(waiter)
        reject(new KafkaError('COORDINATOR_LOAD_IN_PROGRESS'))
      })
    })
  }

  /** Begins to replay the partition, if that has not begun; no caller waits for it. */
  takeUp(index: number): void {
    if (!this.#closed && !this.#entries.has(index)) this.#begin(index)
  }

  /** Calls `act` for the partitions in memory. One that is on the way there will see the cluster as it is by then. */
  each(act: (partition: ReplayedPartition<Machine, Fact>) => void): void {
    for (const { replayed } of [...this.#entries.values()]) if (replayed) act(replayed)
  }

  /**
   * The partitions that hold something, or of which that cannot be told. Only those that a node leads, if one is given.
   */
  async inUse(nodeId?: number): Promise<number[]> {
    const { metadata, topicName } = this.options
    const topic = metadata.topic(topicName)
    if (!topic) return []
    const led = topic.partitions
      .filter(({ leader }) => (nodeId === undefined ? leader >= 0 : leader === nodeId))
      .map(({ index }) => index)
    const bounds = await this.#bounds(led.map(partition => ({ topicId: topic.id, partition })))
    const mayBeWritten = (nth: number) => {
      const known = bounds[nth]
      const isKnown = known !== undefined && !(known instanceof KafkaError)
      return !isKnown || known.highWatermark > known.logStartOffset
    }
    return led.filter((index, nth) => this.#entries.has(index) || mayBeWritten(nth))
  }

  /** Collects what `read` finds in each partition that a node leads and that can be read. */
  async readEach<T>(
    nodeId: number,
    read: (machine: Machine) => Iterable<T>,
    isWanted: (each: T) => boolean,
    turns: Turns,
  ): Promise<T[]> {
    const inUse = await this.inUse(nodeId)
    const all = await Promise.allSettled(inUse.map(index => this.use(index)))
    const found: T[] = []
    for (const partition of all) {
      if (partition.status === 'rejected') continue
      for (const each of read(partition.value.machine)) {
        if (isWanted(each)) found.push(each)
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    return found
  }

  /** Runs a command that no client waits for. */
  runOwn({ journal }: { readonly journal: Journal<Fact> }, { subject, step }: OwnCommand<Fact>): void {
    journal.run({ subject, patient: true, step, refused: thrown => this.#complain(thrown) })
  }

  /** Runs such a command, and resolves when it is over, however it ended. */
  finish(
    { journal }: { readonly journal: Journal<Fact> },
    { subject, step }: OwnCommand<Fact>,
  ): Promise<void> {
    return new Promise(resolve => {
      const refused = (thrown: unknown) => {
        this.#complain(thrown)
        resolve()
      }
      const finished = () => {
        const outcome = step()
        return {
          ...outcome,
          kept: () => {
            resolve()
            return outcome.kept?.()
          },
          failed: (error: KafkaError) => {
            resolve()
            return outcome.failed?.(error)
          },
        }
      }
      journal.run({ subject, patient: true, step: finished, refused })
    })
  }

  /** Gives up a partition; its parked requests are answered with the error. */
  drop(index: number, error = new KafkaError('NOT_COORDINATOR')): void {
    const entry = this.#entries.get(index)
    if (!entry) return
    this.#entries.delete(index)
    entry.ignoreLease?.()
    this.options.background.forget(this.#nameOf(index))
    this.#refuse(entry, error)
    if (entry.replayed) this.#leave(entry.replayed, error)
  }

  dropAll(): void {
    for (const index of [...this.#entries.keys()]) this.drop(index)
  }

  /** Gives up all partitions; none is replayed any more. */
  close(): void {
    this.#closed = true
    this.dropAll()
  }

  /** Gives up also what could not be replayed so far when the topic is deleted. */
  metadataChanged(change: MetadataChange): void {
    if (change.kind === 'topic-deleted' && change.topic.name === this.options.topicName) this.dropAll()
  }

  /** The bounds of partitions; empty where the log cannot tell them, or not in time. */
  async #bounds(targets: readonly TopicPartition[]): Promise<readonly Answered<Bounds>[]> {
    let bounds: readonly Answered<Bounds>[] = []
    const ask = async () => {
      const [asked] = await Promise.allSettled([this.options.log.bounds(targets)])
      if (asked.status === 'fulfilled') bounds = asked.value
    }
    await this.#patience.wait(ask(), this.options.timeoutMs())
    return bounds
  }

  #begin(index: number): Entry<ReplayedPartition<Machine, Fact>> {
    const entry = { index, replayed: null, failure: null, ignoreLease: null, waiting: new Set<never>() }
    this.#entries.set(index, entry)
    this.options.background.run(this.#nameOf(index), () => this.#attempt(entry))
    return entry
  }

  /** Replays a partition. Where the lease ends meanwhile, it begins anew under that of the next leader. */
  async #attempt(entry: Entry<ReplayedPartition<Machine, Fact>>): Promise<void> {
    const { index } = entry
    const isWanted = () => this.#entries.get(index) === entry
    if (!isWanted()) return
    try {
      const { id } = await this.topic()
      const lease = this.#leaseOf({ topicId: id, partition: index })
      if (!lease) return isWanted() ? this.drop(index) : undefined
      const replayed = await this.#replay({ topicId: id, partition: index }, lease)
      if (!isWanted()) return this.#leave(replayed)
      if (!lease.isOver) return this.#succeed(entry, replayed)
      this.#refuse(entry, new KafkaError('NOT_COORDINATOR'))
      this.#leave(replayed)
    } catch (thrown) {
      if (!isWanted()) return
      entry.failure = asLoading(thrown)
      this.#refuse(entry, entry.failure)
      throw thrown
    }
    return this.#attempt(entry)
  }

  /** The lease of the node that leads the partition; null while none does. */
  #leaseOf(target: TopicPartition): Lease | null {
    const { metadata, cluster } = this.options
    const leader = metadata.topicById(target.topicId)?.partitions[target.partition]?.leader ?? -1
    return leader < 0 ? null : cluster.lease(leader, target)
  }

  #succeed(entry: Entry<ReplayedPartition<Machine, Fact>>, replayed: ReplayedPartition<Machine, Fact>): void {
    entry.replayed = replayed
    entry.failure = null
    entry.ignoreLease = replayed.lease.onOver(() => this.drop(entry.index))
    for (const command of this.options.begin(replayed.machine)) this.runOwn(replayed, command)
    for (const waiter of entry.waiting) {
      this.options.clock.cancel(waiter)
      waiter.resolve(replayed)
    }
    entry.waiting.clear()
  }

  #refuse({ waiting }: Entry<ReplayedPartition<Machine, Fact>>, error: KafkaError): void {
    for (const waiter of waiting) {
      this.options.clock.cancel(waiter)
      waiter.reject(error)
    }
    waiting.clear()
  }

  #leave(
    { index, machine, journal }: ReplayedPartition<Machine, Fact>,
    error = new KafkaError('NOT_COORDINATOR'),
  ): void {
    this.#leaving.set(index, journal.close(error))
    machine.close(error)
  }

  async #replay(target: TopicPartition, lease: Lease): Promise<ReplayedPartition<Machine, Fact>> {
    const { partition: index } = target
    const { log, inflater, clock, logger, codec, newMachine, timeoutMs, maxCommands, maxBatchBytes } =
      this.options
    await this.#leaving.get(index)
    this.#leaving.delete(index)
    const commands: Commands<Fact> = {
      run: command => journal.run(command),
      runOwn: command => this.runOwn({ journal }, command),
    }
    const machine = newMachine(commands, { index, leaderEpoch: lease.epoch })
    const journal: Journal<Fact> = new Journal<Fact>({
      target,
      fence: lease.epoch,
      log,
      inflater,
      clock,
      logger,
      codec,
      timeoutMs,
      maxCommands,
      maxBatchBytes,
      machine,
      damaged: (offset, isMended) => this.#damaged(index, offset, isMended),
      lost: (cause, error) => this.#lost({ index, machine, journal, lease }, cause, error),
    })
    await journal.replay()
    return { index, machine, journal, lease }
  }

  #damaged(index: number, offset: bigint, isMended: boolean): void {
    const { logger, topicName } = this.options
    logger.error(
      `${topicName}-${index} is damaged: the checksum of the record batch at offset ${offset} does not hold, and ${isMended ? 'the one bit that explains it counts as it was' : 'what it says is left out'}.`,
    )
  }

  /**
   * Gives up a partition whose log is in doubt, or that another node leads: only a replay finds out what it holds now.
   */
  #lost({ index, journal }: ReplayedPartition<Machine, Fact>, cause: unknown, error: KafkaError): void {
    if (this.#entries.get(index)?.replayed?.journal !== journal) return
    const { logger, topicName } = this.options
    this.drop(index, error)
    if (error.errorName === 'NOT_COORDINATOR') return
    logger.error(`Partition ${index} of ${topicName} has to be replayed.`, cause)
    this.takeUp(index)
  }

  #complain(thrown: unknown): void {
    if (thrown instanceof KafkaError) return
    const { logger, topicName } = this.options
    logger.error(`A command on ${topicName} failed; this is a bug of Ottla.`, thrown)
  }

  #nameOf(index: number): string {
    return `Reading ${this.options.topicName}-${index}`
  }
}

const isPassing = (thrown: unknown): boolean =>
  thrown instanceof KafkaError && ['REQUEST_TIMED_OUT', 'KAFKA_STORAGE_ERROR'].includes(thrown.errorName)

/**
 * The error that clients are told of a partition that cannot be read; as in Kafka they look for its coordinator again.
 */
const asLoading = (thrown: unknown): KafkaError => {
  const told = thrown instanceof KafkaError ? asCoordinator(thrown) : null
  const mayRetry = told?.errorName === 'COORDINATOR_NOT_AVAILABLE'
  return mayRetry && told ? told : new KafkaError('NOT_COORDINATOR')
}
