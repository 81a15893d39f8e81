import {
  type ClientQuota,
  type ClientQuotaChange,
  type QuotaEntity,
  quotaEntityKey,
} from '../engine/client-quotas.js'
import type { MetadataChange } from '../engine/metadata-store.js'
import type { ValueOf } from '../wire/schema.js'
import type { clientQuotaRecord } from './client-quota-record.js'
import type { PlannedChange } from './gathered-changes.js'

type QuotaRecord = ValueOf<typeof clientQuotaRecord>

/** The quotas of clients, as the metadata journal tells them. Only `apply` changes them. */
export class QuotaImage {
  readonly #byEntity = new Map<
    string,
    { readonly entity: QuotaEntity; readonly values: Map<string, number> }
  >()

  all(): Iterable<ClientQuota> {
    return this.#byEntity.values()
  }

  apply(record: QuotaRecord): MetadataChange {
    const entity = entityOf(record)
    const key = quotaEntityKey(entity)
    const { values } = this.#byEntity.get(key) ?? { values: new Map<string, number>() }
    if (record.remove) values.delete(record.key)
    else values.set(record.key, record.value)
    if (values.size > 0) this.#byEntity.set(key, { entity, values })
    else this.#byEntity.delete(key)
    return { kind: 'quota-changed', entity, name: record.key, value: record.remove ? null : record.value }
  }

  /** Plans a change. What it leaves as it is makes no fact. */
  planned({ entity, values }: ClientQuotaChange): PlannedChange {
    const about = quotaEntityKey(entity)
    const before = this.#byEntity.get(about)?.values
    const named = [...entity].map(([entityType, entityName]) => ({ entityType, entityName }))
    const changed = [...values].filter(([key, value]) => !Object.is(before?.get(key) ?? null, value))
    const facts = changed.map(([key, value]) => ({
      kind: 'clientQuota' as const,
      value: { entity: named, key, value: value ?? 0, remove: value === null },
    }))
    return { about: `quota/${about}`, facts }
  }
}

/** Returns the entity that a record is about. */
export const entityOf = ({ entity }: Pick<QuotaRecord, 'entity'>): QuotaEntity =>
  new Map(entity.map(({ entityType, entityName }) => [entityType, entityName]))
