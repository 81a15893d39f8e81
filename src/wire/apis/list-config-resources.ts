import { api, array, ignorable, int8, int16, int32, since, string } from '../schema.js'

/**
 * Lists the resources that have a configuration of their own (KIP-1142). Version 0 lists client metrics only (KIP-714).
 */
export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleSince: 0,
  request: () => ({
    resourceTypes: since(1, array(int8)), // 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group; empty: all
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array({
      resourceName: string,
      resourceType: ignorable(since(1, int8, 16)),
    }),
  }),
})
