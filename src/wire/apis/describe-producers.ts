import { api, array, int16, int32, int64, nullable, optional, string } from '../schema.js'

/** Tells the idempotent and transactional producers that a partition remembers (KIP-664). */
export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: optional(nullable(string), null),
        activeProducers: array({
          producerId: int64,
          producerEpoch: int32,
          lastSequence: optional(int32, -1), // -1: none
          lastTimestamp: optional(int64, -1n), // milliseconds since 1970; -1: unknown
          coordinatorEpoch: int32,
          currentTxnStartOffset: optional(int64, -1n), // -1: no transaction is open
        }),
      }),
    }),
  }),
})
