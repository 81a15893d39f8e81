import type { ClusterView } from '../engine/cluster-view.js'
import { KafkaError } from '../wire/errors.js'

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

/**
 * Refuses an assignment of replicas unless it names nodes that exist, each once, as many as for the other partitions.
 */
export function checkReplicas(replicas: readonly number[], factor: number, cluster: ClusterView): void {
  const wrong = (message: string) => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', message)
  }
  if (replicas.length === 0) wrong('The manual partition assignment includes an empty replica list.')
  const known = new Set(cluster.nodes().map(node => node.id))
  for (const [i, id] of replicas.entries()) {
    if (!known.has(id)) {
      wrong(`The manual partition assignment includes broker ${id}, but no such broker is registered.`)
    }
    if (replicas.indexOf(id) !== i) {
      wrong(`The manual partition assignment includes the broker ${id} more than once.`)
    }
  }
  if (factor > 0 && replicas.length !== factor) {
    wrong(
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${factor} replica(s).`,
    )
  }
}

/**
 * The living nodes in the order in which replicas go round them: where each has a rack, neighbours stand in different
 * ones, so that the replicas of a partition do, as in Kafka.
 */
export function placementOrder(cluster: ClusterView): number[] {
  const alive = cluster.nodes().filter(node => node.alive)
  if (alive.some(({ rack }) => rack === null)) return alive.map(({ id }) => id)
  const racks = new Map<string, number[]>()
  for (const { id, rack } of alive) racks.set(rack as string, [...(racks.get(rack as string) ?? []), id])
  const columns = [...racks.values()]
  const longest = Math.max(0, ...columns.map(({ length }) => length))
  return Array.from({ length: longest }, (_, i) => columns.flatMap(ids => ids[i] ?? [])).flat()
}

/** The ids of the nodes that may get replicas. */
export const livingNodes = (cluster: ClusterView): number[] =>
  cluster
    .nodes()
    .filter(node => node.alive)
    .map(node => node.id)
