import { type BrokerConfig, isSetting } from '../../config/broker-config.js'
import { checkOverrides } from '../../config/resource-rules.js'
import { minInsyncReplicas } from '../../engine/features.js'
import type {
  ConfigChange,
  ConfigChanges,
  ConfigResource,
  MetadataStore,
} from '../../engine/metadata-store.js'
import { inTurns, Turns } from '../../time/turns.js'
import { checkTopicName } from '../../topics/topic-name.js'
import { KafkaError } from '../../wire/errors.js'
import { resourceTypes } from '../../wire/resource-types.js'
import { answerOf, failure, type RequestContext, success } from './handler.js'
import { repeated } from './topic-requests.js'

interface Wanted {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

interface Rules<R extends Wanted> {
  /** Changes the levels of loggers, where the request may do that. */
  changeLevels?(wanted: R): void
  /** Tells whether the value of the setting at this place may be missing. */
  mayBeNull(wanted: R, at: number): boolean
  plan(wanted: R, resource: ConfigResource): ConfigChanges
}

/** Changes the settings of each resource, or tells why not: all are kept together, and each is answered for itself. */
export async function changeEach<R extends Wanted>(
  { resources, validateOnly }: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  context: RequestContext,
  rules: Rules<R>,
) {
  const turns = new Turns()
  const isTwice = await repeatedResources(resources, turns)
  const check = async (wanted: R): Promise<ConfigChange | Answer> => {
    try {
      await checkRequest(isTwice(wanted), wanted, at => rules.mayBeNull(wanted, at), turns)
      if (rules.changeLevels && wanted.resourceType === resourceTypes.brokerLogger) {
        rules.changeLevels(wanted)
        return success
      }
      const resource = resourceOf(wanted, context)
      if (wanted.configs.length > manyConfigs) await checkMany(wanted, resource, context, turns)
      const plan = () => checkedChanges(resource, rules.plan(wanted, resource), context)
      if (!validateOnly) return { resource, plan }
      plan()
      return success
    } catch (thrown) {
      return failure(thrown, context)
    }
  }
  const checked = await inTurns(resources, check, turns)
  const outcomes = (await change(checked.filter(isChange), context)).values()
  return inTurns(
    resources.entries(),
    ([i, { resourceType, resourceName }]) => {
      const each = checked[i] as ConfigChange | Answer
      const answer = isChange(each) ? answerOf(outcomes.next().value, context) : each
      return { ...answer, resourceType, resourceName }
    },
    turns,
  )
}

type Answer = ReturnType<typeof answerOf>

const isChange = (each: ConfigChange | Answer): each is ConfigChange => 'plan' in each

/** Makes the changes, and returns one outcome for each; an error that fails all of them is the outcome of each. */
const change = (changes: readonly ConfigChange[], { broker }: RequestContext) =>
  broker.metadata.changeConfigs(changes).catch((thrown: unknown) => changes.map(() => thrown))

/** Answers for each resource with an error of the whole request. */
export const refusedEach = (resources: readonly Wanted[], { code, message }: KafkaError) =>
  resources.map(({ resourceType, resourceName }) => ({
    errorCode: code,
    errorMessage: message,
    resourceType,
    resourceName,
  }))

/** Finds the resources that the request names more than once: none of them may change. */
async function repeatedResources<R extends Wanted>(
  resources: readonly R[],
  turns: Turns,
): Promise<(resource: R) => boolean> {
  const keyOf = ({ resourceType, resourceName }: Wanted) => `${resourceType}/${resourceName}`
  const twice = await repeated(resources, keyOf, turns)
  return resource => twice.size > 0 && twice.has(keyOf(resource))
}

/** Throws the error of a request to change settings, whatever it wants to change. */
async function checkRequest(
  isTwice: boolean,
  { configs }: Wanted,
  mayBeNull: (at: number) => boolean,
  turns: Turns,
): Promise<void> {
  if (isTwice) throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.')
  const [twice] = await repeated(configs, ({ name }) => name, turns)
  if (twice !== undefined) {
    throw new KafkaError('INVALID_REQUEST', `Error due to duplicate config keys: ${twice}`)
  }
  const empty = configs.find(({ value }, at) => value === null && !mayBeNull(at))
  if (empty) throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${empty.name}`)
}

/** A plan is made in one turn of the event loop, and has no more than so many settings. */
const manyConfigs = 1000
/**
 * Apache Kafka's controller keeps no more records at once (QuorumController.MAX_RECORDS_PER_BATCH): more are not
 * planned.
 */
const mostConfigs = 10_000

/** Throws, before a plan is made, the error of a plan for very many settings. */
async function checkMany(
  { configs }: Wanted,
  resource: ConfigResource,
  { broker }: RequestContext,
  turns: Turns,
): Promise<void> {
  const { kind } = resource
  if (kind === 'broker') {
    if (configs.length > mostConfigs) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    return
  }
  for (const { name, value } of configs) {
    if (value !== null && !isSetting(kind, name)) broker.config.validate(kind, name, value)
    const pause = turns.pause()
    if (pause) await pause
  }
}

/** Finds the resource that a request to change settings names, or throws the reason why there is none. */
function resourceOf(
  { resourceType, resourceName }: Wanted,
  { broker, connection }: RequestContext,
): ConfigResource {
  switch (resourceType) {
    case resourceTypes.topic:
      if (resourceName === '') throw noDefault('topic')
      checkTopicName(resourceName)
      if (!broker.metadata.topic(resourceName)) {
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${resourceName}' does not exist.`)
      }
      return { kind: 'topic', name: resourceName }
    case resourceTypes.broker:
      checkNode(resourceName, connection.nodeId)
      return { kind: 'broker', name: resourceName }
    case resourceTypes.group:
      if (resourceName === '') throw noDefault('group')
      return { kind: 'group', name: resourceName }
    case resourceTypes.clientMetrics:
      if (resourceName === '') throw new KafkaError('INVALID_REQUEST', "Subscription name can't be empty")
      return { kind: 'clientMetrics', name: resourceName }
    default:
      throw new KafkaError('INVALID_REQUEST', `Resources of type ${resourceType} have no settings here.`)
  }
}

