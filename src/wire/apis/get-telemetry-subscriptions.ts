import { api, array, bool, int8, int16, int32, string, uuid } from '../schema.js'

/** Tells a client which of its metrics the broker wants pushed to it (KIP-714). */
export const getTelemetrySubscriptions = api({
  key: 71,
  name: 'GetTelemetrySubscriptions',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    clientInstanceId: uuid, // all zero: the broker is to choose one
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    acceptedCompressionTypes: array(int8), // codec numbers, the preferred one first
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    deltaTemporality: bool, // counters since the last push, not since the start
    requestedMetrics: array(string), // prefixes of names; empty: no metrics at all, one empty string: all of them
  }),
})
