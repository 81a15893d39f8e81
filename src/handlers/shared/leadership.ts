import type { Answered, Bounds, EpochEnd, LogEngine, TopicPartition } from '../../engine/log-engine.js'
import type { PartitionState, Topic } from '../../engine/metadata-store.js'
import { inTurns } from '../../time/turns.js'
import { KafkaError } from '../../wire/errors.js'
import { advertisedNode } from './advertised-nodes.js'
import type { RequestContext } from './handler.js'

export interface Led {
  readonly topic: Topic
  readonly partition: PartitionState
  /** The fence of what is appended under this leadership. */
  readonly fence: number
}

/**
 * Returns the partition, if it exists and the node that was dialled leads it; otherwise throws
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
  const { broker, connection } = context
  const fence = broker.cluster.leads(connection.nodeId, topic.id, index)
  if (fence < 0) throw new KafkaError('NOT_LEADER_OR_FOLLOWER')
  return { topic, partition, fence }
}

const noEpoch = -1

/**
 * Checks the leader epoch that a client knows (KIP-320): -1 is not checked; any other number below the leader's is an
 * epoch of the past.
 */
export function checkLeaderEpoch(partition: PartitionState, epoch: number): void {
  if (epoch === noEpoch || epoch === partition.leaderEpoch) return
  throw new KafkaError(epoch < partition.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH')
}

/** A leader epoch that is looked for, and the partition in which it is. */
export interface SoughtEpoch {
  readonly led: Pick<Led, 'topic' | 'partition'>
  readonly leaderEpoch: number
}

/**
 * Tells where epochs end, or the greatest ones before them of which there are records; null when nothing is known. The
 * epoch of the present leader has no end but the log's, although it may have written nothing, and nor has an earlier
 * one that no other followed.
 */
export async function endsOfEpochs(
  sought: readonly SoughtEpoch[],
  log: LogEngine,
): Promise<Answered<EpochEnd | null>[]> {
  const targets = sought.map(({ led }) => ({ topicId: led.topic.id, partition: led.partition.index }))
  const bounds = await log.bounds(targets)
  const known = await log.epochEnds(
    sought.map(({ leaderEpoch }, i) => ({ target: targets[i] as TopicPartition, leaderEpoch })),
  )
  const last = await log.epochsAt(
    bounds.map((each, i) => ({
      target: targets[i] as TopicPartition,
      offset: each instanceof KafkaError ? 0n : each.highWatermark,
    })),
  )
  return inTurns(sought.entries(), ([i, { led, leaderEpoch }]) =>
    endOfEpoch(leaderEpoch, led.partition.leaderEpoch, {
      bounds: bounds[i] as Answered<Bounds>,
      known: known[i] as Answered<EpochEnd | null>,
      last: last[i] as Answered<number>,
    }),
  )
}

function endOfEpoch(
  leaderEpoch: number,
  presentEpoch: number,
  {
    bounds,
    known,
    last,
  }: {
    readonly bounds: Answered<Bounds>
    readonly known: Answered<EpochEnd | null>
    readonly last: Answered<number>
  },
): Answered<EpochEnd | null> {
  if (bounds instanceof KafkaError) return bounds
  const { highWatermark: endOffset, logStartOffset } = bounds
  if (leaderEpoch === presentEpoch) return { leaderEpoch, endOffset }
  if (known instanceof KafkaError || leaderEpoch === noEpoch || leaderEpoch > presentEpoch) return known
  if (last instanceof KafkaError) return last
  const end = known ?? { leaderEpoch: last, endOffset }
  // As in Kafka an epoch that ended before the log begins is forgotten: the next one begins with the log.
  return end.endOffset <= logStartOffset ? { leaderEpoch, endOffset: logStartOffset } : end
}

/** Tells a client that asked the wrong node the right one, along with the error (KIP-951). */
export function leaderHint(topic: Topic | undefined, index: number) {
  const partition = topic?.partitions[index]
  if (!partition) return {}
  return { currentLeader: { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch } }
}

/** Returns the addresses of the leaders that hints name. */
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
