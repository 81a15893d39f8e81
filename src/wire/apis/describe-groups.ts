import { api, array, bool, bytes, ignorable, int16, int32, nullable, since, string } from '../schema.js'

/**
 * Tells the state and members of classic groups. From version 6 a group that does not exist is GROUP_ID_NOT_FOUND with
 * a message (KIP-1043); before, it was a dead group without error.
 */
export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleSince: 5,
  request: () => ({
    groups: array(string),
    includeAuthorizedOperations: since(3, bool),
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(1, int32)),
    groups: array({
      errorCode: int16,
      errorMessage: since(6, nullable(string)),
      groupId: string,
      groupState: string, // Empty, PreparingRebalance, CompletingRebalance, Stable or Dead
      protocolType: string, // 'consumer' for consumers, 'connect' for Connect workers
      protocolData: string, // the assignor chosen
      members: array({
        memberId: string,
        groupInstanceId: ignorable(since(4, nullable(string))), // of a static member (KIP-345)
        clientId: string,
        clientHost: string,
        memberMetadata: bytes, // opaque to the broker, as the assignment: the clients' own format
        memberAssignment: bytes,
      }),
      authorizedOperations: since(3, int32, -2147483648), // bit set of ACL operations, if asked for
    }),
  }),
})
