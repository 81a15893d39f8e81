import {
  api,
  array,
  bool,
  ignorable,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
  struct,
  uuid,
} from '../schema.js'

const assignment = struct({
  topicPartitions: array({
    topicId: uuid,
    topicName: string,
    partitions: array(int32),
  }),
})

/** Tells state, epochs and members of consumer groups (KIP-848). */
export const consumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexibleSince: 0,
  request: () => ({
    groupIds: array(string),
    includeAuthorizedOperations: bool,
  }),
  response: () => ({
    throttleTimeMs: optional(int32, 0),
    groups: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), null),
      groupId: string,
      groupState: string,
      groupEpoch: int32,
      assignmentEpoch: int32, // of the target assignment
      assignorName: string,
      members: array({
        memberId: string,
        instanceId: optional(nullable(string), null),
        rackId: optional(nullable(string), null),
        memberEpoch: int32,
        clientId: string,
        clientHost: string,
        subscribedTopicNames: array(string),
        subscribedTopicRegex: optional(nullable(string), null),
        assignment, // what the member has now
        targetAssignment: assignment, // and what it is to have
        memberType: ignorable(since(1, int8, -1)), // -1: unknown, 0: speaks the classic protocol, 1: the new one
      }),
      authorizedOperations: optional(int32, -(2 ** 31)), // a bit for each AclOperation; the default: not asked for
    }),
  }),
})
