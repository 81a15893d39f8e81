import { inTurns, Turns } from '../time/turns.js'
import type { NamedPartition } from '../transactions/partition-set.js'
import { addPartitionsToTxn } from '../wire/apis/add-partitions-to-txn.js'
import { type ErrorName, errorCodes, type KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { fencingKnown } from './shared/producer-fenced.js'
import { checkTransactionalId } from './shared/transactional-id.js'

type Request = RequestOf<typeof addPartitionsToTxn>
type Wanted = Request['transactions'][number]
type Topics = Wanted['topics']
type TransactionResult = NonNullable<ResponseOf<typeof addPartitionsToTxn>['resultsByTransaction']>[number]

const manySince = 4
const fencedSince = 2

/** Adds partitions to transactions, or tells whether they are part of them: all of a transaction's, or none. */
export const addPartitionsToTxnHandler = handler({
  api: addPartitionsToTxn,
  replyLength: 'brief',

  async handle(request, context) {
    const turns = new Turns()
    if (context.version < manySince) {
      const wanted = onlyTransaction(request)
      const errorOf = await answer(wanted, context, turns)
      return { throttleTimeMs: 0, resultsByTopicV3AndBelow: await results(wanted.topics, errorOf, turns) }
    }
    const resultsByTransaction: TransactionResult[] = []
    const { transactions } = request
    for (let from = 0; from < transactions.length; from += transactionsAtOnce) {
      const some = transactions.slice(from, from + transactionsAtOnce)
      resultsByTransaction.push(...(await addEach(some, context, turns)))
    }
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, resultsByTransaction }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    resultsByTransaction: [],
    resultsByTopicV3AndBelow: request.v3AndBelowTopics.map(({ name, partitions }) => ({
      name,
      resultsByPartition: partitions.map(partitionIndex => ({
        partitionIndex,
        partitionErrorCode: error.code,
      })),
    })),
  }),
})

/** No more transactions wait at once: very many would take much memory, which takes long to collect. */
const transactionsAtOnce = 500

/** Begins all before it waits for any, so that they share what they wait for. */
async function addEach(
  transactions: readonly Wanted[],
  context: RequestContext,
  turns: Turns,
): Promise<TransactionResult[]> {
  const begun = await inTurns(
    transactions,
    wanted => ({ wanted, errorOf: answer(wanted, context, turns) }),
    turns,
  )
  return inTurns(
    begun,
    async ({ wanted: { transactionalId, topics }, errorOf }) => ({
      transactionalId,
      topicResults: await results(topics, await errorOf, turns),
    }),
    turns,
  )
}

const onlyTransaction = (request: Request): Wanted => ({
  transactionalId: request.v3AndBelowTransactionalId,
  producerId: request.v3AndBelowProducerId,
  producerEpoch: request.v3AndBelowProducerEpoch,
  verifyOnly: false,
  topics: request.v3AndBelowTopics,
})

type ErrorOf = (partition: NamedPartition, index: number) => ErrorName

/** Answers about one transaction; never rejects. */
async function answer(wanted: Wanted, context: RequestContext, turns: Turns): Promise<ErrorOf> {
  try {
    const faultOf = faultsOf(context)
    const partitions: NamedPartition[] = []
    let isFaulty = false
    for (const { name: topic, partitions: indexes } of wanted.topics) {
      for (const partition of indexes) {
        const each = { topic, partition }
        partitions.push(each)
        isFaulty ||= faultOf(each) !== null
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    if (isFaulty) return each => faultOf(each) ?? 'OPERATION_NOT_ATTEMPTED'
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

/** Returns the reason why a partition cannot be added. Only brokers add internal ones in this way. */
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

function results(topics: Topics, errorOf: ErrorOf, turns: Turns) {
  let index = 0
  return inTurns(
    topics,
    async ({ name, partitions }) => ({
      name,
      resultsByPartition: await inTurns(
        partitions,
        partitionIndex => ({
          partitionIndex,
          partitionErrorCode: errorCodes[errorOf({ topic: name, partition: partitionIndex }, index++)],
        }),
        turns,
      ),
    }),
    turns,
  )
}
