import type { LogEngine, ReadRequest, ReadResult } from '../engine/log-engine.js'
import type { Topic } from '../engine/metadata.js'
import type { Answered, WantedPartition } from '../fetch/fetch-sessions.js'
import { longPoll } from '../fetch/long-poll.js'
import { fetch } from '../wire/apis/fetch.js'
import { codecs } from '../wire/compression.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { codecOf, splitBatches } from '../wire/record-batch.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { callerOf } from './group-caller.js'
import { handler, type RequestContext } from './handler.js'
import { isolationOf } from './isolation.js'
import {
  checkLeaderEpoch,
  endOfEpoch,
  hintedNodes,
  type Led,
  leaderHint,
  ledPartition,
} from './leadership.js'

type Request = RequestOf<typeof fetch>
type Response = ResponseOf<typeof fetch>
type Answer = Response['responses'][number]['partitions'][number]

/** From this version on topics are named by their ids. */
const topicIdsSince = 13
const zstdSince = 10
/** From this version on a client that asked the wrong node is told the right one (KIP-951). */
const hintsSince = 16

/** Gives a consumer the batches from its offsets on, waiting for more where there are too few (KIP-227, KIP-516). */
export const fetchHandler = handler({
  api: fetch,

  async handle(request, context): Promise<Response> {
    const { fetchSessions } = context.broker
    if (request.replicaId >= 0 || request.replicaState.replicaId >= 0) {
      throw new KafkaError(
        'INVALID_REQUEST',
        'There are no replicas to fetch for: all nodes share one storage.',
      )
    }
    const session = fetchSessions.begin({
      sessionId: request.sessionId,
      sessionEpoch: request.sessionEpoch,
      usesTopicIds: context.version >= topicIdsSince,
      wanted: request.topics.flatMap(({ topic, topicId, partitions }) =>
        partitions.map(partition => ({ ...partition, topic, topicId })),
      ),
      forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
        partitions.map(partition => ({ topic, topicId, partition })),
      ),
    })
    const answers = await read(session.partitions, request, context)
    const { sessionId, told } = session.finish(answers.map(answeredOf))
    const responses = byTopic(session.partitions, answers, told)
    const nodeEndpoints = hintedNodes(answers, context)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, sessionId, responses, nodeEndpoints }
  },

  /** Before version 7 there is no error but those of the partitions; from 13 on the topics have no names to list. */
  refuse: ({ topics }, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    responses: topics
      .filter(({ topic }) => topic !== '')
      .map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => withoutRecords(partition, error.code)),
      })),
  }),
})

async function read(
  wanted: readonly WantedPartition[],
  request: Request,
  context: RequestContext,
): Promise<Answer[]> {
  const { broker, connection } = context
  const maxBytes = Math.max(0, Math.min(request.maxBytes, broker.config.number('fetch.max.bytes')))
  const answers: Answer[] = []
  const readable: { readonly at: number; readonly request: ReadRequest }[] = []
  for (const [at, partition] of wanted.entries()) {
    const found = check(partition, maxBytes, context)
    if ('request' in found) readable.push({ at, request: found.request })
    else answers[at] = found
  }
  const answeredAlready = readable.length < wanted.length
  const { clientId, clientHost } = callerOf(context)
  const hurries = broker.config.boolean('ottla.fetch.hurry')
  const results = await longPoll(
    broker,
    readable.map(each => each.request),
    {
      isolation: isolationOf(request.isolationLevel),
      maxBytes,
      minBytes: request.minBytes,
      maxWaitMs: answeredAlready ? 0 : longestWaitMs(request, context),
    },
    hurry => {
      const forget = broker.parkedFetches.park(clientId, clientHost, hurry)
      const calm = hurries ? connection.onHurry(hurry) : () => {}
      return () => {
        forget()
        calm()
      }
    },
  )
  for (const [i, { at }] of readable.entries()) {
    answers[at] = answerOf(wanted[at] as WantedPartition, results[i] as ReadResult, context)
  }
  return answers
}

/** kafkajs waits 5 s, and until then neither notices a rebalance nor stops: an early empty answer costs less. */
function longestWaitMs({ maxWaitMs }: Request, { broker }: RequestContext): number {
  const most = broker.config.number('ottla.fetch.max.wait.ms')
  return most < 0 ? maxWaitMs : Math.min(maxWaitMs, most)
}

