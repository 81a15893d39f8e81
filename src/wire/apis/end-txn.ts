import { api, bool, ignorable, int16, int32, int64, since, string } from '../schema.js'

/** Commits or aborts a transaction (KIP-98). From version 5 on the producer goes on with a higher epoch (KIP-890). */
export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: () => ({
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    committed: bool, // false: aborted
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: ignorable(since(5, int64, -1n)), // another one where the epochs of the old are used up
    producerEpoch: ignorable(since(5, int16, -1)),
  }),
})
