import {
  array,
  bytes,
  ignorable,
  int32,
  int64,
  message,
  nullable,
  optional,
  since,
  string,
  tagged,
  until,
  uuid,
} from '../wire/schema.js'

/** What a committed offset is stored under in `__consumer_offsets`. */
export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  key: 1,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

/** How far a group has read in a partition; no value at all: the offset was deleted. */
export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    offset: int64,
    leaderEpoch: ignorable(since(3, int32, -1)), // -1: unknown
    metadata: string, // the client's own note
    commitTimestamp: int64, // milliseconds since 1970
    expireTimestamp: ignorable(until(1, since(1, int64, -1n))), // -1: as the broker's setting says
    topicId: ignorable(tagged(0, 4, uuid)), // all zero: unknown
  },
})

/** What the state of a classic group is stored under in `__consumer_offsets`. */
export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  key: 2,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: {
    group: string,
  },
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

/** A classic group after a completed rebalance, with its members and their assignments; no value: the group is gone. */
export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: optional(nullable(string), ''), // the assignor chosen; null without members
    leader: optional(nullable(string), ''), // a member id; null without members
    currentStateTimestamp: ignorable(since(2, int64, -1n)), // milliseconds since 1970; -1: unknown
    members: array(memberMetadata),
  },
})
