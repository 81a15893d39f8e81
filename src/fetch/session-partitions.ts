/**
 * The part of a partition that a client wants. A topic is known by its name before version 13, by its id from then on;
 * its name is then the one that it had when it was asked for first, empty when it had none.
 */
export interface WantedPartition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly fetchOffset: bigint
  readonly lastFetchedEpoch: number
  readonly partitionMaxBytes: number
}

export type NamedPartition = Pick<WantedPartition, 'topic' | 'topicId' | 'partition'>

/** The offsets that a client was last told of a partition, besides its records. */
export interface Told {
  readonly highWatermark: bigint
  readonly logStartOffset: bigint
}

/** A partition as its session remembers it. */
export interface Remembered {
  wanted: WantedPartition
  told: Told | null
}

/** The partitions that a client wants, each once, in the order in which it is answered. */
export class SessionPartitions {
  readonly #byTopic = new Map<string, Map<number, Remembered>>()
  readonly #row = new Set<Remembered>()

  constructor(readonly usesTopicIds: boolean) {}

  get size(): number {
    return this.#row.size
  }

  [Symbol.iterator](): Iterator<Remembered> {
    return this.#row.values()
  }

  has(partition: Remembered): boolean {
    return this.#row.has(partition)
  }

  /** Adds a partition. One that is wanted already keeps its place, and its topic's name. */
  want(wanted: WantedPartition): void {
    const topic = this.#topicOf(wanted)
    const known = this.#byTopic.get(topic)?.get(wanted.partition)
    if (known) {
      const { topic: name } = known.wanted
      known.wanted = name === '' || name === wanted.topic ? wanted : { ...wanted, topic: name }
      return
    }
    const partition = { wanted, told: null }
    const partitions = this.#byTopic.get(topic)
    if (partitions) partitions.set(wanted.partition, partition)
    else this.#byTopic.set(topic, new Map([[wanted.partition, partition]]))
    this.#row.add(partition)
  }

  forget(named: NamedPartition): void {
    const topic = this.#topicOf(named)
    const partitions = this.#byTopic.get(topic)
    const known = partitions?.get(named.partition)
    if (!partitions || !known) return
    this.#row.delete(known)
    partitions.delete(named.partition)
    if (partitions.size === 0) this.#byTopic.delete(topic)
  }

  moveToEnd(partition: Remembered): void {
    if (this.size === 1) return
    this.#row.delete(partition)
    this.#row.add(partition)
  }

  #topicOf({ topic, topicId }: NamedPartition): string {
    return this.usesTopicIds ? topicId : topic
  }
}
