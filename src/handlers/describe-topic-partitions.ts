import type { Topic } from '../engine/metadata-store.js'
import { sortedInTurns, Turns } from '../time/turns.js'
import { complaintAbout } from '../topics/topic-name.js'
import { describeTopicPartitions } from '../wire/apis/describe-topic-partitions.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { topicOperations } from './shared/authorized-operations.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof describeTopicPartitions>
type Response = ResponseOf<typeof describeTopicPartitions>
type Topics = Response['topics']

/** Describes topics page by page (KIP-966): a cursor tells where the next page begins. */
export const describeTopicPartitionsHandler = handler({
  api: describeTopicPartitions,

  async handle(request, context): Promise<Response> {
    const { metadata, config } = context.broker
    const { cursor } = request
    if (cursor && cursor.partitionIndex < 0) {
      throw new KafkaError(
        'INVALID_REQUEST',
        'DescribeTopicPartitionsRequest cursor partition must be valid.',
      )
    }
    const turns = new Turns()
    const names = await namesOf(request, context, turns)
    const limit = config.number('max.request.partition.size.limit')
    let left = Math.max(1, Math.min(limit, request.responsePartitionLimit))
    const topics: Topics[number][] = []
    for (const name of names) {
      const pause = turns.pause()
      if (pause) await pause
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
    topics: request.topics.map(({ name }) => ({ ...noTopic, name, errorCode: error.code })),
  }),
})

/** Returns the names of the topics in their order, beginning at the cursor. */
async function namesOf(
  { topics, cursor }: Request,
  { broker }: RequestContext,
  turns: Turns,
): Promise<string[]> {
  const names = new Set<string>()
  for (const { name } of topics.length > 0 ? topics : broker.metadata.topics()) {
    names.add(name)
    const pause = turns.pause()
    if (pause) await pause
  }
  // Kafka has no answer of its own for it, either.
  if (names.has('')) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'A topic has no name.')
  if (cursor && topics.length > 0 && !names.has(cursor.topicName)) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `DescribeTopicPartitionsRequest topic list should contain the cursor topic: ${cursor.topicName}`,
    )
  }
  const wanted = cursor ? [...names].filter(name => name >= cursor.topicName) : [...names]
  return sortedInTurns(wanted, turns)
}

const noTopic = { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions: [] } as const

function missing(name: string): Topics[number] {
  const errorCode =
    errorCodes[complaintAbout(name) ? 'INVALID_TOPIC_EXCEPTION' : 'UNKNOWN_TOPIC_OR_PARTITION']
  return { ...noTopic, errorCode, name, topicAuthorizedOperations: topicOperations }
}

function page(topic: Topic, first: number, most: number, { broker }: RequestContext): Topics[number] {
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
