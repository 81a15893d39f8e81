import { complaintAbout } from '../cluster/topic-name.js'
import type { Topic } from '../engine/metadata.js'
import { describeTopicPartitions } from '../wire/apis/describe-topic-partitions.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { topicOperations } from './authorized-operations.js'
import { handler, type RequestContext } from './handler.js'

type Response = ResponseOf<typeof describeTopicPartitions>

/** Describes topics page by page (KIP-966): a cursor says where the next page begins. */
export const describeTopicPartitionsHandler = handler({
  api: describeTopicPartitions,

  handle(request, context): Response {
    const { metadata, config } = context.broker
    const { cursor } = request
    checkCursor(request)
    const asked = request.topics.length > 0 ? request.topics : [...metadata.topics()]
    const names = [...new Set(asked.map(topic => topic.name))].sort()
    const most = Math.min(config.number('max.request.partition.size.limit'), request.responsePartitionLimit)
    let left = Math.max(most, 1)
    const topics: Response['topics'][number][] = []
    for (const name of names) {
      if (cursor && name < cursor.topicName) continue
      const first = name === cursor?.topicName ? cursor.partitionIndex : 0
      const topic = metadata.topic(name)
      if (left <= 0)
        return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: first } }
      const answer = topic ? page(topic, first, left, context) : missing(name)
      topics.push(answer)
      left -= answer.partitions.length
      const next = first + answer.partitions.length
      if (topic && next < topic.partitions.length) {
        return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: next } }
      }
    }
    return { throttleTimeMs: 0, topics }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => ({
      errorCode: error.code,
      name,
      topicId: noId,
      partitions: [],
    })),
  }),
})

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

function checkCursor({ cursor, topics }: RequestOf<typeof describeTopicPartitions>): void {
  if (!cursor) return
  if (topics.length > 0 && !topics.some(({ name }) => name === cursor.topicName)) {
    throw new KafkaError('INVALID_REQUEST', `The cursor's topic ${cursor.topicName} was not asked for.`)
  }
  if (cursor.partitionIndex < 0) {
    throw new KafkaError('INVALID_REQUEST', `The cursor cannot be at partition ${cursor.partitionIndex}.`)
  }
}

function missing(name: string): Response['topics'][number] {
  const errorCode = complaintAbout(name)
    ? errorCodes.INVALID_TOPIC_EXCEPTION
    : errorCodes.UNKNOWN_TOPIC_OR_PARTITION
  return { errorCode, name, topicId: noId, partitions: [], topicAuthorizedOperations: topicOperations }
}

function page(
  topic: Topic,
  first: number,
  most: number,
  { broker }: RequestContext,
): Response['topics'][number] {
  const dead = new Set(
    broker.cluster
      .nodes()
      .filter(node => !node.alive)
      .map(node => node.id),
  )
  return {
    errorCode: errorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: topic.partitions.slice(first, first + most).map(partition => ({
      errorCode: partition.leader < 0 ? errorCodes.LEADER_NOT_AVAILABLE : errorCodes.NONE,
      partitionIndex: partition.index,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: partition.replicas.filter(id => dead.has(id)),
    })),
    topicAuthorizedOperations: topicOperations,
  }
}
