import { type BrokerConfig, sources } from '../config/broker-config.js'
import { entriesWith } from '../config/config-entries.js'
import type { NewTopic, Topic } from '../engine/metadata-store.js'
import { inTurns, Turns } from '../time/turns.js'
import { createTopics as create, planTopics } from '../topics/topic-creation.js'
import type { WantedTopic } from '../topics/topic-plan.js'
import { createTopics } from '../wire/apis/create-topics.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { failure, handler, type RequestContext } from './shared/handler.js'
import { areTooMany, repeated } from './shared/topic-requests.js'

type Request = RequestOf<typeof createTopics>
type Wanted = Request['topics'][number]
type Answer = ResponseOf<typeof createTopics>['topics'][number]
/** A topic as it is made, or would be. */
type Made = Pick<Topic, 'id' | 'overrides'> & Pick<NewTopic, 'assignments'>

/** From this version on clients know of THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 6
const usedUp = 'The quota of changes to topics is used up for the moment.'

/** Creates topics, each for itself. A topic that is answered with success is there for every later request. */
export const createTopicsHandler = handler({
  api: createTopics,

  async handle(request, context) {
    const { config } = context.broker
    if (
      areTooMany(
        request.topics.reduce((sum, topic) => sum + partitionsOf(topic, config), 0),
        config,
      )
    ) {
      throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
    }
    const asked = await read(request)
    const wanted = [...asked.values()].filter(isWanted)
    const outcomes = (await made(wanted, request.validateOnly, context)).values()
    const configs = configsOf(config)
    const topics = await inTurns(asked, ([name, each]) => {
      const outcome = each instanceof KafkaError ? each : (outcomes.next().value as Made | KafkaError)
      if (outcome instanceof KafkaError) return { name, ...failure(outcome, context) }
      return { name, ...described(outcome), configs: configs(outcome.overrides) }
    })
    return { throttleTimeMs: 0, topics }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => ({ name, errorCode: error.code, errorMessage: error.message })),
  }),
})

const isWanted = (each: WantedTopic | KafkaError): each is WantedTopic => !(each instanceof KafkaError)

/** Returns each name once, with the topic that is wanted or the error that it cannot be made for. */
async function read({ topics }: Request): Promise<Map<string, WantedTopic | KafkaError>> {
  const turns = new Turns()
  const twice = await repeated(topics, ({ name }) => name, turns)
  const asked = new Map<string, WantedTopic | KafkaError>()
  await inTurns(
    topics,
    topic => {
      if (!asked.has(topic.name)) asked.set(topic.name, wantedOrRefusal(topic, twice.has(topic.name)))
    },
    turns,
  )
  return asked
}

function wantedOrRefusal(topic: Wanted, isTwice: boolean): WantedTopic | KafkaError {
  try {
    if (isTwice) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
    return {
      name: topic.name,
      partitions: topic.numPartitions,
      replicationFactor: topic.replicationFactor,
      assignments: assignmentsOf(topic),
      overrides: overridesOf(topic),
    }
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown
    throw thrown
  }
}

async function made(
  wanted: readonly WantedTopic[],
  validateOnly: boolean,
  { broker, quota, version }: RequestContext,
): Promise<(Made | KafkaError)[]> {
  const charge = (partitions: number) => quota?.mutates(partitions, version >= strictSince, usedUp)
  const planner = quota ? { ...broker, charge } : broker
  if (validateOnly) {
    const plans = await planTopics(wanted, planner)
    return plans.map(plan => (plan instanceof KafkaError ? plan : { id: broker.ids.newId(), ...plan }))
  }
  const topics = await create(wanted, planner)
  return topics.map(topic => {
    if (topic instanceof KafkaError) return topic
    const { id, overrides, partitions } = topic
    return { id, overrides, assignments: partitions.map(partition => partition.replicas) }
  })
}

function partitionsOf({ assignments, numPartitions }: Wanted, config: BrokerConfig): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1 ? config.number('num.partitions') : Math.max(0, numPartitions)
}

function assignmentsOf(topic: Wanted): Map<number, readonly number[]> {
  const assignments = new Map<number, readonly number[]>()
  for (const { partitionIndex, brokerIds } of topic.assignments) {
    if (assignments.has(partitionIndex)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    assignments.set(partitionIndex, brokerIds)
  }
  return assignments
}

function overridesOf(topic: Wanted): Map<string, string> {
  const overrides = new Map<string, string>()
  for (const { name, value } of topic.configs) {
    if (value === null) {
      throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${name}`)
    }
    overrides.set(name, value)
  }
  return overrides
}

function described({ id, assignments }: Made) {
  return {
    topicId: id,
    errorCode: errorCodes.NONE,
    errorMessage: null,
    numPartitions: assignments.length,
    replicationFactor: assignments[0]?.length ?? -1,
  }
}

/**
 * Tells with which settings a topic was created (KIP-525); values that were set for it are told word for word. Most
 * topics have the same settings, so that each list is made once.
 */
function configsOf(config: BrokerConfig): (overrides: Made['overrides']) => NonNullable<Answer['configs']> {
  const told = new Map<string, NonNullable<Answer['configs']>>()
  return overrides => {
    const key = JSON.stringify([...overrides])
    const known = told.get(key)
    if (known) return known
    const configs = entriesWith('topic', overrides, config).map(entry => ({
      name: entry.name,
      value: overrides.get(entry.name) ?? entry.value,
      readOnly: entry.readOnly,
      configSource: overrides.has(entry.name) ? sources.topic : config.inherited('topic', entry.name).source,
      isSensitive: entry.sensitive,
    }))
    told.set(key, configs)
    return configs
  }
}
