import type { ConfigChanges, ConfigResource } from '../engine/metadata.js'
import { inTurns, Turns } from '../time/turns.js'
import { alterConfigs } from '../wire/apis/alter-configs.js'
import type { RequestOf } from '../wire/schema.js'
import { changeConfig, checkRequest, repeatedResources, resourceOf } from './config-changes.js'
import { failure, handler, type RequestContext, success } from './handler.js'

type Resource = RequestOf<typeof alterConfigs>['resources'][number]

/** Replaces all settings of a resource: what is not named goes back to its default. */
export const alterConfigsHandler = handler({
  api: alterConfigs,

  async handle(request, context) {
    const turns = new Turns()
    const isTwice = await repeatedResources(request.resources, turns)
    const responses = await inTurns(
      request.resources,
      async resource => {
        const { resourceType, resourceName } = resource
        const result = await alter(resource, isTwice(resource), request.validateOnly, context, turns)
        return { ...result, resourceType, resourceName }
      },
      turns,
    )
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

async function alter(
  wanted: Resource,
  isTwice: boolean,
  validateOnly: boolean,
  context: RequestContext,
  turns: Turns,
) {
  try {
    await checkRequest(isTwice, wanted, () => false, turns)
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
