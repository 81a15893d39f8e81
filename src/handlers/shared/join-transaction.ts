import type { TopicPartition, TransactionGuard } from '../../engine/log-engine.js'
import type { NamedPartition } from '../../transactions/partition-set.js'
import type { ProducerIdentity } from '../../transactions/transaction-requests.js'
import { type ErrorName, KafkaError } from '../../wire/errors.js'
import type { Parts } from './parts.js'
import { checkTransactionalId } from './transactional-id.js'

/** A partition that a client wants to write to within its transaction. */
export interface JoiningPartition extends NamedPartition {
  readonly target: TopicPartition
  /** The base sequence of the batch; -1 where a coordinator writes it. */
  readonly baseSequence: number
}

export interface JoinedPartition {
  /** The guard that the log wants to see with the first batch of a transaction. */
  readonly guard: TransactionGuard | null
  /** The reason why nothing may be written; null where it may. */
  readonly error: KafkaError | null
}

/** The knowledge that a client has of transactions, by the version of its request (KIP-890). */
export type TransactionSupport =
  /** The partition is added by the very request that writes to it. */
  | 'adds'
  /** The partition was added before, and the client understands TRANSACTION_ABORTABLE if it was not. */
  | 'knows-abortable'
  | 'knows-nothing'

export interface TransactionJoin extends ProducerIdentity {
  readonly transactionalId: string
  readonly partitions: readonly JoiningPartition[]
  readonly support: TransactionSupport
}

/**
 * Makes sure, before records are appended, that their partitions are part of an open transaction of their producer, so
 * that its marker will come to them. Partitions that hold records of it already are; for the others the transaction's
 * coordinator is asked, and the guard shows the log that nothing was written in between.
 */
export async function joinTransaction(request: TransactionJoin, broker: Parts): Promise<JoinedPartition[]> {
  const { partitions, support } = request
  const adds = support === 'adds'
  if (!adds && !broker.config.boolean('transaction.partition.verification.enable')) {
    return partitions.map(() => ({ guard: null, error: null }))
  }
  const known = await joinedAlready(request, broker)
  const strangers = partitions.filter((_, i) => known[i]?.guard)
  if (strangers.length === 0) return known
  const errors = (await (adds ? add : verify)(request, strangers, broker)).values()
  return known.map(each => (each.guard ? { ...each, error: errors.next().value ?? null } : each))
}

/** Asks the partitions' own logs about the producer. */
async function joinedAlready(request: TransactionJoin, { log }: Parts): Promise<JoinedPartition[]> {
  const { producerId, producerEpoch, support } = request
  const producer = { producerId, producerEpoch, knowsEpochBump: support === 'adds' }
  const guards = await log.guards(
    request.partitions.map(({ target, baseSequence }) => ({
      target,
      producer: { ...producer, baseSequence },
    })),
  )
  return guards.map(guard =>
    guard instanceof KafkaError ? { guard: null, error: guard } : { guard, error: null },
  )
}

type Errors = readonly (KafkaError | null)[]

async function add(
  request: TransactionJoin,
  strangers: readonly JoiningPartition[],
  broker: Parts,
): Promise<Errors> {
  const { clock, config, transactions } = broker
  const untilMs = clock.now() + config.number('add.partitions.to.txn.retry.backoff.max.ms')
  for (;;) {
    try {
      checkTransactionalId(request.transactionalId)
      await transactions.add({ ...request, partitions: strangers, clientVersion: 2 }, 'broker')
      return strangers.map(() => null)
    } catch (thrown) {
      const error = explained(thrown)
      if (error.errorName !== 'CONCURRENT_TRANSACTIONS' || clock.now() >= untilMs) {
        return strangers.map(() => error)
      }
    }
    await pause(broker)
  }
}

/** Waits, for the transaction before is about to end. */
function pause({ clock, config }: Parts): Promise<void> {
  const backoffMs = config.number('add.partitions.to.txn.retry.backoff.ms')
  return new Promise(resolve => clock.after(backoffMs, {}, resolve))
}

async function verify(
  request: TransactionJoin,
  strangers: readonly JoiningPartition[],
  { transactions }: Parts,
): Promise<Errors> {
  const missing: ErrorName =
    request.support === 'knows-abortable' ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE'
  try {
    checkTransactionalId(request.transactionalId)
    const found = await transactions.verify(request.transactionalId, request, strangers, 'broker')
    return found.map(isMember => (isMember ? null : new KafkaError(missing)))
  } catch (thrown) {
    const error = explained(thrown)
    return strangers.map(() => error)
  }
}

/** Returns the error that producers know: the one that a log gives for an old epoch. */
function explained(thrown: unknown): KafkaError {
  if (!(thrown instanceof KafkaError)) throw thrown
  return thrown.errorName === 'PRODUCER_FENCED' ? new KafkaError('INVALID_PRODUCER_EPOCH') : thrown
}
