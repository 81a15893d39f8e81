import type { LogEngine } from '../engine/log-engine.js'
import type { PartitionState, Topic } from '../engine/metadata.js'
import { KafkaError } from '../wire/errors.js'
import { advertisedNode } from './advertised.js'
import type { RequestContext } from './handler.js'

export interface Led {
  readonly topic: Topic
  readonly partition: PartitionState
}

/**
 * The partition, if it exists and the node that was dialled leads it; otherwise throws
 * UNKNOWN_TOPIC_OR_PARTITION (or UNKNOWN_TOPIC_ID) or NOT_LEADER_OR_FOLLOWER.
 */
export function ledPartition(
  topic: Topic | undefined,
  index: number,
  context: RequestContext,
  unknown: 'UNKNOWN_TOPIC_OR_PARTITION' | 'UNKNOWN_TOPIC_ID' = 'UNKNOWN_TOPIC_OR_PARTITION',
): Led {
  if (!topic) throw new KafkaError(unknown)
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  if (partition.leader !== context.connection.nodeId) throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
  return { topic, partition }
}

const noEpoch = -1

/** KIP-320: -1 is not checked; any other number below the leader's is an epoch of the past. */
export function checkLeaderEpoch(partition: PartitionState, epoch: number): void {
  if (epoch === noEpoch || epoch === partition.leaderEpoch) return
  throw new KafkaError(epoch < partition.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH')
}

/**
 * Where an epoch ends, or the greatest one before it of which there are records; null when nothing is
 * known. The epoch of the present leader has no end but the log's, although it may have written nothing,
 * and nor has an earlier one that no other followed.
 */
export function endOfEpoch({ topic, partition }: Led, leaderEpoch: number, log: LogEngine) {
  const target = { topicId: topic.id, partition: partition.index }
  const { highWatermark: endOffset } = log.bounds(target)
  if (leaderEpoch === partition.leaderEpoch) return { leaderEpoch, endOffset }
  const known = log.endOffsetForEpoch(target, leaderEpoch)
  if (known || leaderEpoch === noEpoch || leaderEpoch > partition.leaderEpoch) return known
  const before = log.epochAt(target, endOffset)
  return { leaderEpoch: before === noEpoch ? leaderEpoch : before, endOffset }
}

/** KIP-951: a client that asked the wrong node is told the right one with the error. */
export function leaderHint(topic: Topic | undefined, index: number) {
  const partition = topic?.partitions[index]
  if (!partition) return {}
  return { currentLeader: { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch } }
}

/** Where the leaders are that hints name. */
export function hintedNodes(
  hints: Iterable<{ readonly currentLeader?: { readonly leaderId?: number | undefined } | undefined }>,
  context: RequestContext,
) {
  const ids: number[] = []
  for (const { currentLeader } of hints) {
    const id = currentLeader?.leaderId ?? -1
    if (id >= 0 && !ids.includes(id)) ids.push(id)
  }
  return ids.map(id => advertisedNode(context, id))
}
