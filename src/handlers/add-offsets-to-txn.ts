import { offsetsTopic } from '../topics/internal-topics.js'
import { addOffsetsToTxn } from '../wire/apis/add-offsets-to-txn.js'
import { errorCodes } from '../wire/errors.js'
import { handler } from './shared/handler.js'
import { fencingKnown } from './shared/producer-fenced.js'
import { checkTransactionalId } from './shared/transactional-id.js'

const fencedSince = 2

/** Adds the partition that holds a group's offsets to a transaction; newer clients leave that to TxnOffsetCommit. */
export const addOffsetsToTxnHandler = handler({
  api: addOffsetsToTxn,
  replyLength: 'brief',

  async handle(request, context) {
    const { transactionalId, groupId } = request
    const { transactions, groups } = context.broker
    checkTransactionalId(transactionalId)
    const partitions = [{ topic: offsetsTopic, partition: groups.partitionOf(groupId) }]
    const added = transactions.add({ ...request, partitions, clientVersion: 0 }, context.connection)
    await fencingKnown(added, context, fencedSince)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code }),
})
