import { api, array, ignorable, int8, int16, int32, int64, optional, since, string } from '../schema.js'

/** TODO-DOC */
export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleSince: 6,
  request: {
    replicaId: int32,
    isolationLevel: since(2, int8),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: ignorable(since(4, int32, -1)),
        timestamp: int64,
      }),
    }),
    timeoutMs: ignorable(since(10, int32)),
  },
  response: {
    throttleTimeMs: ignorable(since(2, int32)),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        timestamp: optional(int64, -1n),
        offset: optional(int64, -1n),
        leaderEpoch: since(4, int32, -1),
      }),
    }),
  },
})
