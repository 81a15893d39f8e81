import { api, array, bool, int8, int16, int32, nullable, optional, string } from '../schema.js'

/** TODO-DOC */
export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleSince: 2,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: optional(nullable(string), ''),
      }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    responses: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      resourceType: int8,
      resourceName: string,
    }),
  },
})
