import assert from 'node:assert/strict'
import type { Answered, Bounds } from '../../../src/engine/log-engine.js'
import { only } from '../../../src/engine/only.js'
import { StorageFault } from '../../../src/log/storage-fault.js'
import { KafkaError } from '../../../src/wire/errors.js'
import { randomFrom } from '../random-runs.js'
import { SimulatedDisk } from '../simulated-disk.js'
import { directories, StoryBroker } from './broker.js'
import type { Event, Trouble } from './events.js'
import { StoryPartition } from './partition.js'
import { type Sending, Sequence, write } from './producers.js'
import { StoryTopics } from './topics.js'
import { endHanging, TransactionalProducer } from './transactions.js'

type Of<K extends Event['kind']> = Extract<Event, { kind: K }>

const sequencesEach = 2
const mostInFlight = 3

/**
 * A broker with two directories and topics of three kinds, its producers, transactions and readers, to which events
 * happen. After each, all that clients learn is compared with all that they know.
 */
export class Story {
  readonly #topics = new StoryTopics()
  #partitions: StoryPartition[] = []
  readonly #sequences = new Map<StoryPartition, Sequence[]>()
  readonly #transactional: readonly TransactionalProducer[]
  #broker!: StoryBroker
  #nowMs = 1_700_000_000_000
  #numbers = 0
  #producerIds = 0

  private constructor() {
    this.#transactional = [this.#newProducerId(), this.#newProducerId()].map(
      id => new TransactionalProducer(id),
    )
    for (const { id } of this.#topics.all) this.#take(id)
  }

  static async begin(): Promise<Story> {
    const story = new Story()
    await story.#start(new SimulatedDisk(), null, false)
    return story
  }

