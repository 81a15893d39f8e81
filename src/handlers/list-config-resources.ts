import { listConfigResources } from '../wire/apis/list-config-resources.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { resourceTypes } from '../wire/resource-types.js'
import { handler, type RequestContext } from './shared/handler.js'

const known: readonly number[] = [
  resourceTypes.topic,
  resourceTypes.broker,
  resourceTypes.group,
  resourceTypes.clientMetrics,
  resourceTypes.brokerLogger,
]

/** Lists the resources that can be described, by type (KIP-1142); a request without types means all of them. */
export const listConfigResourcesHandler = handler({
  api: listConfigResources,

  handle(request, context) {
    const types =
      context.version === 0
        ? [resourceTypes.clientMetrics]
        : request.resourceTypes.length > 0
          ? [...new Set(request.resourceTypes)] // each once, as in Kafka
          : known
    if (types.some(type => !known.includes(type))) {
      throw new KafkaError('UNSUPPORTED_VERSION', 'An unknown type of resource was asked for.')
    }
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      configResources: types.flatMap(resourceType =>
        namesOf(resourceType, context).map(resourceName => ({ resourceName, resourceType })),
      ),
    }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, configResources: [] }),
})

function namesOf(resourceType: number, { broker }: RequestContext): string[] {
  switch (resourceType) {
    case resourceTypes.topic:
      return [...broker.metadata.topics()].map(topic => topic.name)
    case resourceTypes.broker:
    case resourceTypes.brokerLogger: // loggers are named like their brokers
      return broker.cluster.nodes().map(node => String(node.id))
    case resourceTypes.group:
      return [...broker.metadata.configured('group')]
    case resourceTypes.clientMetrics:
      return [...broker.metadata.configured('clientMetrics')]
    default:
      return []
  }
}
