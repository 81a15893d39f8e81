import { KafkaError } from '../wire/errors.js'
import { type NamedPartition, noPartitions, withPartitions } from './partition-set.js'
import type { Transaction } from './transaction-facts.js'
import { assertMove, type TransactionState } from './transaction-states.js'

/*
 * The moves of a transactional id, one function for each thing that can happen to it (Kafka's
 * TransactionMetadata). They decide nothing: their callers have checked that it may happen.
 */

/** The last epoch but one: the one after it is for an abort, and then there is none. */
const exhaustedEpoch = 2 ** 15 - 2
const largestEpoch = 2 ** 15 - 1
const none = -1n

export const isExhausted = (epoch: number): boolean => epoch >= exhaustedEpoch

/** A transactional id that is seen for the first time, before its first producer has an epoch. */
export const unborn = (producerId: bigint, timeoutMs: number, nowMs: number): Transaction => ({
  state: 'Empty',
  producerId,
  previousProducerId: none,
  nextProducerId: none,
  producerEpoch: -1,
  lastProducerEpoch: -1,
  timeoutMs,
  partitions: noPartitions,
  startMs: -1,
  lastUpdateMs: nowMs,
  clientVersion: 0,
})

/**
 * Gives the next epoch to a producer that begins, or begins anew. PRODUCER_FENCED when it is not the one expected
 * (KIP-360).
 */
export function withNextEpoch(
  transaction: Transaction,
  expectedEpoch: number | null,
  timeoutMs: number,
  nowMs: number,
): Transaction {
  const { producerEpoch, lastProducerEpoch } = transaction
  return moved(transaction, 'Empty', {
    ...epochAfter(transaction, expectedEpoch, { producerEpoch, lastProducerEpoch }),
    timeoutMs,
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: nowMs,
  })
}

interface Epochs {
  readonly producerEpoch: number
  readonly lastProducerEpoch: number
}

function epochAfter({ producerEpoch }: Transaction, expected: number | null, now: Epochs): Epochs {
  const bumped = producerEpoch + 1
  if (expected === null) return { producerEpoch: bumped, lastProducerEpoch: -1 }
  if (producerEpoch === -1 || expected === producerEpoch) {
    return { producerEpoch: bumped, lastProducerEpoch: producerEpoch }
  }
  if (expected === now.lastProducerEpoch) return now // it asks again, as it never got the answer
  throw new KafkaError('PRODUCER_FENCED')
}

/** Gives another producer id to a producer that begins anew, as the epochs of the old one are used up. */
export const withNewProducerId = (
  transaction: Transaction,
  producerId: bigint,
  knowsEpoch: boolean,
  timeoutMs: number,
  nowMs: number,
): Transaction =>
  moved(transaction, 'Empty', {
    producerId,
    producerEpoch: 0,
    lastProducerEpoch: knowsEpoch ? transaction.producerEpoch : -1,
    timeoutMs,
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: nowMs,
  })

export const withAdded = (
  transaction: Transaction,
  added: readonly NamedPartition[],
  clientVersion: number,
  nowMs: number,
): Transaction =>
  moved(transaction, 'Ongoing', {
    partitions: withPartitions(transaction.partitions, added),
    startMs: transaction.state === 'Ongoing' ? transaction.startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  })

/** Decides the outcome. From version 2 on the markers have a higher epoch than the records. */
export function prepared(
  transaction: Transaction,
  committed: boolean,
  clientVersion: number,
  nextProducerId: bigint | null,
  nowMs: number,
): Transaction {
  const { producerEpoch, lastProducerEpoch, state, startMs } = transaction
  const bumps = clientVersion >= 2
  return moved(transaction, committed ? 'PrepareCommit' : 'PrepareAbort', {
    producerEpoch: bumps ? Math.min(producerEpoch + 1, largestEpoch) : producerEpoch,
    lastProducerEpoch: bumps ? producerEpoch : lastProducerEpoch,
    nextProducerId: nextProducerId ?? none,
    startMs: state === 'Ongoing' ? startMs : nowMs,
    lastUpdateMs: nowMs,
    clientVersion,
  })
}

/** Completes the transaction, once all markers are written. */
export function completed(transaction: Transaction, nowMs: number): Transaction {
  const { state, nextProducerId, producerId, producerEpoch, clientVersion } = transaction
  const rotates = clientVersion >= 2 && nextProducerId !== none
  return moved(transaction, state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort', {
    producerId: rotates ? nextProducerId : producerId,
    producerEpoch: rotates ? 0 : producerEpoch,
    nextProducerId: none,
    partitions: noPartitions,
    lastUpdateMs: nowMs,
  })
}

function moved(from: Transaction, state: TransactionState, changes: Partial<Transaction>): Transaction {
  assertMove(from.state, state)
  return { ...from, ...changes, state, previousProducerId: from.producerId }
}
