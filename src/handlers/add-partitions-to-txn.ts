import type { NamedPartition } from '../transactions/partition-set.js'
import { addPartitionsToTxn } from '../wire/apis/add-partitions-to-txn.js'
import { type ErrorName, errorCodes, type KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { fencingKnown } from './producer-fenced.js'
import { checkTransactionalId } from './transactional-id.js'

type Request = RequestOf<typeof addPartitionsToTxn>
type Wanted = Request['transactions'][number]
type Topics = Wanted['topics']

const manySince = 4
const fencedSince = 2

/** Adds partitions to transactions, or tells whether they are part of them: all of a transaction's, or none. */
export const addPartitionsToTxnHandler = handler({
  api: addPartitionsToTxn,
  replyLength: 'brief',

  async handle(request, context) {
    const { version } = context
    if (version < manySince) {
      const errors = await answer(onlyTransaction(request), context)
      return { throttleTimeMs: 0, resultsByTopicV3AndBelow: results(request.v3AndBelowTopics, errors) }
    }
    const resultsByTransaction = request.transactions.map(async wanted => ({
      transactionalId: wanted.transactionalId,
      topicResults: results(wanted.topics, await answer(wanted, context)),
    }))
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      resultsByTransaction: await Promise.all(resultsByTransaction),
    }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: results(request.v3AndBelowTopics, () => error.errorName),
  }),
})

const onlyTransaction = (request: Request): Wanted => ({
  transactionalId: request.v3AndBelowTransactionalId,
  producerId: request.v3AndBelowProducerId,
  producerEpoch: request.v3AndBelowProducerEpoch,
  verifyOnly: false,
  topics: request.v3AndBelowTopics,
})

type ErrorOf = (partition: NamedPartition, index: number) => ErrorName

async function answer(wanted: Wanted, context: RequestContext): Promise<ErrorOf> {
  const partitions = partitionsOf(wanted.topics)
  const faultOf = faultsOf(context)
  if (partitions.some(each => faultOf(each) !== null)) {
    return each => faultOf(each) ?? 'OPERATION_NOT_ATTEMPTED'
  }
  try {
    checkTransactionalId(wanted.transactionalId)
    if (wanted.verifyOnly) return await verify(wanted, partitions, context)
    const clientVersion = context.version < manySince ? 0 : 2
    const { transactions } = context.broker
    const added = transactions.add({ ...wanted, partitions, clientVersion }, context.connection)
    await fencingKnown(added, context, fencedSince)
    return () => 'NONE'
  } catch (thrown) {
    const { errorName }: KafkaError = context.explain(thrown)
    return () => errorName
  }
}

/** Why a partition cannot be added. Only brokers add internal ones in this way. */
const faultsOf =
  ({ broker, version }: RequestContext) =>
  ({ topic: name, partition }: NamedPartition): ErrorName | null => {
    const topic = broker.metadata.topic(name)
    if (version < manySince && topic?.internal) return 'TOPIC_AUTHORIZATION_FAILED'
    return topic?.partitions[partition] ? null : 'UNKNOWN_TOPIC_OR_PARTITION'
  }

async function verify(
  wanted: Wanted,
  partitions: readonly NamedPartition[],
  { broker, connection }: RequestContext,
): Promise<ErrorOf> {
  const { transactionalId } = wanted
  const found = await broker.transactions.verify(transactionalId, wanted, partitions, connection)
  return (_, index) => (found[index] ? 'NONE' : 'TRANSACTION_ABORTABLE')
}

const partitionsOf = (topics: Topics): NamedPartition[] =>
  topics.flatMap(({ name, partitions }) => partitions.map(partition => ({ topic: name, partition })))

function results(topics: Topics, errorOf: ErrorOf) {
  let index = 0
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map(partition => ({
      partitionIndex: partition,
      partitionErrorCode: errorCodes[errorOf({ topic: name, partition }, index++)],
    })),
  }))
}
