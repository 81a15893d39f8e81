import { api, array, ignorable, int16, int32, int64, optional, since, string } from '../schema.js'

/**
 * Tells where a leader epoch ended, so that a reader notices that records it has read were replaced (KIP-101, KIP-320).
 */
export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleSince: 4,
  request: () => ({
    replicaId: ignorable(since(3, int32, -2)), // -1: a consumer, -2: a debugging tool
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        currentLeaderEpoch: optional(int32, -1), // fenced when it is not the leader's; -1: not checked
        leaderEpoch: int32, // the epoch asked about
      }),
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        leaderEpoch: optional(int32, -1), // the greatest known that is not above the one asked about; -1: none
        endOffset: optional(int64, -1n), // the first offset after it; -1: unknown
      }),
    }),
  }),
})
