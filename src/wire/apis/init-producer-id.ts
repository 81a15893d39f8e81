import { api, bool, int16, int32, int64, nullable, optional, since, string } from '../schema.js'

/**
 * Gives a producer its id and epoch (KIP-98); for a transactional id it fences off the producer before. From version 3
 * on a client may raise its own epoch after an error (KIP-360).
 */
export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexibleSince: 2,
  newestUnstable: true,
  request: () => ({
    transactionalId: optional(nullable(string), ''), // null: only idempotent
    transactionTimeoutMs: int32,
    producerId: since(3, int64, -1n), // the client's own if it has one; -1: none
    producerEpoch: since(3, int16, -1), // likewise
    enable2Pc: since(6, bool), // two-phase commit (KIP-939)
    keepPreparedTxn: since(6, bool), // do not abort what is prepared
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: optional(int64, -1n),
    producerEpoch: int16,
    ongoingTxnProducerId: since(6, int64, -1n), // of a prepared transaction; -1: none
    ongoingTxnProducerEpoch: since(6, int16, -1),
  }),
})
