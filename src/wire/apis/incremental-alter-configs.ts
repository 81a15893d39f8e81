import { api, array, bool, int8, int16, int32, nullable, optional, string } from '../schema.js'

/** Changes single settings and leaves the others as they are (KIP-339). */
export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleSince: 1,
  request: () => ({
    resources: array({
      resourceType: int8, // 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
      resourceName: string,
      configs: array({
        name: string,
        configOperation: int8, // 0 set, 1 delete, 2 append to a list, 3 subtract from a list
        value: optional(nullable(string), ''), // null with delete
      }),
    }),
    validateOnly: bool, // check everything, change nothing
  }),
  response: () => ({
    throttleTimeMs: int32,
    responses: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      resourceType: int8,
      resourceName: string,
    }),
  }),
})