/** What to read of a partition, or the answer where there is nothing to read. */
function check(
  wanted: WantedPartition,
  mostBytes: number,
  context: RequestContext,
): { readonly request: ReadRequest } | Answer {
  const { broker, version } = context
  const byId = version >= topicIdsSince
  const topic: Topic | undefined = byId
    ? broker.metadata.topicById(wanted.topicId)
    : broker.metadata.topic(wanted.topic)
  try {
    const led = ledPartition(topic, wanted.partition, context, byId ? unknownId : unknownName)
    checkLeaderEpoch(led.partition, wanted.currentLeaderEpoch)
    const target = { topicId: led.topic.id, partition: wanted.partition }
    const maxBytes = Math.max(0, Math.min(wanted.partitionMaxBytes, mostBytes))
    const request = { target, offset: wanted.fetchOffset, maxBytes }
    return diverged(wanted, request, led, broker.log) ?? { request }
  } catch (thrown) {
    const error = context.explain(thrown)
    const moved = error.errorName === 'NOT_LEADER_OR_FOLLOWER' || error.errorName === 'FENCED_LEADER_EPOCH'
    const hint = moved && version >= hintsSince ? leaderHint(topic, wanted.partition) : {}
    return { ...withoutRecords(wanted.partition, error.code), ...hint }
  }
}

const unknownName = 'UNKNOWN_TOPIC_OR_PARTITION'
const unknownId = 'UNKNOWN_TOPIC_ID'

/** Where the log parts from what the client has read before, if it does (KIP-595). */
function diverged(
  { lastFetchedEpoch, fetchOffset, partition }: WantedPartition,
  { target }: ReadRequest,
  led: Led,
  log: LogEngine,
): Answer | null {
  if (lastFetchedEpoch < 0) return null
  const end = endOfEpoch(led, lastFetchedEpoch, log)
  if (!end) throw new KafkaError('OFFSET_OUT_OF_RANGE')
  if (end.leaderEpoch >= lastFetchedEpoch && end.endOffset >= fetchOffset) return null
  const divergingEpoch = { epoch: end.leaderEpoch, endOffset: end.endOffset }
  return { ...withoutRecords(partition, errorCodes.NONE), ...log.bounds(target), divergingEpoch }
}

const withoutRecords = (partition: number, errorCode: number): Answer => ({
  partitionIndex: partition,
  errorCode,
  highWatermark: -1n,
  records: Buffer.alloc(0),
})

function answerOf(wanted: WantedPartition, result: ReadResult, { broker, version }: RequestContext): Answer {
  const { highWatermark = -1n, lastStableOffset = -1n, logStartOffset = -1n } = result
  const bounds = { highWatermark, lastStableOffset, logStartOffset }
  if (result.kind === 'failed') {
    const gone = version >= topicIdsSince && !broker.metadata.topicById(wanted.topicId)
    return { ...withoutRecords(wanted.partition, errorCodes[gone ? unknownId : result.error]), ...bounds }
  }
  if (version < zstdSince && result.batches.some(holdsZstd)) {
    return { ...withoutRecords(wanted.partition, errorCodes.UNSUPPORTED_COMPRESSION_TYPE), ...bounds }
  }
  return {
    partitionIndex: wanted.partition,
    errorCode: errorCodes.NONE,
    ...bounds,
    abortedTransactions: result.abortedTransactions,
    records: result.batches,
  }
}

/** Of one or more batches that lie one after the other. */
const holdsZstd = (bytes: Buffer): boolean =>
  splitBatches(bytes).some(batch => codecOf(batch) === codecs.zstd)

function answeredOf(answer: Answer): Answered {
  const chunks = (answer.records ?? []) as Buffer | readonly Buffer[]
  const bytes = Array.isArray(chunks) ? chunks.reduce((sum, chunk) => sum + chunk.length, 0) : chunks.length
  const { errorCode, highWatermark, logStartOffset = -1n, divergingEpoch } = answer
  return { errorCode, highWatermark, logStartOffset, bytes, diverged: divergingEpoch !== undefined }
}

function byTopic(
  wanted: readonly WantedPartition[],
  answers: readonly Answer[],
  told: readonly boolean[],
): Response['responses'] {
  const topics = new Map<string, { topic: string; topicId: string; partitions: Answer[] }>()
  for (const [i, { topic, topicId }] of wanted.entries()) {
    if (!told[i]) continue
    const key = `${topic}/${topicId}`
    const entry = topics.get(key) ?? { topic, topicId, partitions: [] }
    topics.set(key, entry)
    entry.partitions.push(answers[i] as Answer)
  }
  return [...topics.values()]
}
