import type { ConfigChanges, ConfigResource } from '../engine/metadata.js'
import { inTurns } from '../time/turns.js'
import { alterConfigs } from '../wire/apis/alter-configs.js'
import type { RequestOf } from '../wire/schema.js'
import { changeConfig, checkRequest, repeatedResources, resourceOf } from './config-changes.js'
import { failure, handler, type RequestContext, success } from './handler.js'

type Resource = RequestOf<typeof alterConfigs>['resources'][number]

/** Replaces all settings of a resource: what is not named goes back to its default. */
export const alterConfigsHandler = handler({
  api: alterConfigs,

  async handle(request, context) {
    const twice = repeatedResources(request.resources)
    const responses = await inTurns(request.resources, async resource => {
      const { resourceType, resourceName } = resource
      const result = await alter(resource, twice.has(resource), request.validateOnly, context)
      return { ...result, resourceType, resourceName }
    })
    return { throttleTimeMs: 0, responses }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    responses: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode: error.code,
      errorMessage: error.message,
      resourceType,
      resourceName,
    })),
  }),
})

async function alter(wanted: Resource, isTwice: boolean, validateOnly: boolean, context: RequestContext) {
  try {
    checkRequest(isTwice, wanted, () => false)
    const resource = resourceOf(wanted, context)
    await changeConfig(resource, () => replacement(wanted, resource, context), validateOnly, context)
    return success
  } catch (thrown) {
    return failure(thrown, context)
  }
}

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
