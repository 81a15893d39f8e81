import type { ClusterNode, ClusterView, Lease, NodeAddress } from '../engine/cluster-view.js'
import type { TopicPartition } from '../engine/log-engine.js'
import type { MetadataStore, PartitionState } from '../engine/metadata-store.js'
import { Leases } from './leases.js'

/**
 * The nodes of one process. They share one storage, so a node that stops only loses its leaderships
 * and its place in the in-sync replicas; a node that starts gets its place back.
 */
export class SimulatedNodes implements ClusterView {
  readonly #nodes: ClusterNode[]
  readonly #leases: Leases

  constructor(
    readonly clusterId: string,
    nodes: readonly Pick<ClusterNode, 'id' | 'rack'>[],
    metadata: Pick<MetadataStore, 'topicById' | 'onChange'>,
  ) {
    this.#leases = new Leases(metadata)
    this.#nodes = nodes.map(node => ({ ...node, alive: true, addresses: [] }))
  }

  nodes(): readonly ClusterNode[] {
    return this.#nodes
  }

  controllerId(): number {
    return this.#nodes.find(node => node.alive)?.id ?? -1
  }

  leads(nodeId: number, topicId: string, partition: number): number {
    return this.#leases.epochOf(nodeId, topicId, partition)
  }

  lease(nodeId: number, target: TopicPartition): Lease | null {
    return this.#leases.of(nodeId, target)
  }

  /** Takes in where a node listens, which is known only once it does. */
  locate(id: number, addresses: readonly NodeAddress[]): void {
    this.#change(id, { addresses })
  }

  /** Takes in that a node is gone: the next living replica leads what it led. */
  async stopped(id: number, metadata: MetadataStore): Promise<void> {
    this.#change(id, { alive: false })
    await this.#settle(metadata)
  }

  async started(id: number, metadata: MetadataStore): Promise<void> {
    this.#change(id, { alive: true })
    await this.#settle(metadata)
  }

  /**
   * Brings leaders and in-sync replicas in line with the nodes that are alive, and begins a new epoch of each partition
   * that is led, as a start of Apache Kafka does: a consumer that had read what a power failure took can tell
   * (KIP-320).
   */
  async begin(metadata: MetadataStore): Promise<void> {
    await this.#settle(metadata, ({ leader }) => (leader < 0 ? null : { leader }))
  }

  /** `otherwise` gives the change of a partition that needs none. */
  async #settle(metadata: MetadataStore, otherwise: (each: PartitionState) => Change | null = () => null) {
    await metadata.changePartitions(() => {
      const alive = new Set(this.#nodes.filter(node => node.alive).map(node => node.id))
      const changes = []
      for (const topic of metadata.topics()) {
        for (const partition of topic.partitions) {
          const wanted = { ...otherwise(partition), ...settled(partition, alive) }
          if (wanted.leader === undefined && wanted.isr === undefined) continue
          changes.push({ topicId: topic.id, index: partition.index, ...wanted })
        }
      }
      return changes
    }, Infinity)
  }

  #change(id: number, change: Partial<ClusterNode>): void {
    const at = this.#nodes.findIndex(node => node.id === id)
    const node = this.#nodes[at]
    if (!node)
      throw new RangeError(`there is no node ${id}; there are ${this.#nodes.map(n => n.id).join(', ')}`)
    this.#nodes[at] = { ...node, ...change }
  }
}

interface Change {
  readonly leader?: number
  readonly isr?: number[]
}

/**
 * The change that a partition needs. As in Kafka the last in-sync replica stays in the list when it dies, with no
 * leader.
 */
function settled(partition: PartitionState, alive: ReadonlySet<number>): Change | null {
  const living = partition.replicas.filter(id => alive.has(id))
  const isr = living.length > 0 ? living : partition.isr.slice(0, 1)
  const leader = alive.has(partition.leader) ? partition.leader : (living[0] ?? -1)
  const sameIsr = isr.length === partition.isr.length && isr.every(id => partition.isr.includes(id))
  if (leader === partition.leader && sameIsr) return null
  return { ...(leader !== partition.leader ? { leader } : {}), ...(sameIsr ? {} : { isr }) }
}
