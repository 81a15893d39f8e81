import {
  array,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  optional,
  string,
  tagged,
} from '../wire/schema.js'

/** The key of a transactional id in `__transaction_state`. */
export const transactionLogKey = message({
  name: 'TransactionLogKey',
  key: 0,
  versions: [0, 0],
  flexibleSince: Infinity,
  fields: () => ({
    transactionalId: string,
  }),
})

/** The producer of a transactional id and the state of its transaction; without a value the id has expired. */
export const transactionLogValue = message({
  name: 'TransactionLogValue',
  versions: [0, 1],
  flexibleSince: 1,
  fields: () => ({
    producerId: int64,
    previousProducerId: tagged(0, 1, int64, -1n), // whose retried EndTxn is known still; -1: none
    nextProducerId: tagged(1, 1, int64, -1n), // that takes over when the epochs are used up; -1: none
    producerEpoch: int16,
    nextProducerEpoch: tagged(3, 1, int16, -1), // of a producer that comes after a prepared transaction (KIP-939)
    transactionTimeoutMs: int32,
    transactionStatus: int8,
    // The partitions that have to get a marker; null for none.
    transactionPartitions: optional(
      nullable(
        array({
          topic: string,
          partitionIds: array(int32),
        }),
      ),
      [],
    ),
    transactionLastUpdateTimestampMs: int64, // milliseconds since 1970, as the next
    transactionStartTimestampMs: int64, // -1: none is open
    clientTransactionVersion: tagged(2, 1, int16, 0),
  }),
})
