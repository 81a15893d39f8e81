import { brokerEntries, entriesForAll, entriesWith } from '../config/config-entries.js'
import { inTurns, setInTurns, Turns } from '../time/turns.js'
import { checkTopicName } from '../topics/topic-name.js'
import { describeConfigs } from '../wire/apis/describe-configs.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { resourceTypes } from '../wire/resource-types.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { checkNode } from './shared/config-changes.js'
import { failure, handler, type RequestContext } from './shared/handler.js'
import { loggerEntries } from './shared/logger-levels.js'
import { memoized } from './shared/memoized.js'

type Resource = RequestOf<typeof describeConfigs>['resources'][number]
type Request = RequestOf<typeof describeConfigs>
type Result = ResponseOf<typeof describeConfigs>['results'][number]

/** Lists every setting of a topic, broker, group or subscription with its value, where that comes from, and what it means. */
export const describeConfigsHandler = handler({
  api: describeConfigs,

  async handle(request, context) {
    const turns = new Turns()
    const describeOnce = memoized(keyOf, (resource: Resource) =>
      describe(resource, wantedOf(resource.configurationKeys), request, context),
    )
    const describeEach = (resource: Resource) => {
      const { configurationKeys: keys } = resource
      if (keys === null || keys.length <= manyKeys) return describeOnce(resource)
      // So many keys are not worth comparing with those that are asked of other resources.
      return setInTurns(keys, turns).then(wanted => describe(resource, wanted, request, context))
    }
    return { throttleTimeMs: 0, results: await inTurns(request.resources, describeEach, turns) }
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

/** More keys of one resource are looked through in turns. */
const manyKeys = 1000

/** Returns the keys that are wanted; null where all are. */
const wantedOf = (keys: readonly string[] | null): ReadonlySet<string> | null =>
  keys && keys.length > 0 ? new Set(keys) : null

const keyOf = ({ resourceType, resourceName, configurationKeys }: Resource): string =>
  JSON.stringify([resourceType, resourceName, configurationKeys])

function describe(
  resource: Resource,
  wanted: ReadonlySet<string> | null,
  request: Request,
  context: RequestContext,
): Result {
  const { resourceType, resourceName } = resource
  try {
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
        documentation:
          request.includeDocumentation || entry.documentation === '' ? entry.documentation : null,
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
    case resourceTypes.clientMetrics:
      if (resourceName === '') {
        throw new KafkaError('INVALID_REQUEST', 'Client metrics subscription name must not be empty')
      }
      return entriesWith(
        'clientMetrics',
        broker.metadata.overrides({ kind: 'clientMetrics', name: resourceName }),
        broker.config,
      )
    default:
      throw new KafkaError('INVALID_REQUEST', `Resources of type ${resourceType} have no settings here.`)
  }
}
