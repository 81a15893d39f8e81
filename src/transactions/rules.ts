import { KafkaError } from '../wire/errors.js'
import { isExhausted, prepared, unborn, withAdded, withNewProducerId, withNextEpoch } from './moves.js'
import { hasPartition, type NamedPartition } from './partition-set.js'
import type { Transaction } from './transaction-facts.js'
import type { EndRequest, InitRequest, ProducerIdentity } from './transaction-requests.js'
import { isPrepared, type TransactionState } from './transaction-states.js'

/*
 * The rules for clients of a transactional id, in the order of the checks of Kafka's TransactionCoordinator.
 * Each returns the transaction as it is to be, or throws the error that the client is told.
 */

/** The newest version of transactions: the broker itself uses it when it aborts one. */
const newestVersion = 2
/** The timeout of a transaction that only its own producer may end (KIP-939). */
export const endlessTimeoutMs = 2 ** 31 - 1

/** A producer id that was never used; it is taken only where one is needed. Null where none was fetched. */
export type SpareProducerId = bigint | null

/**
 * Begins a new producer, or one that begins anew. An open transaction is aborted first, and the client has to come
 * again.
 */
export function initialized(
  known: Transaction | undefined,
  { timeoutMs, expected }: InitRequest,
  spare: SpareProducerId,
  nowMs: number,
): Transaction {
  const transaction = known ?? unborn(needed(spare), timeoutMs, nowMs)
  checkNotEnding(transaction)
  if (expected && !mayComeBack(transaction, expected)) throw new KafkaError('PRODUCER_FENCED')
  if (transaction.state === 'Ongoing') return fencedOff(transaction, spare, nowMs)
  const { producerEpoch } = transaction
  if (isExhausted(producerEpoch) && (!expected || expected.producerEpoch === producerEpoch)) {
    return withNewProducerId(transaction, needed(spare), expected !== null, timeoutMs, nowMs)
  }
  return withNextEpoch(transaction, expected?.producerEpoch ?? null, timeoutMs, nowMs)
}

/**
 * Tells whether an older producer may come back: as the one that is known, or where the answer that gave it its new id
 * was lost.
 */
function mayComeBack(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): boolean {
  return (
    transaction.producerEpoch === -1 ||
    producerId === transaction.producerId ||
    (producerId === transaction.previousProducerId && isExhausted(producerEpoch))
  )
}

/**
 * Aborts in the broker's own name, with an epoch that fences off the producer: after a timeout, or for a new producer.
 */
export const fencedOff = (transaction: Transaction, spare: SpareProducerId, nowMs: number): Transaction =>
  prepared(transaction, false, newestVersion, nextProducerId(transaction, spare), nowMs)

/** The transaction with these partitions, or the same one when they are all in it. */
export function added(
  transaction: Transaction | undefined,
  producer: ProducerIdentity,
  partitions: readonly NamedPartition[],
  clientVersion: number,
  nowMs: number,
): Transaction {
  if (transaction) checkNotEnding(transaction)
  const open = ofProducer(transaction, producer)
  const all = open.state === 'Ongoing' && partitions.every(each => hasPartition(open.partitions, each))
  return all ? open : withAdded(open, partitions, clientVersion, nowMs)
}

/** The transaction of this very producer, whose outcome is not decided yet. */
export function ofProducer(
  transaction: Transaction | undefined,
  { producerId, producerEpoch }: ProducerIdentity,
): Transaction {
  if (transaction?.producerId !== producerId) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  if (transaction.producerEpoch !== producerEpoch) throw new KafkaError('PRODUCER_FENCED')
  checkNotEnding(transaction)
  return transaction
}

/** Refuses a request until the markers are written: the client may only wait. */
function checkNotEnding({ state }: Transaction): void {
  if (isPrepared(state)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
}

/** The transaction as its producer ends it, or the same one when the same request did that before. */
export function ended(
  transaction: Transaction | undefined,
  request: EndRequest,
  spare: SpareProducerId,
  nowMs: number,
): Transaction {
  if (!transaction) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  return request.clientVersion >= 2
    ? endedWithBump(transaction, request, spare, nowMs)
    : endedWithoutBump(transaction, request, nowMs)
}

function endedWithoutBump(transaction: Transaction, request: EndRequest, nowMs: number): Transaction {
  const { committed, clientVersion } = request
  const own = ofProducer(transaction, request)
  if (own.state === 'Ongoing') return prepared(own, committed, clientVersion, null, nowMs)
  if (own.state !== completeAs(committed)) throw new KafkaError('INVALID_TXN_STATE')
  return own
}

/** Ends a transaction by KIP-890: the epoch before the present one tells that a request came before. */
function endedWithBump(
  transaction: Transaction,
  request: EndRequest,
  spare: SpareProducerId,
  nowMs: number,
): Transaction {
  const { producerId, producerEpoch, committed, clientVersion } = request
  checkNotEnding(transaction)
  const { state } = transaction
  const overflowed =
    transaction.previousProducerId === producerId &&
    isExhausted(producerEpoch) &&
    transaction.producerEpoch === 0
  if (transaction.producerId !== producerId && !overflowed) {
    throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  }
  const repeats = overflowed || transaction.producerEpoch === producerEpoch + 1
  const mayRepeat = state === 'CompleteCommit' || state === 'CompleteAbort'
  if (producerEpoch !== transaction.producerEpoch && !(repeats && mayRepeat)) {
    throw new KafkaError('PRODUCER_FENCED')
  }
  if (repeats && state === completeAs(committed)) return transaction
  // A transaction that was never begun can be aborted, but not committed: the client does not know whether it was
  // begun.
  if (state !== 'Ongoing' && (repeats || committed)) throw new KafkaError('INVALID_TXN_STATE')
  return prepared(transaction, committed, clientVersion, nextProducerId(transaction, spare), nowMs)
}

const completeAs = (committed: boolean): TransactionState => (committed ? 'CompleteCommit' : 'CompleteAbort')

/** Tells whether an open transaction has been so for longer than its producer allowed. */
export const isTimedOut = ({ state, startMs, timeoutMs }: Transaction, nowMs: number): boolean =>
  state === 'Ongoing' && timeoutMs !== endlessTimeoutMs && startMs + timeoutMs < nowMs

/** Tells whether the next move may need a new producer id. */
export const mayNeedProducerId = (transaction: Transaction | undefined): boolean =>
  !transaction || isExhausted(transaction.producerEpoch)

const nextProducerId = ({ producerEpoch }: Transaction, spare: SpareProducerId): bigint | null =>
  isExhausted(producerEpoch) ? needed(spare) : null

function needed(spare: SpareProducerId): bigint {
  if (spare === null) throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS') // comes again, with one
  return spare
}
