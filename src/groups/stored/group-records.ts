import {
  array,
  bytes,
  ignorable,
  int8,
  int32,
  int64,
  message,
  nullable,
  nullableTaggedStruct,
  optional,
  since,
  string,
  tagged,
  until,
  uuid,
} from '../../wire/schema.js'

/** The key of a committed offset in `__consumer_offsets`. */
export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  key: 1,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => ({
    group: string,
    topic: string,
    partition: int32,
  }),
})

/** The offset up to which a group has read a partition; without a value the offset was deleted. */
export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleSince: 4,
  fields: () => ({
    offset: int64,
    leaderEpoch: ignorable(since(3, int32, -1)), // -1: unknown
    metadata: string, // the client's own note
    commitTimestamp: int64, // milliseconds since 1970
    expireTimestamp: ignorable(until(1, since(1, int64, -1n))), // -1: as the broker's setting says
    topicId: ignorable(tagged(0, 4, uuid)), // all zero: unknown
  }),
})

/** The key of a classic group's state in `__consumer_offsets`. */
export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  key: 2,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => ({
    group: string,
  }),
})

const memberMetadata = {
  memberId: string,
  groupInstanceId: ignorable(since(3, nullable(string))), // of a static member (KIP-345)
  clientId: string,
  clientHost: string,
  rebalanceTimeout: ignorable(since(1, int32, -1)), // milliseconds, as the next; -1: the session timeout
  sessionTimeout: int32,
  subscription: bytes, // opaque to the broker, as the assignment
  assignment: bytes,
}

/**
 * A classic group after a completed rebalance, with its members and their assignments; without a value the group is
 * gone.
 */
export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleSince: 4,
  fields: () => ({
    protocolType: string,
    generation: int32,
    protocol: optional(nullable(string), ''), // the assignor chosen; null without members
    leader: optional(nullable(string), ''), // a member id; null without members
    currentStateTimestamp: ignorable(since(2, int64, -1n)), // milliseconds since 1970; -1: unknown
    members: array(memberMetadata),
  }),
})

/*
 * The records of consumer groups (KIP-848). Each key names the group, and one of its members where the value
 * is about one. Without a value the group or the member is gone.
 */

const groupKey = { groupId: string }
const memberKey = { groupId: string, memberId: string }
const partitionsOfTopics = array({
  topicId: uuid,
  partitions: array(int32),
})

export const consumerGroupMetadataKey = message({
  name: 'ConsumerGroupMetadataKey',
  key: 3,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => groupKey,
})

/** The existence of a consumer group, and the number of times that its members or the topics they read have changed. */
export const consumerGroupMetadataValue = message({
  name: 'ConsumerGroupMetadataValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    epoch: int32,
    metadataHash: tagged(0, 0, int64), // of the topics read, with their partitions and racks; 0: of none
  }),
})

export const consumerGroupPartitionMetadataKey = message({
  name: 'ConsumerGroupPartitionMetadataKey',
  key: 4,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => groupKey,
})

/** The topics that a group reads, as Kafka 4.0 kept them; since 4.1 it keeps only their hash. */
export const consumerGroupPartitionMetadataValue = message({
  name: 'ConsumerGroupPartitionMetadataValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    topics: array({
      topicId: uuid,
      topicName: string,
      numPartitions: int32,
      partitionMetadata: array({
        partition: int32,
        racks: array(string),
      }),
    }),
  }),
})

export const consumerGroupMemberMetadataKey = message({
  name: 'ConsumerGroupMemberMetadataKey',
  key: 5,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => memberKey,
})

/** The description that a member gives of itself. */
export const consumerGroupMemberMetadataValue = message({
  name: 'ConsumerGroupMemberMetadataValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    instanceId: optional(nullable(string), ''), // of a static member (KIP-345)
    rackId: optional(nullable(string), ''),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: optional(nullable(string), ''),
    rebalanceTimeoutMs: optional(int32, -1),
    serverAssignor: optional(nullable(string), ''),
    classicMemberMetadata: tagged(
      0,
      0,
      nullableTaggedStruct({
        sessionTimeoutMs: int32,
        supportedProtocols: array({
          name: string,
          metadata: bytes,
        }),
      }),
    ), // null unless the member speaks the classic protocol
  }),
})

export const consumerGroupTargetAssignmentMetadataKey = message({
  name: 'ConsumerGroupTargetAssignmentMetadataKey',
  key: 6,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => groupKey,
})

/** The epoch of the group for which the members' targets were computed. */
export const consumerGroupTargetAssignmentMetadataValue = message({
  name: 'ConsumerGroupTargetAssignmentMetadataValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    assignmentEpoch: int32,
    assignmentTimestamp: ignorable(tagged(0, 0, int64)), // milliseconds since 1970
  }),
})

export const consumerGroupTargetAssignmentMemberKey = message({
  name: 'ConsumerGroupTargetAssignmentMemberKey',
  key: 7,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => memberKey,
})

/** The partitions that a member should have. */
export const consumerGroupTargetAssignmentMemberValue = message({
  name: 'ConsumerGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    topicPartitions: partitionsOfTopics,
  }),
})

export const consumerGroupCurrentMemberAssignmentKey = message({
  name: 'ConsumerGroupCurrentMemberAssignmentKey',
  key: 8,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => memberKey,
})

const partitionsWithEpochs = array({
  topicId: uuid,
  partitions: array(int32),
  assignmentEpochs: tagged(0, 0, nullable(array(int32)), []), // since when the member has each of them
})

/** The partitions that a member has, and how far it is on the way to its target. */
export const consumerGroupCurrentMemberAssignmentValue = message({
  name: 'ConsumerGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8, // MemberState
    assignedPartitions: partitionsWithEpochs,
    partitionsPendingRevocation: partitionsWithEpochs,
  }),
})

export const consumerGroupRegularExpressionKey = message({
  name: 'ConsumerGroupRegularExpressionKey',
  key: 16,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => ({
    groupId: string,
    regularExpression: string,
  }),
})

/** The topics that a regular expression of a group's members stands for. */
export const consumerGroupRegularExpressionValue = message({
  name: 'ConsumerGroupRegularExpressionValue',
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    topics: array(string),
    version: int64, // of the metadata in which they were found
    timestamp: int64, // milliseconds since 1970
  }),
})
