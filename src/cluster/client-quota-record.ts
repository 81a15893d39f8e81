import { array, bool, float64, message, nullable, optional, string } from '../wire/schema.js'

/** One quota of an entity was set or taken back. */
export const clientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  key: 14,
  versions: [0, 0],
  flexibleSince: 0,
  fields: () => ({
    entity: array({
      entityType: string,
      entityName: optional(nullable(string), ''), // null: the default
    }),
    key: string,
    value: float64,
    remove: bool,
  }),
})
