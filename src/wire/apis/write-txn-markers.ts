import { api, array, bool, ignorable, int8, int16, int32, int64, since, string } from '../schema.js'

/**
 * Ends transactions in partitions. One broker's coordinator sends it to another, and an administrator sends it for a
 * partition whose transaction hangs (KIP-664).
 */
export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexibleSince: 1,
  request: () => ({
    markers: array({
      producerId: int64,
      producerEpoch: int16,
      transactionResult: bool, // false: aborted
      topics: array({
        name: string,
        partitionIndexes: array(int32),
      }),
      coordinatorEpoch: int32, // the leader epoch of the coordinator's partition of __transaction_state
      transactionVersion: ignorable(since(2, int8, 0)), // from 2 on the epoch is above that of the records
    }),
  }),
  response: () => ({
    markers: array({
      producerId: int64,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          errorCode: int16,
        }),
      }),
    }),
  }),
})
