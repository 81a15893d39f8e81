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

/** TODO-DOC */
export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleSince: 8,
  request: {
    groupId: string,
    generationIdOrMemberEpoch: optional(int32, -1),
    memberId: string,
    groupInstanceId: since(7, nullable(string)),
    retentionTimeMs: ignorable(until(4, optional(int64, -1n))),
    topics: array({
      name: ignorable(until(9, string)),
      topicId: ignorable(since(10, uuid)),
      partitions: array({
        partitionIndex: int32,
        committedOffset: int64,
        committedLeaderEpoch: ignorable(since(6, int32, -1)),
        committedMetadata: optional(nullable(string), ''),
      }),
    }),
  },
  response: {
    throttleTimeMs: ignorable(since(3, int32)),
    topics: array({
      name: ignorable(until(9, string)),
      topicId: ignorable(since(10, uuid)),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
