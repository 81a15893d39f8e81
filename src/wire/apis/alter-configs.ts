import { api, array, bool, int8, int16, int32, nullable, optional, string } from '../schema.js'

/**
 * Replaces the whole configuration of topics and brokers: settings that are not listed go back to their defaults. It is
 * kept for old clients; IncrementalAlterConfigs (KIP-339) took its place.
 */
export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleSince: 2,
  request: () => ({
    resources: array({
      resourceType: int8, // 2 topic, 4 broker
      resourceName: string,
      configs: array({
        name: string,
        value: optional(nullable(string), ''), // null: the default
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
