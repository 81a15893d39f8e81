import type { ClientQuota } from '../engine/client-quotas.js'
import { entityFilter } from '../security/quotas/entity-filter.js'
import { Turns } from '../time/turns.js'
import { describeClientQuotas } from '../wire/apis/describe-client-quotas.js'
import { errorCodes } from '../wire/errors.js'
import type { ResponseOf } from '../wire/schema.js'
import { handler } from './shared/handler.js'

type Entry = NonNullable<ResponseOf<typeof describeClientQuotas>['entries']>[number]

/** Lists the quotas of the entities that match a filter (KIP-546). */
export const describeClientQuotasHandler = handler({
  api: describeClientQuotas,

  async handle({ components, strict }, { broker }) {
    const matches = entityFilter(components, strict)
    const turns = new Turns()
    const entries: Entry[] = []
    for (const quota of broker.metadata.clientQuotas()) {
      if (matches(quota.entity)) entries.push(described(quota))
      const pause = turns.pause()
      if (pause) await pause
    }
    return { throttleTimeMs: 0, errorCode: errorCodes.NONE, errorMessage: '', entries }
  },

  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: error.detail,
    entries: null,
  }),
})

const described = ({ entity, values }: ClientQuota): Entry => ({
  entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
  values: [...values].map(([key, value]) => ({ key, value })),
})
