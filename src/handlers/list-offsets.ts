import type { TimestampedOffset } from '../engine/log-engine.js'
import { listOffsets } from '../wire/apis/list-offsets.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { checkLeaderEpoch, type Led, ledPartition } from './leadership.js'

type Request = RequestOf<typeof listOffsets>
type Partition = Request['topics'][number]['partitions'][number]
type Answer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number]

/** What a timestamp below zero asks for, and from which version on (ListOffsetsRequest of Kafka). */
const latest = -1n
const earliest = -2n
const greatest = -3n
const earliestLocal = -4n
const latestTiered = -5n
const earliestPending = -6n
const since = new Map([
  [greatest, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPending, 11],
])

/** Finds offsets: the beginning, the end, or the first record at or after a time. */
export const listOffsetsHandler = handler({
  api: listOffsets,

  async handle(request, context) {
    const topics = []
    for (const { name, partitions } of request.topics) {
      const answers: Answer[] = []
      for (const partition of partitions) answers.push(await answer(name, partition, request, context))
      topics.push({ name, partitions: answers })
    }
    return { topics }
  },

  refuse: (request, error) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
    })),
  }),
})

async function answer(
  name: string,
  wanted: Partition,
  request: Request,
  context: RequestContext,
): Promise<Answer> {
  const { partitionIndex, timestamp, currentLeaderEpoch } = wanted
  try {
    checkDuplicates(name, partitionIndex, request)
    if (context.version < (since.get(timestamp) ?? 0)) throw new KafkaError('UNSUPPORTED_VERSION')
    const led = ledPartition(context.broker.metadata.topic(name), partitionIndex, context)
    checkLeaderEpoch(led.partition, currentLeaderEpoch)
    const found = await find(led, timestamp, request.isolationLevel === 1, context)
    if (!found) return { partitionIndex, errorCode: errorCodes.NONE }
    const { offset, timestampMs, leaderEpoch } = found
    return { partitionIndex, errorCode: errorCodes.NONE, timestamp: timestampMs, offset, leaderEpoch }
  } catch (thrown) {
    return { partitionIndex, errorCode: context.explain(thrown).code }
  }
}

function checkDuplicates(name: string, index: number, { topics }: Request): void {
  const asked = topics
    .filter(topic => topic.name === name)
    .flatMap(({ partitions }) => partitions.filter(partition => partition.partitionIndex === index))
  if (asked.length > 1) throw new KafkaError('INVALID_REQUEST', 'A partition was asked for twice.')
}

async function find(
  { topic, partition }: Led,
  timestamp: bigint,
  committed: boolean,
  { broker: { log } }: RequestContext,
): Promise<TimestampedOffset | null> {
  const target = { topicId: topic.id, partition: partition.index }
  const { logStartOffset, highWatermark, lastStableOffset } = log.bounds(target)
  switch (timestamp) {
    case latest: {
      const offset = committed ? lastStableOffset : highWatermark
      return { offset, timestampMs: -1n, leaderEpoch: partition.leaderEpoch }
    }
    case earliest:
    case earliestLocal:
      return {
        offset: logStartOffset,
        timestampMs: -1n,
        leaderEpoch: log.epochAt(target, logStartOffset),
      }
    case greatest:
      return log.offsetOfMaxTimestamp(target)
    case latestTiered:
    case earliestPending:
      return null
    default:
      return log.offsetForTime(target, timestamp)
  }
}
