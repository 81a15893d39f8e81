import { api, array, int16, int32, int64, nullable, optional, since, string } from '../schema.js'

/** Lists the transactional ids of a broker (KIP-664), filtered also by duration (KIP-994) and by name (KIP-1152). */
export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleSince: 0,
  request: () => ({
    stateFilters: array(string), // empty: all states; as the next
    producerIdFilters: array(int64),
    durationFilter: since(1, int64, -1n), // those open for longer than this many milliseconds; negative: all
    transactionalIdPattern: since(2, optional(nullable(string), null)), // of RE2; null or empty: all
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array({
      transactionalId: string,
      producerId: int64,
      transactionState: string,
    }),
  }),
})
