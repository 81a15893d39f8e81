/**
 * Spreads replicas over nodes as Kafka's StripedReplicaPlacer does: leaders go round the nodes from
 * `first` on, each partition's followers are the nodes after its leader.
 */
export function placeReplicas(
  nodeIds: readonly number[],
  partitions: number,
  replicationFactor: number,
  first: number,
): number[][] {
  return Array.from({ length: partitions }, (_, partition) =>
    Array.from(
      { length: replicationFactor },
      (_, replica) => nodeIds[(first + partition + replica) % nodeIds.length] as number,
    ),
  )
}
