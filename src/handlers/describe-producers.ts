import type { ActiveProducer, Answered, TopicPartition } from '../engine/log-engine.js'
import { checkTopicName } from '../topics/topic-name.js'
import { describeProducers } from '../wire/apis/describe-producers.js'
import { KafkaError } from '../wire/errors.js'
import { failure, handler, type RequestContext, success } from './handler.js'
import { ledPartition } from './leadership.js'

/** Tells which idempotent producers a partition remembers (KIP-664). */
export const describeProducersHandler = handler({
  api: describeProducers,

  async handle(request, context) {
    const places = request.topics.map(({ name, partitionIndexes }) =>
      partitionIndexes.map(index => place(name, index, context)),
    )
    const targets = places.flat().filter(isTarget)
    const found = (await context.broker.log.producers(targets)).values()
    const outcome = (each: TopicPartition | KafkaError) =>
      each instanceof KafkaError ? each : (found.next().value as Answered<readonly ActiveProducer[]>)
    return {
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitionIndexes }, t) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex, p) => ({
          partitionIndex,
          ...answerOf(outcome(places[t]?.[p] as TopicPartition | KafkaError), context),
        })),
      })),
    }
  },

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

const isTarget = (each: TopicPartition | KafkaError): each is TopicPartition => !(each instanceof KafkaError)

/** The partition that is asked about, or why it is not answered here. */
function place(name: string, partition: number, context: RequestContext): TopicPartition | KafkaError {
  try {
    checkTopicName(name)
    const known = context.broker.metadata.topic(name)
    if (!known) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`)
    const { topic } = ledPartition(known, partition, context)
    return { topicId: topic.id, partition }
  } catch (thrown) {
    return context.explain(thrown)
  }
}

function answerOf(found: Answered<readonly ActiveProducer[]>, context: RequestContext) {
  if (found instanceof KafkaError) return { ...failure(found, context), activeProducers: [] }
  const activeProducers = found.map(producer => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestampMs,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTransactionStartOffset,
  }))
  return { ...success, activeProducers }
}
