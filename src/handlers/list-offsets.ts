import type { Isolation, TimestampedOffset } from '../engine/log-engine.js'
import { listOffsets } from '../wire/apis/list-offsets.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { isolationOf } from './isolation.js'
import { checkLeaderEpoch, type Led, ledPartition } from './leadership.js'

type Request = RequestOf<typeof listOffsets>
type Partition = Request['topics'][number]['partitions'][number]
type Answer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number]

/** What a timestamp below zero asks for, and from which version on. */
const latest = -1n
const earliest = -2n
const greatest = -3n
const earliestLocal = -4n
const latestTiered = -5n
const earliestPending = -6n
const since = new Map([
  [latest, 0],
  [earliest, 0],
  [greatest, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPending, 11],
])

/** Finds offsets: the beginning, the end, or the first record at or after a time. Each partition is answered once. */
export const listOffsetsHandler = handler({
  api: listOffsets,

  async handle(request, context) {
    const isolation = isolationOf(request.isolationLevel)
    const twice = askedTwice(request)
    const topics = new Map<string, Map<number, Answer>>()
    for (const { name, partitions } of request.topics) {
      for (const partition of partitions) {
        const isTwice = twice.has(`${name}/${partition.partitionIndex}`)
        const told = await answer(name, partition, { isolation, isTwice }, context)
        topics.set(name, (topics.get(name) ?? new Map()).set(partition.partitionIndex, told))
      }
    }
    return {
      topics: [...topics].map(([name, answers]) => ({ name, partitions: [...answers.values()] })),
    }
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
  { partitionIndex, timestamp, currentLeaderEpoch }: Partition,
  { isolation, isTwice }: { readonly isolation: Isolation; readonly isTwice: boolean },
  context: RequestContext,
): Promise<Answer> {
  try {
    if (isTwice) throw new KafkaError('INVALID_REQUEST', 'A partition was asked for twice.')
    if (timestamp < 0n && context.version < (since.get(timestamp) ?? Infinity)) {
      throw new KafkaError('UNSUPPORTED_VERSION')
    }
    const led = ledPartition(context.broker.metadata.topic(name), partitionIndex, context)
    checkLeaderEpoch(led.partition, currentLeaderEpoch)
    const found = await find(led, timestamp, isolation, context)
    if (!found) return { partitionIndex, errorCode: errorCodes.NONE }
    const { offset, timestampMs, leaderEpoch } = found
    return { partitionIndex, errorCode: errorCodes.NONE, timestamp: timestampMs, offset, leaderEpoch }
  } catch (thrown) {
    return { partitionIndex, errorCode: context.explain(thrown).code }
  }
}

function askedTwice({ topics }: Request): ReadonlySet<string> {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`
      if (once.has(key)) twice.add(key)
      once.add(key)
    }
  }
  return twice
}

async function find(
  { topic, partition }: Led,
  timestamp: bigint,
  isolation: Isolation,
  { broker: { log } }: RequestContext,
): Promise<TimestampedOffset | null> {
  const target = { topicId: topic.id, partition: partition.index }
  const { logStartOffset, highWatermark, lastStableOffset } = log.bounds(target)
  const end = isolation === 'read_committed' ? lastStableOffset : highWatermark
  switch (timestamp) {
    case latest:
      return { offset: end, timestampMs: -1n, leaderEpoch: partition.leaderEpoch }
    case earliest:
    case earliestLocal:
      return {
        offset: logStartOffset,
        timestampMs: -1n,
        leaderEpoch:
          logStartOffset === highWatermark ? partition.leaderEpoch : log.epochAt(target, logStartOffset),
      }
    case greatest:
      return before(end, await log.offsetOfMaxTimestamp(target))
    case latestTiered:
    case earliestPending:
      return null
    default:
      return before(end, await log.offsetForTime(target, timestamp))
  }
}

/** What the reader may not see yet is not found. */
const before = (end: bigint, found: TimestampedOffset | null): TimestampedOffset | null =>
  found !== null && found.offset < end ? found : null
