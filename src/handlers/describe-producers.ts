import { checkTopicName } from '../topics/topic-name.js'
import { describeProducers } from '../wire/apis/describe-producers.js'
import { KafkaError } from '../wire/errors.js'
import { failure, handler, type RequestContext, success } from './handler.js'
import { ledPartition } from './leadership.js'

/** Tells which idempotent producers a partition remembers (KIP-664). */
export const describeProducersHandler = handler({
  api: describeProducers,

  handle: (request, context) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(index => ({ partitionIndex: index, ...answer(name, index, context) })),
    })),
  }),

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(partitionIndex => ({
        partitionIndex,
        errorCode: error.code,
        errorMessage: error.message,
        activeProducers: [],
      })),
    })),
  }),
})

function answer(name: string, partition: number, context: RequestContext) {
  const { metadata, log } = context.broker
  try {
    checkTopicName(name)
    const known = metadata.topic(name)
    if (!known) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`)
    const { topic } = ledPartition(known, partition, context)
    const activeProducers = log.producers({ topicId: topic.id, partition }).map(producer => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: producer.lastSequence,
      lastTimestamp: producer.lastTimestampMs,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTxnStartOffset: producer.currentTransactionStartOffset,
    }))
    return { ...success, activeProducers }
  } catch (thrown) {
    return { ...failure(thrown, context), activeProducers: [] }
  }
}
