import type { AppendBatch, AppendOptions, AppendResult } from '../engine/log-engine.js'
import type { Topic } from '../engine/metadata-store.js'
import { batchOfRequest, checkClientBatch, checkPartition, firstBatch } from '../records/admission.js'
import { isTransactional } from '../records/record-batch.js'
import { Turns } from '../time/turns.js'
import { produce } from '../wire/apis/produce.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { hintedNodes, leaderHint } from './shared/leadership.js'
import {
  type Answer,
  answerOf,
  failed,
  type Place,
  refused,
  tellLogStarts,
} from './shared/produce-answers.js'
import { joinedBatches, type RequestedBatch } from './shared/produce-transaction.js'

const topicIdsSince = 13

type Request = RequestOf<typeof produce>
type TopicData = Request['topicData'][number]
type Partition = TopicData['partitionData'][number]

/**
 * Appends each partition's batch, all of a request in one call of the engine: one bad partition never fails its
 * neighbours. With acks=0 the client waits for no answer, so a failure closes the connection.
 */
export const produceHandler = handler({
  api: produce,
  replyLength: 'brief',

  async handle(request, context) {
    const turns = isOfOne(request.topicData) ? null : new Turns()
    const topics = turns ? await onceEach(request.topicData, turns) : request.topicData
    checkAll(topics, request)
    const answers = await append(topics, request, context, turns)
    context.quota?.produced()
    if (request.acks === 0) {
      const isFailed = ({ errorCode }: Answer) => errorCode !== errorCodes.NONE
      if (!answers.some(each => each.some(isFailed))) return null
      throw new KafkaError('UNKNOWN_SERVER_ERROR', 'An append that nobody waits for failed.')
    }
    const responses: { name: string; topicId: string; partitionResponses: Answer[] }[] = []
    const hints: Answer[] = []
    for (const [i, { name, topicId }] of topics.entries()) {
      const partitionResponses = answers[i] as Answer[]
      for (const each of partitionResponses) if (each.currentLeader) hints.push(each)
      responses.push({ name, topicId, partitionResponses })
      const pause = turns?.pause()
      if (pause) await pause
    }
    return { responses, nodeEndpoints: hintedNodes(hints, context) }
  },

  refuse: (request, error) => ({
    responses: request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(partition => ({
        ...failed(partition, error),
        errorMessage: error.detail,
      })),
    })),
  }),

  silent: request => request.acks === 0,
  keepsNothing: true, // records are written, not kept
})

const isOfOne = (topicData: readonly TopicData[]): boolean =>
  topicData.length === 1 && topicData[0]?.partitionData.length === 1

/**
 * Returns each partition once. Kafka keeps them in a map, too: of a partition that is named again the later batch
 * replaces the one before.
 */
