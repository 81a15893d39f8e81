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
 * Stores the offsets up to which a group has read. From version 9 members of consumer groups (KIP-848) commit by it
 * too, from version 10 by topic ids (KIP-848).
 */
export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleSince: 8,
  request: () => ({
    groupId: string,
    generationIdOrMemberEpoch: optional(int32, -1), // -1: not a member, a client that assigns partitions itself
    memberId: string,
    groupInstanceId: since(7, nullable(string)),
    retentionTimeMs: ignorable(until(4, optional(int64, -1n))), // -1: as long as the broker's setting says
    topics: array({
      name: ignorable(until(9, string)),
      topicId: ignorable(since(10, uuid)),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64, // of the next record to be read
        committedLeaderEpoch: ignorable(since(6, int32, -1)), // of the last record that was read; -1: unknown
        committedMetadata: optional(nullable(string), ''), // the client's own note
      }),
    }),
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(3, int32)),
    topics: array({
      name: ignorable(until(9, string)),
      topicId: ignorable(since(10, uuid)),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  }),
})
