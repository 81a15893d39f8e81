import { api, ignorable, int16, int32, nullable, since, string } from '../schema.js'

/** Keeps a member of a classic group alive; the reply calls it to a rebalance. */
export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleSince: 4,
  request: () => ({
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: since(3, nullable(string)), // of a static member (KIP-345)
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16, // REBALANCE_IN_PROGRESS: join again
  }),
})
