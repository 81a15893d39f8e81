import type { AppendBatch } from '../../engine/log-engine.js'
import type { Topic } from '../../engine/metadata-store.js'
import { baseSequence, isTransactional, producerEpoch, producerId } from '../../records/record-batch.js'
import { KafkaError } from '../../wire/errors.js'
import type { RequestContext } from './handler.js'
import { joinTransaction, type TransactionSupport } from './join-transaction.js'

/** A batch for a partition that exists. */
export interface RequestedBatch extends AppendBatch {
  readonly topic: Topic
  readonly origin: 'client'
}

/**
 * Makes sure that the partitions of the transactional batches of a request are part of the producer's transaction; from
 * version 12 of Produce on the request itself adds them (KIP-890). Returns each batch as it is to be appended, or the
 * reason why it is not.
 */
export async function joinedBatches(
  batches: readonly RequestedBatch[],
  transactionalId: string | null,
  context: RequestContext,
): Promise<(AppendBatch | KafkaError)[]> {
  const members = batches.filter(({ bytes }) => isTransactional(bytes))
  const [first] = members
  if (!first || transactionalId === null) return batches.map(plain)
  const producer = { producerId: producerId(first.bytes), producerEpoch: producerEpoch(first.bytes) }
  if (!members.every(({ bytes }) => isOf(bytes, producer))) {
    throw new KafkaError(
      'INVALID_PRODUCER_ID_MAPPING',
      'Transactional records contained more than one producer ID',
    )
  }
  const partitions = members.map(({ topic, target, bytes }) => ({
    topic: topic.name,
    target,
    partition: target.partition,
    baseSequence: baseSequence(bytes),
  }))
  const support = supportOf(context.version)
  const memberships = await joinTransaction(
    { transactionalId, ...producer, partitions, support },
    context.broker,
  )
  const left = memberships.values()
  return batches.map(batch => {
    if (!isTransactional(batch.bytes)) return plain(batch)
    const { guard = null, error = null } = left.next().value ?? {}
    return error ? asProducersKnow(error, support) : { ...plain(batch), guard }
  })
}

const plain = ({ target, bytes, fence, origin }: RequestedBatch): AppendBatch => ({
  target,
  bytes,
  fence,
  origin,
})

const isOf = (bytes: Buffer, producer: { readonly producerId: bigint; readonly producerEpoch: number }) =>
  producerId(bytes) === producer.producerId && producerEpoch(bytes) === producer.producerEpoch

function supportOf(version: number): TransactionSupport {
  if (version >= 12) return 'adds'
  return version >= 11 ? 'knows-abortable' : 'knows-nothing'
}

/**
 * Returns the error that old producers know. An error that passes by itself becomes one after which they try again, and
 * without asking for metadata first.
 */
function asProducersKnow({ errorName }: KafkaError, support: TransactionSupport): KafkaError {
  switch (errorName) {
    case 'INVALID_TXN_STATE':
      return new KafkaError(errorName, 'Partition was not added to the transaction')
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      return unverified(errorName)
    case 'CONCURRENT_TRANSACTIONS':
      return support === 'adds' ? new KafkaError(errorName) : unverified(errorName)
    default:
      return new KafkaError(errorName)
  }
}

const unverified = (underlying: string): KafkaError =>
  new KafkaError(
    'NOT_ENOUGH_REPLICAS',
    `Unable to verify the partition has been added to the transaction. Underlying error: ${underlying}`,
  )
