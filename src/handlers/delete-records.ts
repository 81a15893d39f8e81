import { deleteRecords } from '../wire/apis/delete-records.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { ledPartition } from './leadership.js'

type Answer = ResponseOf<typeof deleteRecords>['topics'][number]['partitions'][number]
type Partition = RequestOf<typeof deleteRecords>['topics'][number]['partitions'][number]

/** Moves the beginning of partitions up (KIP-107). Each partition is answered once, with what came last. */
export const deleteRecordsHandler = handler({
  api: deleteRecords,

  async handle(request, context) {
    const topics = new Map<string, Map<number, Answer>>()
    for (const { name, partitions } of request.topics) {
      for (const partition of partitions) {
        const told = await answer(name, partition, context)
        topics.set(name, (topics.get(name) ?? new Map()).set(partition.partitionIndex, told))
      }
    }
    return {
      throttleTimeMs: 0,
      topics: [...topics].map(([name, answers]) => ({ name, partitions: [...answers.values()] })),
    }
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

async function answer(
  name: string,
  { partitionIndex, offset }: Partition,
  context: RequestContext,
): Promise<Answer> {
  try {
    const { topic } = ledPartition(context.broker.metadata.topic(name), partitionIndex, context)
    if (topic.internal) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
    const { cleanupPolicy } = topic.settings
    if (cleanupPolicy.compact && !cleanupPolicy.delete) throw new KafkaError('POLICY_VIOLATION')
    const target = { topicId: topic.id, partition: partitionIndex }
    const lowWatermark = await context.broker.log.deleteRecords(target, offset)
    return { partitionIndex, lowWatermark, errorCode: errorCodes.NONE }
  } catch (thrown) {
    return { partitionIndex, lowWatermark: -1n, errorCode: context.explain(thrown).code }
  }
}
