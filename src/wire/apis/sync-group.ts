import { api, array, bytes, ignorable, int16, int32, nullable, since, string } from '../schema.js'

/** TODO-DOC */
export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleSince: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string)),
    protocolType: ignorable(since(5, nullable(string))),
    protocolName: ignorable(since(5, nullable(string))),
    assignments: array({
      memberId: string,
      assignment: bytes,
    }),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    protocolType: ignorable(since(5, nullable(string))),
    protocolName: ignorable(since(5, nullable(string))),
    assignment: bytes,
  },
})
