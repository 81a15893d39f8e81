import { pushTelemetry } from '../wire/apis/push-telemetry.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { handler } from './shared/handler.js'
import { clientOf, noId } from './shared/telemetry-client.js'

/** Kafka gives this id to its metadata topic, and so to no client. */
const reservedId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Takes metrics of a client, checks that they are as they were asked for, and drops them, as Kafka without a plugin. */
export const pushTelemetryHandler = handler({
  api: pushTelemetry,
  replyLength: 'brief',

  async handle({ clientInstanceId: id, metrics, ...push }, context) {
    if (id === noId || id === reservedId) {
      throw new KafkaError('INVALID_REQUEST', `Client instance id [${id}] is none that a client may have.`)
    }
    const { clientMetrics, config, inflater } = context.broker
    clientMetrics.push(id, { ...push, bytes: metrics.length }, clientOf(context))
    const most = config.number('telemetry.max.bytes')
    if (metrics.length > 0) await inflater.check(push.compressionType, metrics, most).catch(unreadable)
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code }),
})

/** As in Kafka, metrics that are too many when they are inflated are unreadable. */
function unreadable(thrown: unknown): never {
  if (thrown instanceof KafkaError && thrown.errorName === 'MESSAGE_TOO_LARGE') {
    throw new KafkaError('INVALID_RECORD', thrown.message)
  }
  throw thrown
}
