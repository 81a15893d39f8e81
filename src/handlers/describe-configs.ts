import { brokerEntries, entriesForAll, entriesWith } from '../config/config-entries.js'
import { inTurns } from '../time/turns.js'
import { checkTopicName } from '../topics/topic-name.js'
import { describeConfigs } from '../wire/apis/describe-configs.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { resourceTypes } from '../wire/resource-types.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { checkNode } from './config-changes.js'
import { failure, handler, type RequestContext } from './handler.js'
import { loggerEntries } from './logger-levels.js'
import { sharing } from './sharing.js'

type Resource = RequestOf<typeof describeConfigs>['resources'][number]
type Request = RequestOf<typeof describeConfigs>
type Result = ResponseOf<typeof describeConfigs>['results'][number]

/** Lists every setting of a topic, broker or group with its value, where that comes from, and what it means. */
export const describeConfigsHandler = handler({
  api: describeConfigs,

  async handle(request, context) {
    const describeEach = (resource: Resource) => describe(resource, request, context)
    // One resource alone may name very many keys, which are not worth comparing.
    const isOne = request.resources.length === 1
    const describeOnce = isOne ? describeEach : sharing(keyOf, describeEach)
    return { throttleTimeMs: 0, results: await inTurns(request.resources, describeOnce) }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    results: request.resources.map(({ resourceType, resourceName }) => ({
      errorCode: error.code,
      errorMessage: error.message,
      resourceType,
      resourceName,
      configs: [],
    })),
  }),
})

const keyOf = ({ resourceType, resourceName, configurationKeys }: Resource): string =>
  JSON.stringify([resourceType, resourceName, configurationKeys])

function describe(resource: Resource, request: Request, context: RequestContext): Result {
  const { resourceType, resourceName, configurationKeys } = resource
  try {
    const wanted = configurationKeys && configurationKeys.length > 0 ? new Set(configurationKeys) : null
    const entries = entriesOf(resource, context).filter(entry => wanted === null || wanted.has(entry.name))
    return {
      errorCode: errorCodes.NONE,
      errorMessage: '',
      resourceType,
      resourceName,
      configs: entries.map(entry => ({
        name: entry.name,
        value: entry.value,
        readOnly: entry.readOnly,
        configSource: entry.source,
        isSensitive: entry.sensitive,
        synonyms: request.includeSynonyms ? entry.synonyms : [],
        configType: entry.type,
        documentation: request.includeDocumentation ? entry.documentation : null,
      })),
    }
  } catch (thrown) {
    const { errorCode, errorMessage } = failure(thrown, context)
    return { errorCode, errorMessage: errorMessage ?? '', resourceType, resourceName, configs: [] }
  }
}

function entriesOf({ resourceType, resourceName }: Resource, context: RequestContext) {
  const { broker, connection } = context
  switch (resourceType) {
    case resourceTypes.topic: {
      checkTopicName(resourceName)
      const topic = broker.metadata.topic(resourceName)
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
      return entriesWith('topic', topic.overrides, broker.config)
    }
    case resourceTypes.broker: {
      checkNode(resourceName, connection.nodeId)
      if (resourceName === '') return entriesForAll(broker.config)
      return brokerEntries(
        broker.config,
        broker.metadata.overrides({ kind: 'broker', name: String(connection.nodeId) }),
      )
    }
    case resourceTypes.brokerLogger:
      if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Broker id must not be empty')
      checkNode(resourceName, connection.nodeId)
      return loggerEntries(context)
    case resourceTypes.group:
      if (resourceName === '') throw new KafkaError('INVALID_REQUEST', 'Group name must not be empty')
      return entriesWith(
        'group',
        broker.metadata.overrides({ kind: 'group', name: resourceName }),
        broker.config,
      )
    default:
      throw new KafkaError('INVALID_REQUEST', `Resources of type ${resourceType} have no settings here.`)
  }
}
