import { inTurns } from '../time/turns.js'
import type { Transaction } from '../transactions/transaction-facts.js'
import { describeTransactions } from '../wire/apis/describe-transactions.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { handler, type RequestContext } from './shared/handler.js'
import { memoized } from './shared/memoized.js'
import { checkTransactionalId } from './shared/transactional-id.js'

/** Tells the states of transactions (KIP-664). */
export const describeTransactionsHandler = handler({
  api: describeTransactions,

  async handle(request, context) {
    const describeOnce = memoized(String, id => describe(id, context))
    return { throttleTimeMs: 0, transactionStates: await inTurns(request.transactionalIds, describeOnce) }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    transactionStates: request.transactionalIds.map(id => failed(id, error)),
  }),
})

async function describe(transactionalId: string, context: RequestContext) {
  try {
    checkTransactionalId(transactionalId)
    const found = await context.broker.transactions.describe(transactionalId, context.connection)
    if (!found) throw new KafkaError('TRANSACTIONAL_ID_NOT_FOUND')
    return described(transactionalId, found)
  } catch (thrown) {
    return failed(transactionalId, context.explain(thrown))
  }
}

const described = (transactionalId: string, transaction: Transaction) => ({
  errorCode: errorCodes.NONE,
  transactionalId,
  transactionState: transaction.state,
  transactionTimeoutMs: transaction.timeoutMs,
  transactionStartTimeMs: BigInt(transaction.startMs),
  producerId: transaction.producerId,
  producerEpoch: transaction.producerEpoch,
  topics: [...transaction.partitions].map(([topic, partitions]) => ({ topic, partitions: [...partitions] })),
})

const failed = (transactionalId: string, { code }: KafkaError) => ({
  errorCode: code,
  transactionalId,
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: 0n,
  producerId: 0n,
  producerEpoch: 0,
  topics: [],
})
