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

/**
 * Joins a classic group. It is answered when all members have joined; the leader then gets the metadata of all members,
 * from which it computes the assignment. From version 4 a new member is first told its member id and must join again
 * with it (KIP-394).
 */
export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleSince: 6,
  request: () => ({
    groupId: string,
    sessionTimeoutMs: int32, // without a heartbeat for so long a member is out
    rebalanceTimeoutMs: ignorable(since(1, int32, -1)), // how long the others wait for it to join; -1: the session timeout
    memberId: string, // empty: a newcomer
    groupInstanceId: since(5, nullable(string)), // of a static member (KIP-345); null: dynamic
    protocolType: string,
    // The assignors it supports, the preferred one first.
    protocols: array({
      name: string,
      metadata: bytes, // opaque to the broker: the clients' own format
    }),
    reason: ignorable(since(8, nullable(string))), // why it joins, for the broker's log (KIP-800)
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(2, int32)),
    errorCode: int16,
    generationId: optional(int32, -1), // -1 on failure
    protocolType: ignorable(since(7, nullable(string))),
    protocolName: optional(nullable(string, 7), ''), // the assignor chosen
    leader: string, // a member id
    skipAssignment: since(9, bool), // the leader need not compute one (KIP-814)
    memberId: string,
    // The members are told to the leader only.
    members: array({
      memberId: string,
      groupInstanceId: ignorable(since(5, nullable(string))),
      metadata: bytes,
    }),
  }),
})
