/** The numbers of partitions, by topic. The set never changes: an addition makes another. */
export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>

export interface NamedPartition {
  readonly topic: string
  readonly partition: number
}

export const noPartitions: PartitionSet = new Map()

export function withPartitions(set: PartitionSet, added: Iterable<NamedPartition>): PartitionSet {
  const all = new Map(set)
  const copies = new Map<string, Set<number>>()
  for (const { topic, partition } of added) {
    const known = copies.get(topic)
    if (known) known.add(partition)
    else {
      const copy = new Set(all.get(topic)).add(partition)
      copies.set(topic, copy)
      all.set(topic, copy)
    }
  }
  return all
}

export const hasPartition = (set: PartitionSet, { topic, partition }: NamedPartition): boolean =>
  set.get(topic)?.has(partition) ?? false

export const listPartitions = (set: PartitionSet): NamedPartition[] =>
  [...set].flatMap(([topic, partitions]) => [...partitions].map(partition => ({ topic, partition })))
