import type { FactCodec, Outcome } from '../coordinator/outcome.js'
import type { ValueOf } from '../wire/schema.js'
import { decodeMessage, encodeMessage, keyOf } from '../wire/stored-message.js'
import { noPartitions, type PartitionSet, withPartitions } from './partition-set.js'
import { transactionLogKey, transactionLogValue } from './transaction-records.js'
import { type TransactionState, transactionStates } from './transaction-states.js'

export type ListedTransaction = readonly [transactionalId: string, transaction: Transaction]

/** All that is known of a transactional id. It never changes: a move makes another. */
export interface Transaction {
  readonly state: TransactionState
  readonly producerId: bigint
  /** The producer id before the last move: a retry may still come under it. */
  readonly previousProducerId: bigint
  /**
   * The producer id that takes over with the end of the transaction, as the epochs of this one are used up; -1 for
   * none.
   */
  readonly nextProducerId: bigint
  readonly producerEpoch: number
  /** The epoch before the last bump; -1 for none. It is in memory only: after a restart no producer is known by it. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  /** The partitions that have to get a marker. */
  readonly partitions: PartitionSet
  /** The start in milliseconds since 1970, as in `lastUpdateMs`; -1 where no transaction was open yet. */
  readonly startMs: number
  readonly lastUpdateMs: number
  /** The transaction version of the client: from 2 on the epoch rises with every end (KIP-890). */
  readonly clientVersion: number
}

/** The state of a transactional id, as one record of `__transaction_state` holds it; null once it is forgotten. */
export interface TransactionFact {
  readonly transactionalId: string
  readonly value: Transaction | null
}

export type TransactionOutcome = Outcome<TransactionFact>

/** The outcome that has nothing to keep. */
export const nothing: TransactionOutcome = { facts: [] }

const keyType = 0
/** The version that Kafka writes when its feature transaction.version is 1 or 2. */
const valueVersion = 1

/** Encodes facts in Kafka's own record format, and decodes them. */
export const transactionFacts: FactCodec<TransactionFact> = {
  encode: ({ transactionalId, value }) => ({
    key: encodeMessage(transactionLogKey, 0, { transactionalId }),
    value: value && encodeMessage(transactionLogValue, valueVersion, stored(value)),
  }),

  decode(key, value) {
    if (keyOf(key) !== keyType) return null
    const { transactionalId } = decodeMessage(transactionLogKey, key)
    return { transactionalId, value: value && restored(decodeMessage(transactionLogValue, value)) }
  },
}

type Stored = ValueOf<typeof transactionLogValue>

const stored = (transaction: Transaction): Stored => ({
  producerId: transaction.producerId,
  previousProducerId: transaction.previousProducerId,
  nextProducerId: transaction.nextProducerId,
  producerEpoch: transaction.producerEpoch,
  nextProducerEpoch: -1,
  transactionTimeoutMs: transaction.timeoutMs,
  transactionStatus: transactionStates.indexOf(transaction.state),
  transactionPartitions:
    transaction.state === 'Empty'
      ? null
      : [...transaction.partitions].map(([topic, ids]) => ({ topic, partitionIds: [...ids] })),
  transactionLastUpdateTimestampMs: BigInt(transaction.lastUpdateMs),
  transactionStartTimestampMs: BigInt(transaction.startMs),
  clientTransactionVersion: transaction.clientVersion,
})

function restored(value: Stored): Transaction {
  const state = transactionStates[value.transactionStatus]
  if (!state) throw new Error(`a transaction is stored in a state of the number ${value.transactionStatus}`)
  const partitions = (value.transactionPartitions ?? []).flatMap(({ topic, partitionIds }) =>
    partitionIds.map(partition => ({ topic, partition })),
  )
  return {
    state,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: -1,
    timeoutMs: value.transactionTimeoutMs,
    partitions: withPartitions(noPartitions, partitions),
    startMs: Number(value.transactionStartTimestampMs),
    lastUpdateMs: Number(value.transactionLastUpdateTimestampMs),
    clientVersion: value.clientTransactionVersion,
  }
}
