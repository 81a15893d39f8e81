import type { AppendBatch, AppendResult } from '../engine/log-engine.js'
import type { Topic } from '../engine/metadata.js'
import { produce } from '../wire/apis/produce.js'
import { codecs } from '../wire/compression.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { checkClientBatch, codecOf } from '../wire/record-batch.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { checkKeys, KeysMissing } from './compacted-keys.js'
import { handler, type RequestContext } from './handler.js'
import { hintedNodes, leaderHint, ledPartition } from './leadership.js'
import { type CheckedBatch, joinedBatches } from './produce-transaction.js'

type Request = RequestOf<typeof produce>
type TopicData = Request['topicData'][number]
type Partition = TopicData['partitionData'][number]
type Answer = ResponseOf<typeof produce>['responses'][number]['partitionResponses'][number]

const topicIdsSince = 13
const zstdSince = 7

/**
 * Appends each partition's batch, all of a request in one call of the engine: one bad partition never
 * fails its neighbours. With acks=0 nobody waits for an answer, so a failure closes the connection.
 */
export const produceHandler = handler({
  api: produce,

  async handle(request, context) {
    if (![-1, 0, 1].includes(request.acks)) throw new KafkaError('INVALID_REQUIRED_ACKS')
    const answers = await append(request, context)
    if (request.acks === 0) {
      const failed = answers.flat().find(answer => answer.errorCode !== errorCodes.NONE)
      if (failed) throw new KafkaError('UNKNOWN_SERVER_ERROR', failed.errorMessage ?? 'the append failed')
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
      partitionResponses: partitionData.map(partition => failed(partition, error)),
    })),
  }),

  silent: request => request.acks === 0,
})

async function append(request: Request, context: RequestContext): Promise<Answer[][]> {
  const batches: CheckedBatch[] = []
  const places: Place[] = []
  const answers: Answer[][] = request.topicData.map(() => [])
  for (const [t, data] of request.topicData.entries()) {
    const topic = topicOf(data, context)
    for (const [p, partition] of data.partitionData.entries()) {
      try {
        batches.push(await check(topic, partition, request, context))
        places.push({ topic: t, partition: p })
      } catch (thrown) {
        const error = context.explain(thrown)
        const hint = error.errorName === 'NOT_LEADER_OR_FOLLOWER' ? leaderHint(topic, partition.index) : {}
        const recordErrors = thrown instanceof KeysMissing ? thrown.recordErrors : []
        ;(answers[t] as Answer[])[p] = { ...failed(partition, error), recordErrors, ...hint }
      }
    }
  }
  const joined = await joinedBatches(batches, request.transactionalId, context)
  const results = await appendJoined(joined, request, context)
  for (const [i, { topic, partition }] of places.entries()) {
    const { index } = (request.topicData[topic] as TopicData).partitionData[partition] as Partition
    ;(answers[topic] as Answer[])[partition] = answerOf(index, results[i] as AppendResult)
  }
  return answers
}

/** A partition's place in the request. */
interface Place {
  readonly topic: number
  readonly partition: number
}

/** In one call of the engine, and the results in the order of all. */
async function appendJoined(
  joined: readonly (AppendBatch | KafkaError)[],
  { acks, timeoutMs }: Request,
  { broker }: RequestContext,
): Promise<AppendResult[]> {
  const batches = joined.filter((each): each is AppendBatch => !(each instanceof KafkaError))
  const appended =
    batches.length === 0 ? [] : await broker.log.append(batches, { acks: acks as -1 | 0 | 1, timeoutMs })
  const left = appended.values()
  return joined.map(each =>
    each instanceof KafkaError
      ? { kind: 'rejected', error: each.errorName, message: each.message }
      : (left.next().value as AppendResult),
  )
}

const topicOf = ({ name, topicId }: TopicData, { broker, version }: RequestContext): Topic | undefined =>
  version >= topicIdsSince ? broker.metadata.topicById(topicId) : broker.metadata.topic(name)

/** The checks in Kafka's order: may it be written, is it there, is it led here, is the batch sound. */
async function check(
  topic: Topic | undefined,
  partition: Partition,
  { acks }: Request,
  context: RequestContext,
): Promise<CheckedBatch> {
  const { version } = context
  const unknown = version >= topicIdsSince ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
  if (topic?.internal) {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot append to internal topic ${topic.name}`)
  }
  const led = ledPartition(topic, partition.index, context, unknown)
  if (acks === -1 && led.partition.isr.length < led.topic.settings.minInsyncReplicas) {
    throw new KafkaError('NOT_ENOUGH_REPLICAS')
  }
  const bytes = checkClientBatch(partition.records)
  if (codecOf(bytes) === codecs.zstd && version < zstdSince) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', 'zstd needs version 7 of Produce.')
  }
  const { cleanupPolicy, maxMessageBytes } = led.topic.settings
  if (cleanupPolicy.compact && bytes.length <= maxMessageBytes) await checkKeys(bytes) // the engine refuses larger ones
  return { topic: led.topic.name, target: { topicId: led.topic.id, partition: partition.index }, bytes }
}

function answerOf(index: number, result: AppendResult): Answer {
  switch (result.kind) {
    case 'appended':
    case 'duplicate': {
      const { baseOffset, logAppendTimeMs, logStartOffset } = result
      return { index, errorCode: errorCodes.NONE, baseOffset, logAppendTimeMs, logStartOffset }
    }
    case 'rejected':
      return failed({ index }, new KafkaError(result.error, result.message))
    case 'unavailable':
      return failed({ index }, new KafkaError('NOT_LEADER_OR_FOLLOWER'))
    case 'unknown':
      return failed({ index }, new KafkaError('REQUEST_TIMED_OUT'))
  }
}

const failed = ({ index }: Pick<Partition, 'index'>, error: KafkaError): Answer => ({
  index,
  errorCode: error.code,
  errorMessage: error.message,
  baseOffset: -1n,
})
