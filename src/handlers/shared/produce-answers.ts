import type { AppendResult, LogEngine, TopicPartition } from '../../engine/log-engine.js'
import { RecordsRejected } from '../../records/rejected-records.js'
import type { produce } from '../../wire/apis/produce.js'
import { errorCodes, KafkaError } from '../../wire/errors.js'
import type { ResponseOf } from '../../wire/schema.js'

/** The answer of Produce about one partition. */
export type Answer = ResponseOf<typeof produce>['responses'][number]['partitionResponses'][number]

/** The place in the response of the answer about a batch. */
export interface Place {
  readonly target: TopicPartition
  readonly answers: Answer[]
  readonly at: number
}

export function answerOf(result: AppendResult, index: number): Answer {
  switch (result.kind) {
    case 'appended':
    case 'duplicate': {
      const { baseOffset, logAppendTimeMs, logStartOffset } = result
      return { index, errorCode: errorCodes.NONE, baseOffset, logAppendTimeMs, logStartOffset }
    }
    case 'rejected':
      return refused(new KafkaError(result.error, result.message), index)
    case 'unavailable':
      return failed({ index }, new KafkaError('KAFKA_STORAGE_ERROR'))
    case 'unknown':
      return failed({ index }, new KafkaError('REQUEST_TIMED_OUT'))
  }
}

/** Answers with an error. It has a message only where records are rejected one by one. */
export function refused(error: KafkaError, index: number): Answer {
  const answer = failed({ index }, error)
  if (!(error instanceof RecordsRejected)) return answer
  return { ...answer, recordErrors: error.recordErrors, errorMessage: error.message }
}

/** The errors that Kafka's ReplicaManager expects, before or in a log; with any other it tells where the log begins. */
const expected: ReadonlySet<number> = new Set(
  (
    [
      'INVALID_REQUIRED_ACKS',
      'INVALID_TOPIC_EXCEPTION',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NOT_LEADER_OR_FOLLOWER',
      'MESSAGE_TOO_LARGE',
      'RECORD_LIST_TOO_LARGE',
      'CORRUPT_MESSAGE',
      'KAFKA_STORAGE_ERROR',
    ] as const
  ).map(name => errorCodes[name]),
)

/**
 * Adds to the answers about batches that a log refused the offset at which it begins, where Kafka's answers tell it.
 */
export async function tellLogStarts(places: readonly Place[], log: LogEngine): Promise<void> {
  const unexpected = places.filter(({ answers, at }) => {
    const { errorCode } = answers[at] as Answer
    return errorCode !== errorCodes.NONE && !expected.has(errorCode)
  })
  if (unexpected.length === 0) return
  const bounds = await log.bounds(unexpected.map(({ target }) => target))
  for (const [i, { answers, at }] of unexpected.entries()) {
    const known = bounds[i]
    if (!known || known instanceof KafkaError) continue
    answers[at] = { ...(answers[at] as Answer), logStartOffset: known.logStartOffset }
  }
}

export const failed = ({ index }: { readonly index: number }, error: KafkaError): Answer => ({
  index,
  errorCode: error.code,
  baseOffset: -1n,
})
