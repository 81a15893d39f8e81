import { getTelemetrySubscriptions } from '../wire/apis/get-telemetry-subscriptions.js'
import { errorCodes } from '../wire/errors.js'
import { handler } from './shared/handler.js'
import { clientOf, noId } from './shared/telemetry-client.js'

const codecs = [4, 3, 1, 2] // zstd, lz4, gzip, snappy, as Kafka prefers them

/** Tells a client which of its metrics the `client-metrics` resources want, and gives it an id (KIP-714). */
export const getTelemetrySubscriptionsHandler = handler({
  api: getTelemetrySubscriptions,

  handle(request, context) {
    const { clientMetrics, config, ids } = context.broker
    const id = request.clientInstanceId === noId ? ids.newId() : request.clientInstanceId
    const { subscriptionId, pushIntervalMs, metrics } = clientMetrics.subscriptionOf(id, clientOf(context))
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      clientInstanceId: id,
      subscriptionId,
      acceptedCompressionTypes: codecs,
      pushIntervalMs,
      telemetryMaxBytes: config.number('telemetry.max.bytes'),
      deltaTemporality: true,
      requestedMetrics: metrics,
    }
  },

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    clientInstanceId: noId,
    subscriptionId: 0,
    acceptedCompressionTypes: [],
    pushIntervalMs: 0,
    telemetryMaxBytes: 0,
    deltaTemporality: false,
    requestedMetrics: [],
  }),
})
