import { api, array, ignorable, int16, int32, nullable, optional, since, string, until } from '../schema.js'

/** TODO-DOC */
export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string,
    memberId: until(2, string),
    members: since(
      3,
      array({
        memberId: string,
        groupInstanceId: optional(nullable(string), null),
        reason: ignorable(since(5, nullable(string))),
      }),
    ),
  },
  response: {
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
  },
})