const noDefault = (what: string) =>
  new KafkaError('INVALID_REQUEST', `Default ${what} resources are not allowed.`)

/** Checks a broker's name: each node has its own settings and takes no others; the empty name stands for all. */
export function checkNode(name: string, nodeId: number): void {
  const isNumber = /^[+-]?\d+$/.test(name)
  if (name === '' || (isNumber && Number(name) === nodeId)) return
  throw new KafkaError(
    'INVALID_REQUEST',
    isNumber
      ? `Unexpected broker id, expected ${nodeId} or empty string, but received ${name}`
      : `Broker id must be an integer, but it is: ${name}`,
  )
}

/** Checks every value before any is changed: either all changes of a resource are made or none. */
function checkedChanges(
  resource: ConfigResource,
  changes: ConfigChanges,
  { broker }: RequestContext,
): ConfigChanges {
  if (resource.kind === 'broker') {
    checkBroker(changes, resource.name === '', broker.config)
    checkLeastInsync(changes, resource.name === '', broker.metadata)
    return changes
  }
  // This comes first, for there may be any number of names that do not exist.
  for (const [name, value] of changes) {
    if (value !== null && !isSetting(resource.kind, name)) broker.config.validate(resource.kind, name, value)
  }
  const all = new Map([...broker.metadata.overrides(resource), ...changes])
  checkOverrides(resource.kind, new Map([...all].flatMap(withValue)), broker.config)
  return changes
}

/**
 * Checks a broker's settings. A broker takes names that it does not know: they may be meant for a program beside it. As
 * in Kafka a bad value of a broker's setting is a bad request.
 */
function checkBroker(changes: ConfigChanges, forAll: boolean, config: BrokerConfig): void {
  config.checkDynamic([...changes.keys()], forAll)
  for (const [name, value] of changes) {
    if (value !== null && isSetting('broker', name)) checkBrokerValue(name, value, config)
  }
}

function checkBrokerValue(name: string, value: string, config: BrokerConfig): void {
  try {
    config.validate('broker', name, value)
  } catch (thrown) {
    throw thrown instanceof KafkaError ? new KafkaError('INVALID_REQUEST', thrown.message) : thrown
  }
}

/**
 * With eligible leader replicas (KIP-966) there is one least number of replicas in sync for all brokers, always
 * (ConfigurationControlManager.validateAlterConfig).
 */
function checkLeastInsync(changes: ConfigChanges, forAll: boolean, metadata: MetadataStore): void {
  const value = changes.get(minInsyncReplicas)
  if (value === undefined || metadata.featureLevel('eligible.leader.replicas.version') === 0) return
  if (!forAll) throw fixed('Broker', 'altered')
  if (value === null) throw fixed('Cluster', 'removed')
}

const fixed = (whose: string, what: string) =>
  new KafkaError(
    'INVALID_CONFIG',
    `${whose}-level ${minInsyncReplicas} cannot be ${what} while ELR is enabled.`,
  )

const withValue = ([name, value]: [string, string | null]): [string, string][] =>
  value === null ? [] : [[name, value]]
