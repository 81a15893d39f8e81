import { endlessTimeoutMs } from '../transactions/rules.js'
import type { InitRequest } from '../transactions/transaction-requests.js'
import { initProducerId } from '../wire/apis/init-producer-id.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { fencingKnown } from './shared/producer-fenced.js'
import { checkTransactionalId } from './shared/transactional-id.js'

type Request = RequestOf<typeof initProducerId>

const fencedSince = 4

/**
 * Gives a producer its id and epoch. A producer with a transactional id takes the place of the one before (KIP-98,
 * KIP-360).
 */
export const initProducerIdHandler = handler({
  api: initProducerId,
  replyLength: 'brief',

  async handle(request, context) {
    const expected = expectedOf(request)
    const { transactionalId } = request
    const { producerId, producerEpoch } =
      transactionalId === null
        ? { producerId: await context.broker.metadata.nextProducerId(), producerEpoch: 0 }
        : await initialize({ ...request, transactionalId }, expected, context)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, producerId, producerEpoch }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, producerEpoch: -1 }),
})

function expectedOf({ producerId, producerEpoch }: Request): InitRequest['expected'] {
  if (producerId === -1n && producerEpoch === -1) return null
  if (producerId === -1n || producerEpoch === -1) {
    throw new KafkaError('INVALID_REQUEST', 'A producer id needs an epoch, and an epoch a producer id.')
  }
  return { producerId, producerEpoch }
}

/**
 * Begins the epoch of a transactional producer. Two-phase commit needs a permission, and keeping a prepared transaction
 * is not served yet (KIP-939).
 */
function initialize(
  request: Request & { readonly transactionalId: string },
  expected: InitRequest['expected'],
  context: RequestContext,
) {
  const { transactionalId, transactionTimeoutMs, enable2Pc, keepPreparedTxn } = request
  const { config, transactions } = context.broker
  checkTransactionalId(transactionalId)
  if (enable2Pc && !config.boolean('transaction.two.phase.commit.enable')) {
    throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  }
  if (keepPreparedTxn) throw new KafkaError('UNSUPPORTED_VERSION')
  const mostMs = config.number('transaction.max.timeout.ms')
  if (!enable2Pc && (transactionTimeoutMs <= 0 || transactionTimeoutMs > mostMs)) {
    throw new KafkaError('INVALID_TRANSACTION_TIMEOUT')
  }
  const timeoutMs = enable2Pc ? endlessTimeoutMs : transactionTimeoutMs
  const answer = transactions.initialize({ transactionalId, timeoutMs, expected }, context.connection)
  return fencingKnown(answer, context, fencedSince)
}
