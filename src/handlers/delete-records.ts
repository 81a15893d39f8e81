import type { Answered, Offset, OffsetOf } from '../engine/log-engine.js'
import { inTurns, Turns } from '../time/turns.js'
import { deleteRecords } from '../wire/apis/delete-records.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { ledPartition } from './shared/leadership.js'

type Answer = ResponseOf<typeof deleteRecords>['topics'][number]['partitions'][number]
type Partition = RequestOf<typeof deleteRecords>['topics'][number]['partitions'][number]

/** Moves the beginning of partitions up (KIP-107). Each partition is answered once, for the offset named last. */
export const deleteRecordsHandler = handler({
  api: deleteRecords,

  async handle(request, context) {
    const places = new Map<string, Map<number, OffsetOf | KafkaError>>()
    const turns = new Turns()
    for (const { name, partitions } of request.topics) {
      const known = places.get(name) ?? new Map<number, OffsetOf | KafkaError>()
      for (const partition of partitions) {
        known.set(partition.partitionIndex, place(name, partition, context))
        const pause = turns.pause()
        if (pause) await pause
      }
      if (known.size > 0) places.set(name, known)
    }
    const wanted: OffsetOf[] = []
    for (const known of places.values())
      for (const each of known.values()) if (isAllowed(each)) wanted.push(each)
    const starts = (await context.broker.log.deleteRecords(wanted)).values()
    const outcome = (each: OffsetOf | KafkaError) =>
      each instanceof KafkaError ? each : (starts.next().value as Answered<Offset>)
    return {
      throttleTimeMs: 0,
      topics: await inTurns(
        places,
        async ([name, known]) => ({
          name,
          partitions: await inTurns(known, ([index, each]) => answerOf(index, outcome(each)), turns),
        }),
        turns,
      ),
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

const isAllowed = (each: OffsetOf | KafkaError): each is OffsetOf => !(each instanceof KafkaError)

/** Returns the offset at which the partition is to begin, or the error for which it is not moved. */
function place(name: string, { partitionIndex, offset }: Partition, context: RequestContext) {
  try {
    const { topic } = ledPartition(context.broker.metadata.topic(name), partitionIndex, context)
    if (topic.internal) throw new KafkaError('INVALID_TOPIC_EXCEPTION')
    const { cleanupPolicy } = topic.settings
    if (cleanupPolicy.compact && !cleanupPolicy.delete) throw new KafkaError('POLICY_VIOLATION')
    return { target: { topicId: topic.id, partition: partitionIndex }, offset }
  } catch (thrown) {
    return context.explain(thrown)
  }
}

function answerOf(partitionIndex: number, start: Answered<Offset>): Answer {
  if (start instanceof KafkaError) return { partitionIndex, lowWatermark: -1n, errorCode: start.code }
  return { partitionIndex, lowWatermark: start, errorCode: errorCodes.NONE }
}
