import {
  api,
  array,
  bool,
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
 * Tells the offsets up to which a group has read; from version 8 for many groups at once (KIP-709), from version 10 by
 * topic ids.
 */
export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleSince: 6,
  request: () => ({
    groupId: until(7, string),
    // Null: every partition with an offset.
    topics: until(
      7,
      optional(
        nullable(
          array({
            name: until(7, string),
            partitionIndexes: until(7, array(int32)),
          }),
          2,
        ),
        [],
      ),
    ),
    groups: since(
      8,
      array({
        groupId: string,
        memberId: ignorable(since(9, nullable(string))),
        memberEpoch: ignorable(since(9, int32, -1)), // checked for consumer groups (KIP-848); -1: not a member
        topics: optional(
          nullable(
            array({
              name: ignorable(until(9, string)),
              topicId: ignorable(since(10, uuid)),
              partitionIndexes: array(int32),
            }),
          ),
          [],
        ),
      }),
    ),
    requireStable: since(7, bool), // UNSTABLE_OFFSET_COMMIT while a transaction is about to commit offsets (KIP-447)
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(3, int32)),
    topics: until(
      7,
      array({
        name: until(7, string),
        partitions: until(
          7,
          array({
            partitionIndex: until(7, int32),
            committedOffset: until(7, int64), // -1: none
            committedLeaderEpoch: ignorable(until(7, since(5, int32, -1))),
            metadata: until(7, optional(nullable(string), '')),
            errorCode: until(7, int16),
          }),
        ),
      }),
    ),
    errorCode: ignorable(until(7, since(2, int16))),
    groups: since(
      8,
      array({
        groupId: string,
        topics: array({
          name: ignorable(until(9, string)),
          topicId: ignorable(since(10, uuid)),
          partitions: array({
            partitionIndex: int32,
            committedOffset: int64,
            committedLeaderEpoch: optional(int32, -1),
            metadata: optional(nullable(string), ''),
            errorCode: int16,
          }),
        }),
        errorCode: optional(int16, 0), // of the group as a whole
      }),
    ),
  }),
})
