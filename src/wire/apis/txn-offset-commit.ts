import {
  api,
  array,
  ignorable,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
  until,
  uuid,
} from '../schema.js'

/**
 * Stores the offsets up to which a group has read; they count once the transaction is committed. From version 3 on the
 * member is checked (KIP-447), from version 5 on AddOffsetsToTxn need not come before (KIP-890), version 6 names topics
 * by their ids.
 */
export const txnOffsetCommit = api({
  key: 28,
  name: 'TxnOffsetCommit',
  versions: [0, 6],
  flexibleSince: 3,
  request: () => ({
    transactionalId: string,
    groupId: string,
    producerId: int64,
    producerEpoch: int16,
    generationIdOrMemberEpoch: since(3, int32, -1), // -1: not checked
    memberId: since(3, string),
    groupInstanceId: since(3, nullable(string)),
    topics: array({
      name: ignorable(until(5, string)),
      topicId: ignorable(since(6, uuid)),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64, // of the next record to be read
        committedLeaderEpoch: ignorable(since(2, int32, -1)), // of the last record that was read; -1: unknown
        committedMetadata: optional(nullable(string), ''), // the client's own note
      }),
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    topics: array({
      name: ignorable(until(5, string)),
      topicId: ignorable(since(6, uuid)),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  }),
})
