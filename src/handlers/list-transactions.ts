import { compileExpression } from '../groups/consumer/regular-expression.js'
import type { Transaction } from '../transactions/facts.js'
import { isTransactionState } from '../transactions/transaction-states.js'
import { listTransactions } from '../wire/apis/list-transactions.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler } from './handler.js'

type Request = RequestOf<typeof listTransactions>

/** Lists the transactional ids of which the dialled node is the coordinator; a filter that is empty lets all through. */
export const listTransactionsHandler = handler({
  api: listTransactions,

  async handle(request, { broker, connection }) {
    const isWanted = filterOf(request, broker.clock.now())
    const all = await broker.transactions.list(connection.nodeId)
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      unknownStateFilters: request.stateFilters.filter(name => !isTransactionState(name)),
      transactionStates: all
        .filter(([transactionalId, transaction]) => isWanted(transactionalId, transaction))
        .map(([transactionalId, { producerId, state }]) => ({
          transactionalId,
          producerId,
          transactionState: state,
        })),
    }
  },

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    unknownStateFilters: [],
    transactionStates: [],
  }),
})

function filterOf(request: Request, nowMs: number): (id: string, transaction: Transaction) => boolean {
  const { durationFilter } = request
  const states = new Set<string>(request.stateFilters)
  const producerIds = new Set(request.producerIdFilters)
  const pattern = request.transactionalIdPattern
  const matches = pattern ? compileExpression(pattern, 'Transaction ID pattern') : () => true
  return (transactionalId, { state, producerId, startMs }) =>
    (producerIds.size === 0 || producerIds.has(producerId)) &&
    (states.size === 0 || states.has(state)) &&
    (durationFilter < 0n || BigInt(nowMs - startMs) > durationFilter) &&
    matches(transactionalId)
}
