import { inTurns, Turns } from '../time/turns.js'
import type { ListedTransaction } from '../transactions/transaction-facts.js'
import { isTransactionState } from '../transactions/transaction-states.js'
import { listTransactions } from '../wire/apis/list-transactions.js'
import { errorCodes } from '../wire/errors.js'
import { compileExpression } from '../wire/regular-expression.js'
import type { RequestOf } from '../wire/schema.js'
import { handler } from './shared/handler.js'

type Request = RequestOf<typeof listTransactions>

/** Lists the transactional ids that the dialled node coordinates; an empty filter lets all pass. */
export const listTransactionsHandler = handler({
  api: listTransactions,

  async handle(request, { broker, connection }) {
    const turns = new Turns()
    const isWanted = await filterOf(request, broker.clock.now(), turns)
    const all = await broker.transactions.list(connection.nodeId, isWanted, turns)
    const unknown: string[] = []
    for (const name of request.stateFilters) {
      if (!isTransactionState(name)) unknown.push(name)
      const pause = turns.pause()
      if (pause) await pause
    }
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      unknownStateFilters: unknown,
      transactionStates: await inTurns(
        all,
        ([transactionalId, { producerId, state }]) => ({
          transactionalId,
          producerId,
          transactionState: state,
        }),
        turns,
      ),
    }
  },

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    unknownStateFilters: [],
    transactionStates: [],
  }),
})

async function filterOf(
  request: Request,
  nowMs: number,
  turns: Turns,
): Promise<(each: ListedTransaction) => boolean> {
  const { durationFilter } = request
  const states = await setOf<string>(request.stateFilters, turns)
  const producerIds = await setOf(request.producerIdFilters, turns)
  const pattern = request.transactionalIdPattern
  const matches = pattern ? compileExpression(pattern, 'Transaction ID pattern') : () => true
  return ([transactionalId, { state, producerId, startMs }]) =>
    (producerIds.size === 0 || producerIds.has(producerId)) &&
    (states.size === 0 || states.has(state)) &&
    (durationFilter < 0n || BigInt(nowMs - startMs) > durationFilter) &&
    matches(transactionalId)
}

async function setOf<T>(values: readonly T[], turns: Turns): Promise<ReadonlySet<T>> {
  const set = new Set<T>()
  for (const each of values) {
    set.add(each)
    const pause = turns.pause()
    if (pause) await pause
  }
  return set
}
