import { resourceTypes } from '../cluster/metadata-image.js'
import type { ConfigChanges, ConfigResource } from '../engine/metadata.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestContext } from './handler.js'

interface Wanted {
  readonly resourceType: number
  readonly resourceName: string
}

/** Finds the resource that a request to change settings names, or says why there is none. */
export function resourceOf(
  { resourceType, resourceName }: Wanted,
  { broker }: RequestContext,
): ConfigResource {
  switch (resourceType) {
    case resourceTypes.topic:
      if (!broker.metadata.topic(resourceName)) {
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'The topic does not exist.')
      }
      return { kind: 'topic', name: resourceName }
    case resourceTypes.broker:
      if (resourceName !== '' && !broker.cluster.nodes().some(node => String(node.id) === resourceName)) {
        throw new KafkaError('INVALID_REQUEST', `There is no broker '${resourceName}'.`)
      }
      return { kind: 'broker', name: resourceName }
    case resourceTypes.group:
      if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'A group must have a name.')
      return { kind: 'group', name: resourceName }
    default:
      throw new KafkaError('INVALID_REQUEST', `Resources of type ${resourceType} have no settings here.`)
  }
}

/** Checks every value that the plan gives first: either all changes of a resource are made or none. */
export async function changeConfig(
  resource: ConfigResource,
  plan: () => ConfigChanges,
  validateOnly: boolean,
  { broker }: RequestContext,
): Promise<void> {
  const checked = () => {
    const changes = plan()
    for (const [name, value] of changes) {
      if (resource.kind === 'broker') broker.config.checkDynamic(name, resource.name === '')
      if (value !== null) broker.config.validate(resource.kind, name, value)
    }
    return changes
  }
  if (validateOnly) checked()
  else await broker.metadata.changeConfig(resource, checked)
}
