import { initProducerId } from '../wire/apis/init-producer-id.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { handler } from './handler.js'

/** Gives an idempotent producer its id. Transactions are not offered, so a transactional id is refused. */
export const initProducerIdHandler = handler({
  api: initProducerId,

  async handle(request, { broker, version }) {
    if (request.transactionalId !== null) {
      throw new KafkaError('INVALID_REQUEST', 'Transactions are not offered by this broker.')
    }
    const given = request.producerId !== -1n
    if (version >= 3 && given !== (request.producerEpoch !== -1)) {
      throw new KafkaError('INVALID_REQUEST', 'A producer id needs an epoch, and an epoch a producer id.')
    }
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      producerId: await broker.metadata.nextProducerId(),
      producerEpoch: 0,
    }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, producerEpoch: -1 }),
})