  async happen(event: Event): Promise<void> {
    this.#begin(event)
    if (event.kind === 'stop') await this.#stop(event)
    else if (event.kind === 'kill') await this.#restart(event.trouble, null)
    else if (event.kind === 'power') await this.#restart(event.trouble, event.seed)
    await this.#broker.settle()
    for (const [each, bounds] of await this.#bounds()) await each.observe(this.#broker, bounds)
  }

  /** Has the disk work again and settles all that is unresolved, which must be there after a power failure. */
  async end(): Promise<void> {
    this.#broker.works()
    await this.#broker.settle()
    await this.#restart(null, null)
    const sequences = [...this.#sequences.values()].flat()
    for (const each of sequences) this.#broker.watch(each.retry(this.#sending))
    for (const each of this.#transactional) this.#broker.watch(each.end(this.#sending, true))
    await this.#broker.settle()
    for (const each of this.#partitions) await endHanging(this.#broker, each, this.#nowMs)
    for (const each of sequences)
      assert.ok(each.isResolved || each.partition.history.hasHoles, 'all is resolved')
    for (const each of this.#transactional) assert.ok(each.isIdle, 'all transactions are over')
    for (const [each, bounds] of await this.#bounds()) {
      await each.observe(this.#broker, bounds)
      const { highWatermark, lastStableOffset } = bounds as Bounds
      assert.equal(lastStableOffset, highWatermark, `${each.folder}: all is decided`)
    }
    await this.#restart(null, 1)
  }

  async #bounds(): Promise<(readonly [StoryPartition, Answered<Bounds>])[]> {
    const all = [...this.#partitions]
    const bounds = await this.#broker.engine.bounds(all.map(({ target }) => target))
    return all.map((each, i) => [each, bounds[i] as Answered<Bounds>])
  }

  get #sending(): Sending {
    return {
      broker: this.#broker,
      nowMs: this.#broker.clock.now(),
      numbers: count => {
        this.#numbers += count
        return this.#numbers - count
      },
      newProducerId: () => this.#newProducerId(),
    }
  }

  #newProducerId(): bigint {
    return BigInt(++this.#producerIds)
  }

  /** Begins an event that does not end the process, and that may take until later ones. */
  #begin(event: Event): void {
    const broker = this.#broker
    const partition = 'partition' in event ? (this.#partitions[event.partition] as StoryPartition) : null
    if (event.kind === 'time') broker.clock.advance(event.ms)
    else if (event.kind === 'trouble') broker.trouble(event)
    else if (event.kind === 'works') broker.works()
    else if (event.kind === 'recreate') this.#recreate(event)
    else if (event.kind === 'end')
      broker.watch(this.#transactionalOf(event).end(this.#sending, event.commits))
    if (!partition) return
    if (event.kind === 'write') broker.watch(write(this.#sending, partition, event))
    else if (event.kind === 'produce')
      broker.watch(this.#sequenceOf(partition, event.producer).go(this.#sending, event))
    else if (event.kind === 'repeat')
      broker.watch(this.#sequenceOf(partition, event.producer).repeat(this.#sending))
    else if (event.kind === 'transact') {
      broker.watch(this.#transactionalOf(event).write(this.#sending, partition, event))
    } else if (event.kind === 'delete-records') broker.watch(this.#deleteRecords(partition, event.share))
    else if (event.kind === 'move') {
      broker.move({ target: partition.target, path: directories[event.directory] as string })
    }
  }

  #transactionalOf({ producer }: { readonly producer: number }): TransactionalProducer {
    return this.#transactional[producer] as TransactionalProducer
  }

  #sequenceOf(partition: StoryPartition, producer: number): Sequence {
    return (this.#sequences.get(partition) as Sequence[])[producer] as Sequence
  }

  async #deleteRecords(partition: StoryPartition, share: number): Promise<void> {
    const { history } = partition
    if (partition.isCompacted) return // Kafka refuses it
    const broker = this.#broker
    const before = Math.floor(history.end * share)
    history.deleting(before)
    try {
      const start = await only(
        broker.engine.deleteRecords([{ target: partition.target, offset: BigInt(before) }]),
      )
      if (broker === this.#broker && !partition.isGone) history.deleted(Number(start))
    } catch (thrown) {
      if (partition.isGone) return
      assert.ok(thrown instanceof KafkaError && broker.mayFail(partition.folder), String(thrown))
      assert.equal(thrown.errorName, 'KAFKA_STORAGE_ERROR')
    }
  }

  #recreate({ topic: index }: Of<'recreate'>): void {
    const old = this.#topics.all[index]
    if (!old) return
    const topic = this.#topics.recreate(old)
    this.#broker.deleteTopic(old)
    for (const each of this.#partitions.filter(({ topic }) => topic === old)) {
      each.isGone = true
      this.#sequences.delete(each)
      for (const producer of this.#transactional) producer.forget(each)
    }
    this.#take(topic.id)
  }

  /** Partitions stay in the places of those of the same names. */
  #take(topicId: string): void {
    const topic = this.#topics.all.find(({ id }) => id === topicId)
    if (!topic) throw new Error('there is no such topic')
    const made = Array.from({ length: topic.partitionCount }, (_, i) => new StoryPartition(topic, i))
    for (const each of made) this.#renew(each)
    const names = made.map(({ folder }) => folder)
    const at = this.#partitions.findIndex(({ folder }) => names.includes(folder))
    this.#partitions.splice(at < 0 ? this.#partitions.length : at, at < 0 ? 0 : made.length, ...made)
  }

  /** New producers of a partition begin at their first sequence. */
  #renew(partition: StoryPartition): void {
    const most = partition.isCompacted ? 1 : mostInFlight
    const made = Array.from(
      { length: sequencesEach },
      () => new Sequence(this.#newProducerId(), partition, most),
    )
    this.#sequences.set(partition, made)
  }

  /** A stop leaves everything on the disk, unless that fails. */
  async #stop({ trouble, powerSeed }: Of<'stop'>): Promise<void> {
    const broker = this.#broker
    broker.works()
    broker.clock.advance(100)
    await this.#bounds() // opens what a move that failed has closed
    await broker.over(broker.engine.close())
    broker.end()
    if (!broker.isLost) for (const { history } of this.#partitions) history.durable = history.end
    await this.#restart(trouble, powerSeed)
  }

  async #restart(trouble: Trouble | null, powerSeed: number | null): Promise<void> {
    const { disk, clock } = this.#broker
    this.#broker.end()
    this.#nowMs = clock.now() + 1
    const found = powerSeed === null ? disk.killed() : disk.unplugged(randomFrom(powerSeed))
    // Of a partition with two copies, as a move that is cut off leaves it, a start without one takes the other.
    const hasTwoCopies = this.#partitions.some(({ folder }) =>
      directories.every(directory => found.exists(`${directory}/${folder}`)),
    )
    await this.#start(found, hasTwoCopies ? null : trouble, powerSeed !== null)
  }

  async #start(disk: SimulatedDisk, trouble: Trouble | null, hasPowerFailed: boolean): Promise<void> {
    try {
      this.#broker = await StoryBroker.start(disk, this.#nowMs, this.#topics, trouble)
    } catch (thrown) {
      if (trouble === null || !(thrown instanceof StorageFault)) throw thrown
      await this.#start(disk.killed(), null, hasPowerFailed)
      return
    }
    for (const [each, bounds] of await this.#bounds()) {
      await each.observeAll(this.#broker, bounds, hasPowerFailed)
      if (!hasPowerFailed || each.history.isKept) continue
      this.#renew(each)
    }
    if (!hasPowerFailed) return
    for (const each of this.#transactional) each.powerFailed()
    for (const each of this.#partitions) {
      if (!each.history.isKept && !this.#broker.mayFail(each.folder))
        this.#broker.watch(endHanging(this.#broker, each, this.#nowMs))
    }
  }
}
