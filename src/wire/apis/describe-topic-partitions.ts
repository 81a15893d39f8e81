import {
  api,
  array,
  bool,
  int16,
  int32,
  nullable,
  nullableStruct,
  optional,
  string,
  uuid,
} from '../schema.js'

/** Describes topics page by page (KIP-966): no reply grows with the number of partitions. */
export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    // Empty: all topics.
    topics: array({
      name: string,
    }),
    responsePartitionLimit: optional(int32, 2000), // the most partitions in one reply
    // The place at which the page begins; null: at the start.
    cursor: optional(
      nullableStruct({
        topicName: string,
        partitionIndex: int32,
      }),
      null,
    ),
  }),
  response: () => ({
    throttleTimeMs: int32,
    topics: array({
      errorCode: int16,
      name: optional(nullable(string), ''),
      topicId: uuid,
      isInternal: optional(bool, false),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: optional(int32, -1),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        eligibleLeaderReplicas: optional(nullable(array(int32)), null), // not in sync, but they may lead
        lastKnownElr: optional(nullable(array(int32)), null),
        offlineReplicas: array(int32),
      }),
      topicAuthorizedOperations: optional(int32, -2147483648), // bit set of ACL operations; the default: none told
    }),
    // Null: this was the last page.
    nextCursor: optional(
      nullableStruct({
        topicName: string,
        partitionIndex: int32,
      }),
      null,
    ),
  }),
})
