import { api, bool, bytes, int8, int16, int32, uuid } from '../schema.js'

/** Brings metrics of a client to the broker, as it asked for them (KIP-714). */
export const pushTelemetry = api({
  key: 72,
  name: 'PushTelemetry',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    clientInstanceId: uuid,
    subscriptionId: int32,
    terminating: bool, // the client sends no more
    compressionType: int8, // the number of the codec
    metrics: bytes,
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
  }),
})
