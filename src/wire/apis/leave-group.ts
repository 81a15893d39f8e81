import { api, array, ignorable, int16, int32, nullable, optional, since, string, until } from '../schema.js'

/**
 * Takes members out of a classic group; from version 3 several, also static ones by their instance id
 * (KIP-345).
 */
export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: () => ({
    groupId: string,
    memberId: until(2, string),
    members: since(
      3,
      array({
        memberId: string, // empty: known by its instance id
        groupInstanceId: optional(nullable(string), null),
        reason: ignorable(since(5, nullable(string))), // for the broker's log (KIP-800)
      }),
    ),
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    members: since(
      3,
      array({
        memberId: string,
        groupInstanceId: optional(nullable(string), ''),
        errorCode: int16,
      }),
    ),
  }),
})
