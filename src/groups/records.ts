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

export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    offset: int64,
    leaderEpoch: ignorable(since(3, int32, -1)),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: ignorable(until(1, since(1, int64, -1n))),
    topicId: ignorable(tagged(0, 4, uuid)),
  },
})

export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: {
    group: string,
  },
})

const memberMetadata = {
  memberId: string,
  groupInstanceId: ignorable(since(3, nullable(string))),
  clientId: string,
  clientHost: string,
  rebalanceTimeout: ignorable(since(1, int32, -1)),
  sessionTimeout: int32,
  subscription: bytes,
  assignment: bytes,
}

export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: optional(nullable(string), ''),
    leader: optional(nullable(string), ''),
    currentStateTimestamp: ignorable(since(2, int64, -1n)),
    members: array(memberMetadata),
  },
})
