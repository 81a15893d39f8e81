import { api, ignorable, int16, int32, nullable, since, string } from '../schema.js'

/** TODO-DOC */
export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string)),
  },
  response: {
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
  },
})
