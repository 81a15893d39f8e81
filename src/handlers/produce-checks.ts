import type { AppendBatch } from '../engine/log-engine.js'
import type { Topic } from '../engine/metadata.js'
import type { produce } from '../wire/apis/produce.js'
import { checkClientBatch, clientBatch } from '../wire/client-batch.js'
import { codecs } from '../wire/compression.js'
import { KafkaError } from '../wire/errors.js'
import { codecOf } from '../wire/record-batch.js'
import type { RequestOf } from '../wire/schema.js'
import type { RequestContext } from './handler.js'
import { ledPartition } from './leadership.js'
import { checkRecords } from './record-checks.js'

type TopicData = RequestOf<typeof produce>['topicData'][number]
type Partition = TopicData['partitionData'][number]

/** A batch for a partition that there is. */
export interface RequestedBatch extends AppendBatch {
  readonly topic: Topic
}

const topicIdsSince = 13
const zstdSince = 7

/** What can be said of the request without the log (KafkaApis.handleProduceRequest). */
export function requestedBatch(
  { name, topicId }: TopicData,
  { index, records }: Partition,
  { broker, version }: RequestContext,
): RequestedBatch {
  const byId = version >= topicIdsSince
  const topic = byId ? broker.metadata.topicById(topicId) : broker.metadata.topic(name)
  if (!topic) throw new KafkaError(byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  const bytes = clientBatch(records)
  if (codecOf(bytes) === codecs.zstd && version < zstdSince) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE')
  }
  return { topic, target: { topicId: topic.id, partition: index }, bytes, fence: partition.leaderEpoch }
}

/**
 * What is asked before the log takes the batch (ReplicaManager.appendToLocalLog, UnifiedLog.append). A
 * partition of fewer replicas than min.insync.replicas needs all of them (KIP-966). Returns a promise only where
 * the records have to be decompressed.
 */
export function checkForLog(
  { target, bytes }: AppendBatch,
  topic: Topic,
  acks: number,
  context: RequestContext,
): Promise<void> | null {
  if (acks < -1 || acks > 1) throw new KafkaError('INVALID_REQUIRED_ACKS')
  if (topic.internal) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
  const { partition } = ledPartition(topic, target.partition, context)
  const { settings } = topic
  const needed = Math.min(settings.minInsyncReplicas, partition.replicas.length)
  if (acks === -1 && partition.isr.length < needed) throw new KafkaError('NOT_ENOUGH_REPLICAS')
  checkClientBatch(bytes, settings.maxMessageBytes)
  return checkRecords(bytes, settings, context.broker.clock.now())
}
