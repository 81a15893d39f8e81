import { planTopic } from '../cluster/topic-plan.js'
import { sources } from '../config/broker-config.js'
import { entriesWith } from '../config/config-entries.js'
import type { NewTopic } from '../engine/metadata.js'
import { createTopics } from '../wire/apis/create-topics.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import { newId } from '../wire/new-id.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { failure, handler, type RequestContext } from './handler.js'
import { areTooMany, repeated } from './topic-requests.js'

type Wanted = RequestOf<typeof createTopics>['topics'][number]
type Answer = ResponseOf<typeof createTopics>['topics'][number]

const metadataTopic = '__cluster_metadata'

/** Creates topics, each for itself; one that is answered with success is there for every later request. */
export const createTopicsHandler = handler({
  api: createTopics,

  async handle(request, context) {
    if (areTooMany(request.topics.reduce((sum, topic) => sum + partitionsOf(topic, context), 0))) {
      throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
    }
    const twice = repeated(request.topics.map(({ name }) => name))
    const siblings = new Set(request.topics.map(({ name }) => name))
    const answers = new Map<string, Answer>()
    for (const topic of request.topics) {
      if (answers.has(topic.name)) continue
      const how = { isTwice: twice.has(topic.name), validateOnly: request.validateOnly, siblings }
      answers.set(topic.name, await answer(topic, how, context))
    }
    return { throttleTimeMs: 0, topics: [...answers.values()] }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name }) => ({ name, errorCode: error.code, errorMessage: error.message })),
  }),
})

interface How {
  readonly isTwice: boolean
  readonly validateOnly: boolean
  readonly siblings: ReadonlySet<string>
}

async function answer(topic: Wanted, how: How, context: RequestContext): Promise<Answer> {
  const { metadata } = context.broker
  try {
    if (how.isTwice) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
    if (topic.name === metadataTopic) {
      throw new KafkaError('INVALID_REQUEST', `Creation of internal topic ${metadataTopic} is prohibited.`)
    }
    const plan = () => planned(topic, how.siblings, context)
    if (how.validateOnly) return { name: topic.name, topicId: newId(), ...described(plan(), context) }
    const { id, overrides, partitions } = await metadata.createTopic(plan)
    const assignments = partitions.map(partition => partition.replicas)
    return { name: topic.name, topicId: id, ...described({ overrides, assignments }, context) }
  } catch (thrown) {
    return { name: topic.name, ...failure(thrown, context) }
  }
}

function planned(topic: Wanted, siblings: ReadonlySet<string>, { broker }: RequestContext): NewTopic {
  return planTopic(
    {
      name: topic.name,
      partitions: topic.numPartitions,
      replicationFactor: topic.replicationFactor,
      assignments: assignmentsOf(topic),
      overrides: overridesOf(topic),
      siblings,
    },
    broker,
  )
}

function partitionsOf({ assignments, numPartitions }: Wanted, { broker }: RequestContext): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1 ? broker.config.number('num.partitions') : Math.max(0, numPartitions)
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

/** KIP-525: the answer tells what the topic was created with; what was set for it, word for word. */
function described(plan: Omit<NewTopic, 'name'>, { broker }: RequestContext): Omit<Answer, 'name'> {
  return {
    errorCode: errorCodes.NONE,
    errorMessage: null,
    numPartitions: plan.assignments.length,
    replicationFactor: plan.assignments[0]?.length ?? -1,
    configs: entriesWith('topic', plan.overrides, broker.config).map(entry => ({
      name: entry.name,
      value: plan.overrides.get(entry.name) ?? entry.value,
      readOnly: entry.readOnly,
      configSource: plan.overrides.has(entry.name)
        ? sources.topic
        : broker.config.inherited('topic', entry.name).source,
      isSensitive: entry.sensitive,
    })),
  }
}
