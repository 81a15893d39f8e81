import type { ConfigChanges, ConfigResource } from '../engine/metadata-store.js'
import { incrementalAlterConfigs } from '../wire/apis/incremental-alter-configs.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { changeEach, refusedEach } from './shared/config-changes.js'
import { handler, type RequestContext } from './shared/handler.js'
import { changeLevels } from './shared/logger-levels.js'

type Resource = RequestOf<typeof incrementalAlterConfigs>['resources'][number]

/** Changes single settings of a resource: set, delete, or (for lists) append and subtract (KIP-339). */
export const incrementalAlterConfigsHandler = handler({
  api: incrementalAlterConfigs,

  handle: async (request, context) => ({
    throttleTimeMs: 0,
    responses: await changeEach(request, context, {
      mayBeNull: ({ configs }, at) => configs[at]?.configOperation === deletion,
      changeLevels: wanted => changeLevels(wanted, request.validateOnly, context),
      plan: (wanted, resource) => changesOf(wanted, resource, context),
    }),
  }),

  refuse: ({ resources }, error) => ({ throttleTimeMs: 0, responses: refusedEach(resources, error) }),
})

function changesOf({ configs }: Resource, resource: ConfigResource, context: RequestContext): ConfigChanges {
  const changes = new Map<string, string | null>()
  for (const { name, configOperation, value } of configs) {
    changes.set(name, changed(resource, name, configOperation, value, context))
  }
  return changes
}

const deletion = 1
const operations = ['set', 'delete', 'append', 'subtract'] as const

/** Returns the setting's new value, null to take it back to its default. */
function changed(
  resource: ConfigResource,
  name: string,
  operation: number,
  value: string | null,
  { broker }: RequestContext,
): string | null {
  const what = operations[operation]
  // Kafka has no error of its own for it, either.
  if (what === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  if (what === 'delete' || value === null) return null
  if (what === 'set') return value
  // Kafka's controller does not know the types of a subscription's settings.
  if (resource.kind === 'clientMetrics' || !broker.config.isList(resource.kind, name)) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Can't ${what.toUpperCase()} to key ${name} because its type is not LIST.`,
    )
  }
  const overrides = broker.metadata.overrides(resource)
  const old = listOf(overrides.get(name) ?? broker.config.defaultOf(resource.kind, name))
  const given = listOf(value)
  const kept =
    what === 'append' ? [...new Set([...old, ...given])] : old.filter(each => !given.includes(each))
  return kept.join(',')
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
