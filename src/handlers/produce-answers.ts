import type { AppendResult, TopicPartition } from '../engine/log-engine.js'
import type { produce } from '../wire/apis/produce.js'
import { type ErrorName, errorCodes, KafkaError } from '../wire/errors.js'
import type { ResponseOf } from '../wire/schema.js'
import type { RequestContext } from './handler.js'
import { RecordsRejected } from './record-checks.js'

/** What Produce answers about one partition. */
export type Answer = ResponseOf<typeof produce>['responses'][number]['partitionResponses'][number]

export function answerOf(result: AppendResult, target: TopicPartition, context: RequestContext): Answer {
  const index = target.partition
  switch (result.kind) {
    case 'appended':
    case 'duplicate': {
      const { baseOffset, logAppendTimeMs, logStartOffset } = result
      return { index, errorCode: errorCodes.NONE, baseOffset, logAppendTimeMs, logStartOffset }
    }
    case 'rejected':
      return refusedByLog(new KafkaError(result.error, result.message), target, context)
    case 'unavailable':
      return failed({ index }, new KafkaError('NOT_LEADER_OR_FOLLOWER'))
    case 'unknown':
      return failed({ index }, new KafkaError('REQUEST_TIMED_OUT'))
  }
}

/** What Kafka's ReplicaManager expects, before or in a log; with anything else it tells where the log begins. */
const expected: ReadonlySet<ErrorName> = new Set([
  'INVALID_REQUIRED_ACKS',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'CORRUPT_MESSAGE',
  'KAFKA_STORAGE_ERROR',
])

/** Only records that are rejected one by one come with words. */
export function refusedByLog(error: KafkaError, target: TopicPartition, { broker }: RequestContext): Answer {
  const answer = failed({ index: target.partition }, error)
  if (expected.has(error.errorName)) return answer
  const { logStartOffset } = broker.log.bounds(target)
  if (!(error instanceof RecordsRejected)) return { ...answer, logStartOffset }
  return { ...answer, logStartOffset, recordErrors: error.recordErrors, errorMessage: error.message }
}

export const failed = ({ index }: { readonly index: number }, error: KafkaError): Answer => ({
  index,
  errorCode: error.code,
  baseOffset: -1n,
})
