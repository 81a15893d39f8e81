import type { ReadRequest, ReadResult } from '../engine/log-engine.js'
import type { Topic } from '../engine/metadata.js'
import type { Answered, WantedPartition } from '../fetch/fetch-sessions.js'
import { longPoll } from '../fetch/long-poll.js'
import { fetch } from '../wire/apis/fetch.js'
import { codecs } from '../wire/compression.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { codecOf } from '../wire/record-batch.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { callerOf } from './group-caller.js'
import { handler, type RequestContext } from './handler.js'
import { checkLeaderEpoch, hintedNodes, leaderHint, ledPartition } from './leadership.js'

type Request = RequestOf<typeof fetch>
type Response = ResponseOf<typeof fetch>
type Answer = Response['responses'][number]['partitions'][number]

/** From this version on topics are named by their ids. */
const topicIdsSince = 13
const zstdSince = 10

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

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, responses: [] }),
})

async function read(
  wanted: readonly WantedPartition[],
  request: Request,
  context: RequestContext,
): Promise<Answer[]> {
  const { broker, connection, version } = context
  const answers: Answer[] = []
  const readable: { readonly at: number; readonly request: ReadRequest }[] = []
  for (const [at, partition] of wanted.entries()) {
    const found = check(partition, context)
    if ('request' in found) readable.push({ at, request: found.request })
    else answers[at] = found
  }
  const failed = readable.length < wanted.length
  const { clientId, clientHost } = callerOf(context)
  const hurries = broker.config.boolean('ottla.fetch.hurry')
  const results = await longPoll(
    broker,
    readable.map(each => each.request),
    {
      isolation: request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted',
      maxBytes: Math.min(request.maxBytes, broker.config.number('fetch.max.bytes')),
      minBytes: request.minBytes,
      maxWaitMs: failed ? 0 : longestWaitMs(request, context),
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
    answers[at] = answerOf(wanted[at] as WantedPartition, results[i] as ReadResult, version)
  }
  return answers
}

/** kafkajs waits 5 s, and until then neither notices a rebalance nor stops: an early empty answer costs less. */
function longestWaitMs({ maxWaitMs }: Request, { broker }: RequestContext): number {
  const most = broker.config.number('ottla.fetch.max.wait.ms')
  return most < 0 ? maxWaitMs : Math.min(maxWaitMs, most)
}

/** What to read of a partition, or why it cannot be read. */
function check(wanted: WantedPartition, context: RequestContext): { readonly request: ReadRequest } | Answer {
  const { broker, version } = context
  const byId = version >= topicIdsSince
  const topic: Topic | undefined = byId
    ? broker.metadata.topicById(wanted.topicId)
    : broker.metadata.topic(wanted.topic)
  try {
    const unknown = byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
    const led = ledPartition(topic, wanted.partition, context, unknown)
    checkLeaderEpoch(led.partition, wanted.currentLeaderEpoch)
    const target = { topicId: led.topic.id, partition: wanted.partition }
    return { request: { target, offset: wanted.fetchOffset, maxBytes: wanted.partitionMaxBytes } }
  } catch (thrown) {
    const error = context.explain(thrown)
    const hint = error.errorName === 'NOT_LEADER_OR_FOLLOWER' || error.errorName === 'FENCED_LEADER_EPOCH'
    return { ...failed(wanted, error.code), ...(hint ? leaderHint(topic, wanted.partition) : {}) }
  }
}

const failed = ({ partition }: WantedPartition, errorCode: number): Answer => ({
  partitionIndex: partition,
  errorCode,
  highWatermark: -1n,
  records: Buffer.alloc(0),
})

function answerOf(wanted: WantedPartition, result: ReadResult, version: number): Answer {
  const { highWatermark = -1n, lastStableOffset = -1n, logStartOffset = -1n } = result
  const bounds = { highWatermark, lastStableOffset, logStartOffset }
  if (result.kind === 'failed') return { ...failed(wanted, errorCodes[result.error]), ...bounds }
  if (version < zstdSince && result.batches.some(each => codecOf(each) === codecs.zstd)) {
    return { ...failed(wanted, errorCodes.UNSUPPORTED_COMPRESSION_TYPE), ...bounds }
  }
  return {
    partitionIndex: wanted.partition,
    errorCode: errorCodes.NONE,
    ...bounds,
    abortedTransactions: result.abortedTransactions,
    records: result.batches,
  }
}

function answeredOf(answer: Answer): Answered {
  const chunks = (answer.records ?? []) as Buffer | readonly Buffer[]
  const bytes = Array.isArray(chunks) ? chunks.reduce((sum, chunk) => sum + chunk.length, 0) : chunks.length
  const { errorCode, highWatermark, logStartOffset = -1n } = answer
  return { errorCode, highWatermark, logStartOffset, bytes }
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