async function onceEach(topicData: readonly TopicData[], turns: Turns): Promise<readonly TopicData[]> {
  const topics = new Map<string, { readonly topic: TopicData; readonly partitions: Map<number, Partition> }>()
  for (const topic of topicData) {
    const key = `${topic.name}/${topic.topicId}`
    for (const partition of topic.partitionData) {
      const known = topics.get(key) ?? { topic, partitions: new Map() }
      topics.set(key, known)
      known.partitions.set(partition.index, partition)
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  const unique: TopicData[] = []
  for (const { topic, partitions } of topics.values()) {
    const { name, topicId } = topic
    unique.push({ name, topicId, partitionData: [...partitions.values()] })
    const pause = turns.pause()
    if (pause) await pause
  }
  return unique
}

/**
 * Checks what Kafka looks for in all batches before it looks at any: a batch that is torn or transactional fails its
 * neighbours, too.
 */
function checkAll(topics: readonly TopicData[], { transactionalId }: Request): void {
  for (const { partitionData } of topics) {
    for (const { records } of partitionData) {
      const batch = firstBatch(records)
      if (batch && isTransactional(batch) && transactionalId === null) {
        throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      }
    }
  }
}

/** A batch that may be appended, and the place of its answer. */
interface Placed extends Place {
  readonly requested: RequestedBatch
}

/** Appends the batches in Kafka's order: it checks the requests, then their transaction, then it asks their logs. */
async function append(
  topics: readonly TopicData[],
  request: Request,
  context: RequestContext,
  turns: Turns | null,
): Promise<Answer[][]> {
  const all: Answer[][] = topics.map(() => [])
  const placed: Placed[] = []
  for (const [t, topic] of topics.entries()) {
    const answers = all[t] as Answer[]
    for (const [at, partition] of topic.partitionData.entries()) {
      try {
        const requested = requestedBatch(topic, partition, context)
        placed.push({ requested, target: requested.target, answers, at })
      } catch (thrown) {
        answers[at] = failed(partition, context.explain(thrown)) // it names no partition, or brings no batch
      }
      const pause = turns?.pause()
      if (pause) await pause
    }
  }
  const joining = joinedIfTransactional(placed, request, context)
  const joined = joining && (await joining)
  const checked: Placed[] = []
  const refusals: Placed[] = []
  const batches: AppendBatch[] = []
  for (const [i, each] of placed.entries()) {
    const batch = joined === null ? each.requested : (joined[i] as AppendBatch | KafkaError)
    try {
      if (batch instanceof KafkaError) throw batch
      const opening = admit(batch, each.requested.topic, request.acks, context)
      if (opening) await opening
      checked.push(each)
      batches.push(batch)
    } catch (thrown) {
      each.answers[each.at] = refusal(thrown, batch, each.requested, context)
      if (!(batch instanceof KafkaError)) refusals.push(each)
    }
    const pause = turns?.pause()
    if (pause) await pause
  }
  if (batches.length > 0) {
    const results = await context.broker.log.append(batches, optionsOf(request, context))
    for (const [i, each] of checked.entries()) {
      const result = results[i] as AppendResult
      each.answers[each.at] = appendedOrNot(result, each, context)
      if (result.kind === 'rejected') refusals.push(each)
      const pause = turns?.pause()
      if (pause) await pause
    }
  }
  if (refusals.length > 0) await tellLogStarts(refusals, context.broker.log)
  return all
}

/**
 * Returns the options of the append. Kafka has no time limit for the disk; where a client gives none either, it is as
 * long as the broker's own requests may take.
 */
function optionsOf({ acks, timeoutMs }: Request, { broker }: RequestContext): AppendOptions {
  const limitMs = timeoutMs > 0 ? timeoutMs : broker.config.number('request.timeout.ms')
  return { acks: acks as AppendOptions['acks'], timeoutMs: limitMs }
}

/**
 * Makes the checks that come before the log takes the batch. Returns a promise where there is something to wait for.
 */
function admit(
  { target, bytes }: AppendBatch,
  topic: Topic,
  acks: number,
  { broker, connection }: RequestContext,
): Promise<void> | null {
  const { partition } = target
  checkPartition(topic, partition, acks, broker.cluster.leads(connection.nodeId, topic.id, partition))
  return checkClientBatch(bytes, topic.settings, broker.clock.now(), broker.inflater)
}

function requestedBatch(
  { name, topicId }: TopicData,
  partition: Partition,
  { broker: { metadata }, version }: RequestContext,
): RequestedBatch {
  const found = version >= topicIdsSince ? metadata.topicById(topicId) : metadata.topic(name)
  const { topic, leaderEpoch, bytes } = batchOfRequest(found, partition, version)
  const target = { topicId: topic.id, partition: partition.index }
  return { topic, target, bytes, fence: leaderEpoch, origin: 'client' }
}

/** Joins the batches to their transaction; null where no batch is transactional. */
function joinedIfTransactional(placed: readonly Placed[], request: Request, context: RequestContext) {
  if (!placed.some(({ requested }) => isTransactional(requested.bytes))) return null
  const batches = placed.map(({ requested }) => requested)
  return joinedBatches(batches, request.transactionalId, context)
}

function appendedOrNot(result: AppendResult, { requested }: Placed, context: RequestContext): Answer {
  const { topicId, partition } = requested.target
  const answer = answerOf(result, partition)
  if (answer.errorCode !== errorCodes.NOT_LEADER_OR_FOLLOWER) return answer
  return { ...answer, ...leaderHint(context.broker.metadata.topicById(topicId), partition) }
}

function refusal(
  thrown: unknown,
  batch: AppendBatch | KafkaError,
  { topic, target }: RequestedBatch,
  context: RequestContext,
): Answer {
  const index = target.partition
  if (batch instanceof KafkaError) return { ...failed({ index }, batch), errorMessage: batch.detail }
  const error = context.explain(thrown)
  if (error.errorName !== 'NOT_LEADER_OR_FOLLOWER') return refused(error, index)
  return { ...failed({ index }, error), ...leaderHint(topic, index) }
}
