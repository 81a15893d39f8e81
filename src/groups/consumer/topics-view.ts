import { createHash } from 'node:crypto'
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
 * One number for all that a group's assignment depends on besides its members: the topics, their partitions and racks.
 * When it changes, partitions are shared out anew. Kafka hashes otherwise; should it take over the journal, it finds
 * another number once, and shares out the same partitions again.
 */
export function metadataHash(
  byName: ReadonlyMap<string, ConsumedTopic>,
  topics: Pick<TopicsView, 'rackOf'>,
): bigint {
  if (byName.size === 0) return 0n
  const hash = createHash('sha256')
  for (const name of [...byName.keys()].sort()) {
    const { id, partitions } = byName.get(name) as ConsumedTopic
    const racks = partitions.map(({ replicas }) => replicas.flatMap(node => topics.rackOf(node) ?? []).sort())
    hash.update(JSON.stringify([id, name, racks]))
  }
  return hash.digest().readBigInt64BE()
}
