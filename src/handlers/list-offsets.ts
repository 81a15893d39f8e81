import type {
  Answered,
  Bounds,
  Isolation,
  LogEngine,
  OffsetQuery,
  TimestampedOffset,
  TopicPartition,
} from '../engine/log-engine.js'
import { inTurns, Turns } from '../time/turns.js'
import { listOffsets } from '../wire/apis/list-offsets.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { isolationOf } from './shared/isolation.js'
import { checkLeaderEpoch, type Led, ledPartition } from './shared/leadership.js'

type Request = RequestOf<typeof listOffsets>
type Partition = Request['topics'][number]['partitions'][number]
type Answer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number]

/** Timestamps below zero ask for these offsets, each from a version on. */
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
  replyLength: 'brief',

  async handle(request, context) {
    const turns = new Turns()
    const twice = await askedTwice(request, turns)
    const topics = new Map<string, Map<number, Answer>>()
    const sought: Sought[] = []
    for (const { name, partitions } of request.topics) {
      const answers = topics.get(name) ?? new Map<number, Answer>()
      if (partitions.length > 0) topics.set(name, answers)
      for (const partition of partitions) {
        const { partitionIndex } = partition
        const isTwice = twice.has(`${name}/${partitionIndex}`)
        const found = seek(name, partition, isTwice, context)
        if ('led' in found) sought.push(found)
        answers.set(partitionIndex, 'led' in found ? { partitionIndex, errorCode: errorCodes.NONE } : found)
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    const found = await find(sought, isolationOf(request.isolationLevel), context.broker.log)
    for (const [i, { led }] of sought.entries()) {
      const { index } = led.partition
      topics.get(led.topic.name)?.set(index, answerOf(index, found[i] ?? null))
      const pause = turns.pause()
      if (pause) await pause
    }
    const told = ([name, answers]: [string, Map<number, Answer>]) => ({
      name,
      partitions: [...answers.values()],
    })
    return { topics: await inTurns(topics, told, turns) }
  },

  refuse: (request, error) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
    })),
  }),
})

/** An offset that is looked for. */
interface Sought {
  readonly led: Led
  readonly target: TopicPartition
  readonly timestamp: bigint
}

/** Returns what to look for, or the answer where nothing is to be looked for. */
function seek(
  name: string,
  { partitionIndex, timestamp, currentLeaderEpoch }: Partition,
  isTwice: boolean,
  context: RequestContext,
): Sought | Answer {
  try {
    if (isTwice) throw new KafkaError('INVALID_REQUEST', 'A partition was asked for twice.')
    if (timestamp < 0n && context.version < (since.get(timestamp) ?? Infinity)) {
      throw new KafkaError('UNSUPPORTED_VERSION')
    }
    const led = ledPartition(context.broker.metadata.topic(name), partitionIndex, context)
    checkLeaderEpoch(led.partition, currentLeaderEpoch)
    return { led, target: { topicId: led.topic.id, partition: partitionIndex }, timestamp }
  } catch (thrown) {
    return { partitionIndex, errorCode: context.explain(thrown).code }
  }
}

function answerOf(partitionIndex: number, found: Found): Answer {
  if (found instanceof KafkaError) return { partitionIndex, errorCode: found.code }
  if (found === null) return { partitionIndex, errorCode: errorCodes.NONE }
  const { offset, timestampMs, leaderEpoch } = found
  return { partitionIndex, errorCode: errorCodes.NONE, timestamp: timestampMs, offset, leaderEpoch }
}

async function askedTwice({ topics }: Request, turns: Turns): Promise<ReadonlySet<string>> {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`
      if (once.has(key)) twice.add(key)
      once.add(key)
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  return twice
}

type Found = Answered<TimestampedOffset | null>

/**
 * Returns the answers in the order of the questions. Bounds are read for all, records are looked for where a time is
 * given.
 */
async function find(sought: readonly Sought[], isolation: Isolation, log: LogEngine): Promise<Found[]> {
  const bounds = await log.bounds(sought.map(({ target }) => target))
  const times = sought.filter(({ timestamp }) => timestamp >= 0n || timestamp === greatest)
  const records = (await log.offsetsFor(times.map(queryOf))).values()
  const starts = sought.flatMap(({ target, timestamp }, i) => {
    const known = bounds[i]
    const isStart = timestamp === earliest || timestamp === earliestLocal
    return isStart && known && !(known instanceof KafkaError)
      ? [{ target, offset: known.logStartOffset }]
      : []
  })
  const epochs = (await log.epochsAt(starts)).values()
  return sought.map(({ led, timestamp }, i) => {
    const record = timestamp >= 0n || timestamp === greatest ? (records.next().value as Found) : null
    const known = bounds[i] as Answered<Bounds>
    if (known instanceof KafkaError) return known
    const end = isolation === 'read_committed' ? known.lastStableOffset : known.highWatermark
    switch (timestamp) {
      case latest:
        return { offset: end, timestampMs: -1n, leaderEpoch: led.partition.leaderEpoch }
      case earliest:
      case earliestLocal:
        return startOf(known, epochs.next().value as Answered<number>, led)
      case latestTiered:
      case earliestPending:
        return null
      default:
        return before(end, record)
    }
  })
}

const queryOf = ({ target, timestamp }: Sought): OffsetQuery => ({
  target,
  timestampMs: timestamp === greatest ? 'greatest' : timestamp,
})

function startOf(
  { logStartOffset, highWatermark }: Bounds,
  epoch: Answered<number>,
  { partition }: Led,
): Found {
  if (epoch instanceof KafkaError) return epoch
  const leaderEpoch = logStartOffset === highWatermark ? partition.leaderEpoch : epoch
  return { offset: logStartOffset, timestampMs: -1n, leaderEpoch }
}

/** Returns what was found, null where it lies at or beyond the end that the reader may see. */
const before = (end: bigint, found: Found): Found =>
  found === null || found instanceof KafkaError || found.offset < end ? found : null
