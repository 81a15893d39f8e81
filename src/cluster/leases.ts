import type { Lease } from '../engine/cluster-view.js'
import type { TopicPartition } from '../engine/log-engine.js'
import type { MetadataChange, MetadataStore, PartitionState } from '../engine/metadata-store.js'

/**
 * The leaders of partitions, by the word of the metadata. A lease begins with the leader epoch in which a node becomes
 * the leader, and is over with the next one. With one node it ends only with its topic.
 */
export class Leases {
  /** The leases that were asked for and are not over, by topic and partition. */
  readonly #held = new Map<string, Map<number, HeldLease>>()

  constructor(private readonly metadata: Pick<MetadataStore, 'topicById' | 'onChange'>) {
    metadata.onChange(change => this.#changed(change))
  }

  /** The epoch under which the node leads; -1 where it does not. */
  epochOf(nodeId: number, topicId: string, partition: number): number {
    const state = this.metadata.topicById(topicId)?.partitions[partition]
    return state?.leader === nodeId ? state.leaderEpoch : -1
  }

  of(nodeId: number, { topicId, partition }: TopicPartition): Lease | null {
    const epoch = this.epochOf(nodeId, topicId, partition)
    if (epoch < 0) return null
    const known = this.#held.get(topicId)?.get(partition)
    if (known?.epoch === epoch) return known
    const lease = new HeldLease(nodeId, epoch)
    this.#held.set(topicId, (this.#held.get(topicId) ?? new Map()).set(partition, lease))
    return lease
  }

  #changed(change: MetadataChange): void {
    if (!('topic' in change)) return
    const { id, partitions } = change.topic
    const held = this.#held.get(id)
    if (!held) return
    for (const [partition, lease] of held) {
      if (change.kind !== 'topic-deleted' && isHeld(lease, partitions[partition])) continue
      held.delete(partition)
      lease.end()
    }
    if (held.size === 0) this.#held.delete(id)
  }
}

const isHeld = ({ nodeId, epoch }: Lease, state: PartitionState | undefined): boolean =>
  state?.leader === nodeId && state.leaderEpoch === epoch

class HeldLease implements Lease {
  readonly #listeners = new Set<() => void>()
  #isOver = false

  constructor(
    readonly nodeId: number,
    readonly epoch: number,
  ) {}

  get isOver(): boolean {
    return this.#isOver
  }

  onOver(listener: () => void): () => void {
    if (this.#isOver) listener()
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  end(): void {
    this.#isOver = true
    for (const listener of [...this.#listeners]) listener()
    this.#listeners.clear()
  }
}
