import { api, array, ignorable, int8, int16, int32, int64, optional, since, string } from '../schema.js'

/**
 * Finds offsets by time: the offset of the first record at or after a timestamp, and those of the start and the end.
 */
export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleSince: 6,
  request: () => ({
    replicaId: int32, // -1: a consumer
    isolationLevel: since(2, int8), // 1: the end is the last stable offset
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        currentLeaderEpoch: ignorable(since(4, int32, -1)), // fenced when it is not the leader's; -1: not checked
        timestamp: int64, // milliseconds since 1970; -1 end, -2 start, -3 greatest, -4 to -6: tiered storage
      }),
    }),
    timeoutMs: ignorable(since(10, int32)), // for answers that remote storage must give (KIP-1075)
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(2, int32)),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        timestamp: optional(int64, -1n), // of the record found; -1: there is none, or none was asked for
        offset: optional(int64, -1n), // -1: there is none
        leaderEpoch: since(4, int32, -1),
      }),
    }),
  }),
})
