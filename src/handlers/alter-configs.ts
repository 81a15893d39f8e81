import type { ConfigChanges, ConfigResource } from '../engine/metadata.js'
import { alterConfigs } from '../wire/apis/alter-configs.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { changeConfig, resourceOf } from './config-changes.js'
import { failure, handler, type RequestContext, success } from './handler.js'

type Resource = RequestOf<typeof alterConfigs>['resources'][number]

/** Replaces all settings of a resource: what is not named goes back to its default. */
export const alterConfigsHandler = handler({
  api: alterConfigs,

  async handle(request, context) {
    const responses = []
    for (const resource of request.resources) {
      const { resourceType, resourceName } = resource
      const result = await alter(resource, request.validateOnly, context)
      responses.push({ ...result, resourceType, resourceName })
    }
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

async function alter(wanted: Resource, validateOnly: boolean, context: RequestContext) {
  try {
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
  for (const { name, value } of configs) {
    if (value === null) {
      throw new KafkaError('INVALID_CONFIG', `Null value not supported for : ${name}`)
    }
    changes.set(name, value)
  }
  return changes
}
