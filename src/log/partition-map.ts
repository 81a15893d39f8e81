import type { TopicPartition } from '../engine/log-engine.js'

/** A map by partition that needs no key to be put together: it is asked several times for each request. */
export class PartitionMap<T> {
  readonly #topics = new Map<string, Map<number, T>>()

  get({ topicId, partition }: TopicPartition): T | undefined {
    return this.#topics.get(topicId)?.get(partition)
  }

  set({ topicId, partition }: TopicPartition, value: T): void {
    const partitions = this.#topics.get(topicId)
    if (partitions) partitions.set(partition, value)
    else this.#topics.set(topicId, new Map([[partition, value]]))
  }

  delete({ topicId, partition }: TopicPartition): void {
    const partitions = this.#topics.get(topicId)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topicId)
  }

  *values(): Generator<T> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }

  *[Symbol.iterator](): Generator<[TopicPartition, T]> {
    for (const [topicId, partitions] of this.#topics) {
      for (const [partition, value] of partitions) yield [{ topicId, partition }, value]
    }
  }
}
