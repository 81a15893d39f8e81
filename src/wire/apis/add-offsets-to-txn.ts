import { api, int16, int32, int64, string } from '../schema.js'

/** Adds to a transaction the partition of `__consumer_offsets` that holds a group's offsets (KIP-98). */
export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleSince: 3,
  request: () => ({
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    groupId: string,
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
  }),
})
