import type { StoredOffset } from '../stored/group-facts.js'

/** The offsets that one group has committed, by topic and partition. */
export class GroupOffsets {
  readonly #topics = new Map<string, Map<number, StoredOffset>>()

  /** The number of topics with offsets. */
  get size(): number {
    return this.#topics.size
  }

  get(topic: string, partition: number): StoredOffset | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  apply(topic: string, partition: number, value: StoredOffset | null): void {
    if (value) this.#put(topic, partition, value)
    else this.#remove(topic, partition)
  }

  /** The topics with offsets, each with its partitions. */
  topics(): Iterable<[topic: string, partitions: ReadonlyMap<number, StoredOffset>]> {
    return this.#topics
  }

  *[Symbol.iterator](): Iterator<{ topic: string; partition: number; value: StoredOffset }> {
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, value] of partitions) yield { topic, partition, value }
    }
  }

  #put(topic: string, partition: number, value: StoredOffset): void {
    const partitions = this.#topics.get(topic)
    if (partitions) partitions.set(partition, value)
    else this.#topics.set(topic, new Map([[partition, value]]))
  }

  #remove(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }
}
