import { api, array, int16, int32, int64, string } from '../schema.js'

/** Tells the states of transactions, by their transactional ids (KIP-664). */
export const describeTransactions = api({
  key: 65,
  name: 'DescribeTransactions',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    transactionalIds: array(string),
  }),
  response: () => ({
    throttleTimeMs: int32,
    transactionStates: array({
      errorCode: int16,
      transactionalId: string,
      transactionState: string, // Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, Dead
      transactionTimeoutMs: int32,
      transactionStartTimeMs: int64, // -1: none is open
      producerId: int64,
      producerEpoch: int16,
      topics: array({
        topic: string,
        partitions: array(int32),
      }),
    }),
  }),
})
