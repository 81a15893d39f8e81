import { api, array, bytes, ignorable, int16, int32, nullable, since, string } from '../schema.js'

/**
 * Hands out the assignment in a classic group: the leader sends the assignment of each member, and every member gets
 * its own.
 */
export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: () => ({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string)), // of a static member (KIP-345)
    protocolType: ignorable(since(5, nullable(string))), // checked against the group's (KIP-559)
    protocolName: ignorable(since(5, nullable(string))),
    // The assignments are sent by the leader only; the others send none.
    assignments: array({
      memberId: string,
      assignment: bytes, // opaque to the broker: the clients' own format
    }),
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    protocolType: ignorable(since(5, nullable(string))),
    protocolName: ignorable(since(5, nullable(string))),
    assignment: bytes,
  }),
})
