import {
  api,
  array,
  int16,
  int32,
  nullable,
  nullableStruct,
  optional,
  since,
  string,
  uuid,
} from '../schema.js'

const topicPartitions = array({
  topicId: uuid,
  partitions: array(int32),
})

/**
 * Tells the broker that a member of a consumer group (KIP-848) is alive, and what has changed since its last heartbeat;
 * the reply tells the member its epoch and, when that changes, its assignment.
 */
export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexibleSince: 0,
  request: () => ({
    groupId: string,
    memberId: string, // from version 1 on the member makes it up itself
    memberEpoch: int32, // 0: joins; -1: leaves; -2: a static member leaves for a while
    instanceId: optional(nullable(string), null), // null in this and those below: unchanged
    rackId: optional(nullable(string), null),
    rebalanceTimeoutMs: optional(int32, -1), // -1: unchanged
    subscribedTopicNames: optional(nullable(array(string)), null),
    subscribedTopicRegex: since(1, nullable(string)), // in RE2's syntax
    serverAssignor: optional(nullable(string), null),
    topicPartitions: optional(nullable(topicPartitions), null), // what the member owns
  }),
  response: () => ({
    throttleTimeMs: optional(int32, 0),
    errorCode: int16,
    errorMessage: optional(nullable(string), null),
    memberId: optional(nullable(string), null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: optional(nullableStruct({ topicPartitions }), null), // null: unchanged
  }),
})
