import { type ClientQuotaChange, type QuotaEntity, quotaEntityKey } from '../engine/client-quotas.js'
import { checkAlteration, invalid } from '../security/quotas/alteration-rules.js'
import { inTurns, Turns } from '../time/turns.js'
import { alterClientQuotas } from '../wire/apis/alter-client-quotas.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { answerOf, handler, type RequestContext } from './shared/handler.js'

type Entry = RequestOf<typeof alterClientQuotas>['entries'][number]

interface Asked {
  readonly entity: QuotaEntity
  /** The change that is to be made, or the reason why there is none. */
  readonly outcome: ClientQuotaChange | KafkaError
  isTwice: boolean
}

/** Sets and takes back quotas, those of each entity together or not at all (KIP-546). */
export const alterClientQuotasHandler = handler({
  api: alterClientQuotas,
  replyLength: 'brief',

  async handle({ entries, validateOnly }, context) {
    const turns = new Turns()
    const asked = await read(entries, context, turns)
    const changes = asked.map(({ outcome }) => outcome).filter(isChange)
    const outcomes = (
      validateOnly ? changes.map(() => null) : await context.broker.metadata.changeClientQuotas(changes)
    ).values()
    return {
      throttleTimeMs: 0,
      entries: await inTurns(
        asked,
        ({ entity, outcome, isTwice }) => ({
          ...answerOf(told(isChange(outcome) ? outcomes.next().value : outcome, isTwice), context),
          entity: named(entity),
        }),
        turns,
      ),
    }
  },

  refuse: ({ entries }, error) => ({
    throttleTimeMs: 0,
    entries: entries.map(({ entity }) => ({ errorCode: error.code, errorMessage: error.detail, entity })),
  }),
})

/** Returns what is told of an entity: of one that is named twice that, although Kafka does what it asks for first. */
const told = (outcome: unknown, isTwice: boolean): unknown =>
  isTwice ? invalid('The entity is named twice.') : outcome

/** Reads each entity once, as it is named first. */
async function read(entries: readonly Entry[], context: RequestContext, turns: Turns): Promise<Asked[]> {
  const asked = new Map<string, Asked>()
  for (const entry of entries) {
    const entity = new Map(entry.entity.map(({ entityType, entityName }) => [entityType, entityName]))
    const key = quotaEntityKey(entity)
    const known = asked.get(key)
    if (known) known.isTwice = true
    else asked.set(key, { entity, outcome: await changeOrRefusal(entity, entry, context), isTwice: false })
    const pause = turns.pause()
    if (pause) await pause
  }
  return [...asked.values()]
}

async function changeOrRefusal(
  entity: QuotaEntity,
  { ops }: Entry,
  { broker }: RequestContext,
): Promise<ClientQuotaChange | KafkaError> {
  try {
    const values = new Map<string, number | null>()
    for (const { key, value, remove } of ops) {
      if (values.has(key)) throw invalid(`The quota ${key} is named twice.`)
      values.set(key, remove ? null : value)
    }
    const host = entity.get('ip')
    const isKnown = !host || (await broker.quotas.isHost(host))
    const change = { entity, values }
    checkAlteration(change, isKnown)
    return change
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown
    throw thrown
  }
}

const isChange = (outcome: ClientQuotaChange | KafkaError): outcome is ClientQuotaChange =>
  !(outcome instanceof KafkaError)

const named = (entity: QuotaEntity) =>
  [...entity].map(([entityType, entityName]) => ({ entityType, entityName }))
