/**
 * The clients for which quotas are set: names by their types, which are `user`, `client-id` and `ip`. A name of null is
 * the default of its type: it stands for every name that has no quota of its own.
 */
export type QuotaEntity = ReadonlyMap<string, string | null>

/** The quotas that are set for an entity, by their names. */
export interface ClientQuota {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** The change of an entity's quotas; a value of null takes the quota back. */
export interface ClientQuotaChange {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number | null>
}

/** Returns a text that two entities share only where they are the same. */
export const quotaEntityKey = (entity: QuotaEntity): string =>
  JSON.stringify([...entity].sort(([a], [b]) => (a < b ? -1 : 1)))
