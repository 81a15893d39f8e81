import { api, array, bool, float64, int16, int32, nullable, optional, string } from '../schema.js'

/** Sets and takes back quotas of clients (KIP-546). */
export const alterClientQuotas = api({
  key: 49,
  name: 'AlterClientQuotas',
  versions: [0, 1],
  flexibleSince: 1,
  request: () => ({
    entries: array({
      entity: array({
        entityType: string,
        entityName: optional(nullable(string), ''), // null: the default
      }),
      ops: array({
        key: string,
        value: float64,
        remove: bool,
      }),
    }),
    validateOnly: bool, // check everything, change nothing
  }),
  response: () => ({
    throttleTimeMs: int32,
    entries: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      entity: array({
        entityType: string,
        entityName: optional(nullable(string), ''),
      }),
    }),
  }),
})
