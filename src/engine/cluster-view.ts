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
}
