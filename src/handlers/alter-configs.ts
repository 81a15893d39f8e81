import type { ConfigChanges, ConfigResource } from '../engine/metadata-store.js'
import { alterConfigs } from '../wire/apis/alter-configs.js'
import type { RequestOf } from '../wire/schema.js'
import { changeEach, refusedEach } from './shared/config-changes.js'
import { handler, type RequestContext } from './shared/handler.js'

type Resource = RequestOf<typeof alterConfigs>['resources'][number]

/** Replaces all settings of a resource: those that are not named go back to their defaults. */
export const alterConfigsHandler = handler({
  api: alterConfigs,

  handle: async (request, context) => ({
    throttleTimeMs: 0,
    responses: await changeEach(request, context, {
      mayBeNull: () => false,
      plan: (wanted, resource) => replacement(wanted, resource, context),
    }),
  }),

  refuse: ({ resources }, error) => ({ throttleTimeMs: 0, responses: refusedEach(resources, error) }),
})

function replacement(
  { configs }: Resource,
  resource: ConfigResource,
  { broker }: RequestContext,
): ConfigChanges {
  const changes = new Map<string, string | null>()
  for (const name of broker.metadata.overrides(resource).keys()) changes.set(name, null)
  for (const { name, value } of configs) changes.set(name, value)
  return changes
}
