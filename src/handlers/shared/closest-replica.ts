import type { PartitionState, Topic } from '../../engine/metadata-store.js'
import { KafkaError } from '../../wire/errors.js'
import type { RequestContext } from './handler.js'
import type { Led } from './leadership.js'

/** From this version of Fetch on a client may read from any replica (KIP-392). */
export const followersSince = 11
const rackAware = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** A partition that can be read at this node. */
export type ReadablePartition = Omit<Led, 'fence'>

/**
 * Returns the partition, if the node that was dialled may serve it to this consumer; otherwise throws
 * NOT_LEADER_OR_FOLLOWER.
 */
export function readablePartition(
  topic: Topic,
  index: number,
  { broker, connection, version }: RequestContext,
  isReplica: boolean,
): ReadablePartition {
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (broker.cluster.leads(connection.nodeId, topic.id, index) >= 0) return { topic, partition }
  const mayFollow = version >= followersSince && !isReplica && partition.leader >= 0
  // A node that stops, and is in sync no more, sends its consumers away.
  if (mayFollow && partition.isr.includes(connection.nodeId)) return { topic, partition }
  throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
}

/** Tells whether the broker sends consumers in this rack to other nodes. */
export const choosesByRack = (rackId: string, { broker, version }: RequestContext): boolean =>
  rackId !== '' &&
  version >= followersSince &&
  broker.config.optionalString('replica.selector.class') === rackAware

/**
 * Returns the in-sync replica in a consumer's rack, where the node that was dialled leads and does not stand there
 * itself; null where the consumer had better stay (RackAwareReplicaSelector of Kafka).
 */
export function closestReplica(
  { leader, isr }: PartitionState,
  rackId: string,
  { broker, connection }: RequestContext,
): number | null {
  if (leader !== connection.nodeId) return null
  const there = broker.cluster
    .nodes()
    .filter(node => node.alive && node.rack === rackId && isr.includes(node.id))
  return there.some(({ id }) => id === leader) ? null : (there[0]?.id ?? null)
}
