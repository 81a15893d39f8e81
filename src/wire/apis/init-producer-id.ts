import { api, bool, int16, int32, int64, nullable, optional, since, string } from '../schema.js'

/** TODO-DOC */
export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexibleSince: 2,
  newestUnstable: true,
  request: {
    transactionalId: optional(nullable(string), ''),
    transactionTimeoutMs: int32,
    producerId: since(3, int64, -1n),
    producerEpoch: since(3, int16, -1),
    enable2Pc: since(6, bool),
    keepPreparedTxn: since(6, bool),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    producerId: optional(int64, -1n),
    producerEpoch: int16,
    ongoingTxnProducerId: since(6, int64, -1n),
    ongoingTxnProducerEpoch: since(6, int16, -1),
  },
})
