import { api, array, bool, float64, int8, int16, int32, nullable, optional, string } from '../schema.js'

/** Lists the quotas of the clients that match a filter (KIP-546). */
export const describeClientQuotas = api({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: [0, 1],
  flexibleSince: 1,
  request: () => ({
    components: array({
      entityType: string,
      matchType: int8, // 0 exactly this name, 1 the default, 2 any name
      match: optional(nullable(string), ''),
    }),
    strict: bool, // true: only entities that have no other part
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: optional(nullable(string), ''),
    entries: optional(
      nullable(
        array({
          entity: array({
            entityType: string,
            entityName: optional(nullable(string), ''), // null: the default
          }),
          values: array({
            key: string,
            value: float64,
          }),
        }),
      ),
      [],
    ),
  }),
})
