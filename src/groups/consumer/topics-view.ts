import { createHash } from 'node:crypto'
import type { Topic } from '../../engine/metadata.js'
import { fromListed, type HeldPartitions, listed, type Partitions } from './partitions.js'

/** A topic as far as consumer groups care. */
export type ConsumedTopic = Pick<Topic, 'id' | 'name'> & {
  readonly partitions: readonly Pick<Topic['partitions'][number], 'replicas'>[]
}

/** The topics that there are, and where they lie. */
export interface TopicsView {
  /** Rises with every change of any topic. */
  readonly version: number
  /** The version in which the last topic was created. */
  readonly createdVersion: number
  names(): Iterable<string>
  named(name: string): ConsumedTopic | undefined
  withId(id: string): ConsumedTopic | undefined
  rackOf(nodeId: number): string | null
}

/** The ids of those that exist. */
export const idsOf = (names: Iterable<string>, topics: TopicsView): Set<string> =>
  new Set([...names].flatMap(name => topics.named(name)?.id ?? []))

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
 * One number for what a group's assignment depends on besides its members: the topics, their partitions
 * and racks. When it changes, partitions are shared out anew. Kafka hashes otherwise; should it take
 * over the journal, it finds another number once, and shares out the same partitions again.
 */
export function metadataHash(names: Iterable<string>, topics: TopicsView): bigint {
  const existing = [...new Set(names)].sort().flatMap(name => topics.named(name) ?? [])
  if (existing.length === 0) return 0n
  const hash = createHash('sha256')
  for (const { id, name, partitions } of existing) {
    const racks = partitions.map(({ replicas }) => replicas.flatMap(node => topics.rackOf(node) ?? []).sort())
    hash.update(JSON.stringify([id, name, racks]))
  }
  return hash.digest().readBigInt64BE()
}
