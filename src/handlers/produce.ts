import type { AppendBatch, AppendResult } from '../engine/log-engine.js'
import { produce } from '../wire/apis/produce.js'
import { firstBatch } from '../wire/client-batch.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { isTransactional } from '../wire/record-batch.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { hintedNodes, leaderHint } from './leadership.js'
import { type Answer, answerOf, failed, refusedByLog } from './produce-answers.js'
import { checkForLog, type RequestedBatch, requestedBatch } from './produce-checks.js'
import { joinedBatches } from './produce-transaction.js'

type Request = RequestOf<typeof produce>
type TopicData = Request['topicData'][number]
type Partition = TopicData['partitionData'][number]

/**
 * Appends each partition's batch, all of a request in one call of the engine: one bad partition never
 * fails its neighbours. With acks=0 nobody waits for an answer, so a failure closes the connection.
 */
export const produceHandler = handler({
  api: produce,

  async handle(asked, context) {
    const request = { ...asked, topicData: onceEach(asked.topicData) }
    checkAll(request)
    const answers = await append(request, context)
    if (request.acks === 0) {
      const failed = answers.flat().find(answer => answer.errorCode !== errorCodes.NONE)
      if (failed) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'An append that nobody waits for failed.')
      return null
    }
    return {
      responses: request.topicData.map(({ name, topicId }, i) => ({
        name,
        topicId,
        partitionResponses: answers[i] as Answer[],
      })),
      nodeEndpoints: hintedNodes(answers.flat(), context),
    }
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

/** As Kafka, which keeps the partitions in a map: named again, the later batch replaces the one before. */
function onceEach(topicData: readonly TopicData[]): TopicData[] {
  const topics = new Map<string, TopicData & { readonly partitions: Map<number, Partition> }>()
  for (const { name, topicId, partitionData } of topicData) {
    for (const partition of partitionData) {
      const key = `${name}/${topicId}`
      const topic = topics.get(key) ?? { name, topicId, partitionData: [], partitions: new Map() }
      topics.set(key, topic)
      topic.partitions.set(partition.index, partition)
    }
  }
  return [...topics.values()].map(({ partitions, ...rest }) => ({
    ...rest,
    partitionData: [...partitions.values()],
  }))
}

/** What Kafka looks for in all batches before it looks at any: one that is torn or transactional fails its neighbours, too. */
function checkAll({ topicData, transactionalId }: Request): void {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      const batch = firstBatch(records)
      if (batch && isTransactional(batch) && transactionalId === null) {
        throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
      }
    }
  }
}

/** A partition's place in the request, and the batch for it. */
interface Placed extends RequestedBatch {
  readonly at: { readonly topic: number; readonly partition: number }
}

/** In Kafka's order: what can be said of the requests, then of their transaction, then of their logs. */
async function append(request: Request, context: RequestContext): Promise<Answer[][]> {
  const answers: Answer[][] = request.topicData.map(() => [])
  const answer = ({ topic, partition }: Placed['at'], told: Answer) => {
    ;(answers[topic] as Answer[])[partition] = told
  }
  const requested: Placed[] = []
  for (const [t, data] of request.topicData.entries()) {
    for (const [p, partition] of data.partitionData.entries()) {
      const at = { topic: t, partition: p }
      try {
        requested.push({ ...requestedBatch(data, partition, context), at })
      } catch (thrown) {
        answer(at, failed(partition, context.explain(thrown)))
      }
    }
  }
  const joined = await joinedBatches(requested, request.transactionalId, context)
  const placed: Placed['at'][] = []
  const batches: AppendBatch[] = []
  for (const [i, each] of requested.entries()) {
    const checked = await checkedOrRefused(each, joined[i] as AppendBatch | KafkaError, request, context)
    if ('bytes' in checked) {
      placed.push(each.at)
      batches.push(checked)
    } else answer(each.at, checked)
  }
  const results = await appended(batches, request, context)
  for (const [i, at] of placed.entries()) {
    const { target } = batches[i] as AppendBatch
    answer(at, answerOf(results[i] as AppendResult, target, context))
  }
  return answers
}

async function checkedOrRefused(
  { topic, target }: RequestedBatch,
  joined: AppendBatch | KafkaError,
  { acks }: Request,
  context: RequestContext,
): Promise<AppendBatch | Answer> {
  const index = target.partition
  if (joined instanceof KafkaError) return { ...failed({ index }, joined), errorMessage: joined.detail }
  try {
    await checkForLog(joined, topic, acks, context)
    return joined
  } catch (thrown) {
    const error = context.explain(thrown)
    if (error.errorName !== 'NOT_LEADER_OR_FOLLOWER') return refusedByLog(error, target, context)
    return { ...failed({ index }, error), ...leaderHint(topic, index) }
  }
}

/** All in one call of the engine. */
async function appended(
  batches: readonly AppendBatch[],
  { acks, timeoutMs }: Request,
  { broker }: RequestContext,
): Promise<AppendResult[]> {
  if (batches.length === 0) return []
  return broker.log.append(batches, { acks: acks as -1 | 0 | 1, timeoutMs })
}
