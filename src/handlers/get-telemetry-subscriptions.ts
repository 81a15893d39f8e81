import { getTelemetrySubscriptions } from '../wire/apis/get-telemetry-subscriptions.js'
import { errorCodes } from '../wire/errors.js'
import { handler } from './shared/handler.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const codecs = [4, 3, 1, 2] // zstd, lz4, gzip, snappy, as Kafka prefers them
const pushIntervalMs = 300_000
const telemetryMaxBytes = 1_048_576

/** Tells a client that the broker wants none of its metrics (KIP-714). */
export const getTelemetrySubscriptionsHandler = handler({
  api: getTelemetrySubscriptions,
  replyLength: 'brief',

  handle: (request, { broker }) => ({
    throttleTimeMs: 0,
    errorCode: errorCodes.NONE,
    clientInstanceId: request.clientInstanceId === noId ? broker.ids.newId() : request.clientInstanceId,
    subscriptionId: 0,
    acceptedCompressionTypes: codecs,
    pushIntervalMs,
    telemetryMaxBytes,
    deltaTemporality: true,
    requestedMetrics: [],
  }),

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
