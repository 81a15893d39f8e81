import { endTxn } from '../wire/apis/end-txn.js'
import { errorCodes } from '../wire/errors.js'
import { handler } from './shared/handler.js'
import { fencingKnown } from './shared/producer-fenced.js'
import { checkTransactionalId } from './shared/transactional-id.js'

const fencedSince = 2
const bumpsSince = 5

/** Commits or aborts a transaction. Newer clients go on with the epoch in the answer (KIP-890). */
export const endTxnHandler = handler({
  api: endTxn,
  replyLength: 'brief',

  async handle(request, context) {
    checkTransactionalId(request.transactionalId)
    const clientVersion = context.version >= bumpsSince ? 2 : 0
    const ended = context.broker.transactions.end({ ...request, clientVersion }, context.connection)
    const { producerId, producerEpoch } = await fencingKnown(ended, context, fencedSince)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId, producerEpoch }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code }),
})
