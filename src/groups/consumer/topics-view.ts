import type { Topic } from '../../engine/metadata-store.js'
import { fromListed, type HeldPartitions, listed, type Partitions } from './partitions.js'

/** The part of a topic that consumer groups need. */
export type ConsumedTopic = Pick<Topic, 'id' | 'name'> & {
  readonly partitions: readonly Pick<Topic['partitions'][number], 'replicas'>[]
}

/** The cluster's topics, with the racks of their replicas. */
export interface TopicsView {
  /** The version of the topics, which rises with every change of any of them. */
  readonly version: number
  /** The version in which the last topic was created. */
  readonly createdVersion: number
  names(): Iterable<string>
  /** The names in a list that are of topics, in their order. */
  existing(names: readonly string[]): readonly string[]
  /** The ids of the topics in a list. */
  idsOf(names: readonly string[]): ReadonlySet<string>
  /**
   * Finds step by step what the other methods tell of a long list, so that they have it at hand; a change of topics
   * meanwhile makes that void.
   */
  preparing(names: readonly string[]): Generator<void>
  /** The hash of all topics in these lists; names of none count for nothing, however many they are. */
  hashOf(lists: Iterable<readonly string[]>): bigint
  named(name: string): ConsumedTopic | undefined
  withId(id: string): ConsumedTopic | undefined
  rackOf(nodeId: number): string | null
}

/** Partitions as the classic protocol names them; those of topics that are gone have no name. */
export interface NamedPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export const partitionsNamed = (named: readonly NamedPartitions[], topics: TopicsView): Partitions =>
  fromListed(
    named.flatMap(({ topic, partitions }) => {
      const topicId = topics.named(topic)?.id
      return topicId === undefined ? [] : [{ topicId, partitions }]
    }),
  )

export const namesOf = (
  partitions: Partitions | HeldPartitions,
  topics: TopicsView,
): (NamedPartitions & { readonly topicId: string })[] =>
  listed(partitions).flatMap(each => {
    const topic = topics.withId(each.topicId)?.name
    return topic === undefined ? [] : [{ ...each, topic }]
  })

/**
 * The sum of hashes of topics: one number for all that a group's assignment depends on besides its members, which are
 * the topics, their partitions and racks. When it changes, partitions are shared out anew. It is a sum, so that the
 * order of the topics does not matter and long lists can be added up in turns. Kafka hashes otherwise; should it take
 * over the journal, it finds another number once, and shares out the same partitions again.
 */
export class TopicsHash {
  #low = 0
  #high = 0

  constructor(private readonly rackOf: TopicsView['rackOf']) {}

  /** The sum; zero where there is no topic. */
  get value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low >>> 0)
  }

  /** Adds a topic. Its id stands for its name, which never changes. */
  add({ id, partitions }: ConsumedTopic): void {
    let [a, b] = [mixed(1, id), mixed(2, id)]
    for (const { replicas } of partitions) {
      const racks = replicas.flatMap(node => this.rackOf(node) ?? [])
      const text = racks.length === 0 ? '' : JSON.stringify(racks.sort())
      a = mixed(a, text)
      b = mixed(b, text)
    }
    this.#low = (this.#low + spread(a)) | 0
    this.#high = (this.#high + spread(b ^ Math.imul(a, 0x9e3779b1))) | 0
  }
}

/** Takes a text into a hash, as FNV-1a does, with its length. */
function mixed(hash: number, text: string): number {
  let next = Math.imul(hash ^ text.length ^ 0x811c9dc5, 0x01000193)
  for (let i = 0; i < text.length; i++) next = Math.imul(next ^ text.charCodeAt(i), 0x01000193)
  return next ^ (next >>> 15)
}

/** Spreads a hash over all bits, as the end of MurmurHash3 does. */
function spread(hash: number): number {
  let next = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  next = Math.imul(next ^ (next >>> 13), 0xc2b2ae35)
  return next ^ (next >>> 16)
}
