import type { TopicPartition } from './log-engine.js'

/** A node that clients may talk to. */
export interface ClusterNode {
  readonly id: number
  readonly rack: string | null
  readonly alive: boolean
  /** One address for each listener: the last known ones when the node is not alive, none before it ever listened. */
  readonly addresses: readonly NodeAddress[]
}

/** The address under which the clients of one listener find a node. */
export interface NodeAddress {
  readonly listener: string
  /** The port that this process has opened; clients may know it by another number. */
  readonly localPort: number
  readonly host: string
  readonly port: number
  /** True where the address was configured and counts, whatever address a client dialled. */
  readonly fixed: boolean
}

/** Tells which nodes there are, and which of them answers for what. */
export interface ClusterView {
  readonly clusterId: string
  nodes(): readonly ClusterNode[]
  /** Returns the node that answers for the cluster's metadata, -1 when none is alive. */
  controllerId(): number
  /**
   * Returns the leader epoch under which a node leads a partition at the moment; the node passes it as `fence` with
   * what it appends. The epoch is -1 where the node does not lead the partition.
   */
  leads(nodeId: number, topicId: string, partition: number): number
  /**
   * Gives the same right to work that outlives a request: a coordinator holds the lease of its partition. Null where
   * the node does not lead.
   */
  lease(nodeId: number, target: TopicPartition): Lease | null
}

/**
 * The right of a node to lead a partition, and to coordinate what lives in it. It lasts until another node leads or a
 * later epoch begins.
 */
export interface Lease {
  readonly nodeId: number
  /** The leader epoch, which rises with every lease of the partition. */
  readonly epoch: number
  readonly isOver: boolean
  /**
   * Calls `listener` once when the lease is over, at once where it already is. Returns a function that stops listening.
   */
  onOver(listener: () => void): () => void
}
