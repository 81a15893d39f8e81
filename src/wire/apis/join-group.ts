import {
  api,
  array,
  bool,
  bytes,
  ignorable,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
} from '../schema.js'

/** TODO-DOC */
export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    rebalanceTimeoutMs: ignorable(since(1, int32, -1)),
    memberId: string,
    groupInstanceId: since(5, nullable(string)),
    protocolType: string,
    protocols: array({
      name: string,
      metadata: bytes,
    }),
    reason: ignorable(since(8, nullable(string))),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    errorCode: int16,
    generationId: optional(int32, -1),
    protocolType: ignorable(since(7, nullable(string))),
    protocolName: optional(nullable(string, 7), ''),
    leader: string,
    skipAssignment: since(9, bool),
    memberId: string,
    members: array({
      memberId: string,
      groupInstanceId: ignorable(since(5, nullable(string))),
      metadata: bytes,
    }),
  },
})
