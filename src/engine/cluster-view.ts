import type { TopicPartition } from './log-engine.js'

/** A node that clients may talk to. */
export interface ClusterNode {
  readonly id: number
  readonly rack: string | null
  readonly alive: boolean
  /** One for each listener, those of the last time when the node is not alive; none before it ever listened. */
  readonly addresses: readonly NodeAddress[]
}

/** Where the clients of one listener find a node. */
export interface NodeAddress {
  readonly listener: string
  /** The port that this process has opened; clients may know it by another number. */
  readonly localPort: number
  readonly host: string
  readonly port: number
  /** Whether it was configured so, and counts whatever a client dialled. */
  readonly fixed: boolean
}

/** Who is there, and who answers for what. */
export interface ClusterView {
  readonly clusterId: string
  nodes(): readonly ClusterNode[]
  /** The node that answers for the cluster's metadata, -1 when none is alive. */
  controllerId(): number
  /**
   * The leader epoch under which a node leads a partition at the moment, to go as `fence` with what it appends; -1
   * where it does not lead it.
   */
  leads(nodeId: number, topicId: string, partition: number): number
  /** The same right, for work that outlives a request: a coordinator holds the lease of its partition. Null where the node does not lead. */
  lease(nodeId: number, target: TopicPartition): Lease | null
}

/** The right of a node to lead a partition, and to coordinate what lives in it, until another leads or a later epoch begins. */
export interface Lease {
  readonly nodeId: number
  /** The leader epoch, which rises with every lease of the partition. */
  readonly epoch: number
  readonly isOver: boolean
  /** Calls back once when the lease is over, at once where it already is. Returns how to stop listening. */
  onOver(listener: () => void): () => void
}
