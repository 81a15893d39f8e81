import type { ReadResult } from '../../engine/log-engine.js'
import type { Answered } from '../../fetch/fetch-sessions.js'
import type { WantedPartition } from '../../fetch/session-partitions.js'
import type { fetch } from '../../wire/apis/fetch.js'
import { errorCodes } from '../../wire/errors.js'
import type { RequestOf, ResponseOf } from '../../wire/schema.js'

/** The answer of Fetch about one partition. */
export type Answer = ResponseOf<typeof fetch>['responses'][number]['partitions'][number]

/** Answers about a partition whose log was not asked; Kafka tells these after all others. */
export const unread = (partition: number, errorCode: number): Answer => ({
  partitionIndex: partition,
  errorCode,
  highWatermark: -1n,
  records: Buffer.alloc(0),
})

/** Answers about a partition whose log had no records. */
export const withoutRecords = (partition: number, errorCode: number): Answer => ({
  ...unread(partition, errorCode),
  abortedTransactions: null,
})

export function answerOf(
  { partition, partitionMaxBytes }: WantedPartition,
  result: ReadResult,
  { maxBytes }: RequestOf<typeof fetch>,
): Answer {
  if (result.kind === 'failed') return withoutRecords(partition, errorCodes[result.error])
  const { highWatermark, lastStableOffset, logStartOffset, abortedTransactions, batches, bytes } = result
  // Kafka answers so as well, for it notices that only when it reads.
  if (bytes > 0 && (maxBytes < 0 || partitionMaxBytes < 0)) {
    return withoutRecords(partition, errorCodes.UNKNOWN_SERVER_ERROR)
  }
  return {
    partitionIndex: partition,
    errorCode: errorCodes.NONE,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions,
    records: batches,
  }
}

/** Returns the part of an answer that a session has to know. */
export function answeredOf(answer: Answer): Answered {
  const bytes = recordBytes(answer)
  const { errorCode, highWatermark, logStartOffset = -1n, divergingEpoch, preferredReadReplica = -1 } = answer
  const diverged = divergingEpoch !== undefined || preferredReadReplica >= 0
  return { errorCode, highWatermark, logStartOffset, bytes, diverged }
}

function recordBytes({ records }: Answer): number {
  const chunks = (records ?? []) as Buffer | readonly Buffer[]
  return Array.isArray(chunks) ? chunks.reduce((sum, chunk) => sum + chunk.length, 0) : chunks.length
}

/** Returns the bytes of the records in all answers. */
export const bytesIn = (answers: readonly Answer[]): number =>
  answers.reduce((sum, answer) => sum + recordBytes(answer), 0)

/** Tells whether the log of the partition was asked. */
export const isRead = ({ abortedTransactions }: Answer): boolean => abortedTransactions !== undefined

/** Groups the answers by topic. Partitions of a topic stand together only when they follow each other, as in Kafka. */
export class TopicAnswers {
  readonly topics: { readonly topic: string; readonly topicId: string; readonly partitions: Answer[] }[] = []

  add({ topic, topicId }: WantedPartition, answer: Answer): void {
    const last = this.topics.at(-1)
    if (last && last.topic === topic && last.topicId === topicId) last.partitions.push(answer)
    else this.topics.push({ topic, topicId, partitions: [answer] })
  }
}
