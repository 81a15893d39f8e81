import { deleteRecords } from '../wire/apis/delete-records.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { ledPartition } from './leadership.js'

type Partition = RequestOf<typeof deleteRecords>['topics'][number]['partitions'][number]

/** Moves the beginning of partitions up (KIP-107). */
export const deleteRecordsHandler = handler({
  api: deleteRecords,

  async handle(request, context) {
    const topics = []
    for (const { name, partitions } of request.topics) {
      const answers = []
      for (const partition of partitions) answers.push(await answer(name, partition, context))
      topics.push({ name, partitions: answers })
    }
    return { throttleTimeMs: 0, topics }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        lowWatermark: -1n,
        errorCode: error.code,
      })),
    })),
  }),
})

async function answer(name: string, { partitionIndex, offset }: Partition, context: RequestContext) {
  try {
    const { topic } = ledPartition(context.broker.metadata.topic(name), partitionIndex, context)
    if (topic.internal) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
    if (!topic.settings.cleanupPolicy.delete) throw new KafkaError('POLICY_VIOLATION')
    const target = { topicId: topic.id, partition: partitionIndex }
    const lowWatermark = await context.broker.log.deleteRecords(target, offset)
    return { partitionIndex, lowWatermark, errorCode: errorCodes.NONE }
  } catch (thrown) {
    return { partitionIndex, lowWatermark: -1n, errorCode: context.explain(thrown).code }
  }
}
