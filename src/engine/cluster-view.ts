/** A node that clients may talk to. */
export interface ClusterNode {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly alive: boolean
}

/** Who is there, and who answers for what. */
export interface ClusterView {
  readonly clusterId: string
  nodes(): readonly ClusterNode[]
  /** The node that answers for the cluster's metadata, -1 when none is alive. */
  controllerId(): number
}
