import type { PartitionAddition, Topic } from '../engine/metadata-store.js'
import { inTurns, Turns } from '../time/turns.js'
import { checkReplicas, livingNodes, placeReplicas } from '../topics/placement.js'
import { createPartitions } from '../wire/apis/create-partitions.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { answerOf, failure, handler, type RequestContext } from './shared/handler.js'
import { areTooMany, repeated } from './shared/topic-requests.js'

type Wanted = RequestOf<typeof createPartitions>['topics'][number]
type Failure = ReturnType<typeof failure>

/** From this version on clients know of THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 3

/** Adds partitions to topics; there is no way to take one away. */
export const createPartitionsHandler = handler({
  api: createPartitions,

  async handle(request, context) {
    const { metadata, config } = context.broker
    const had = (name: string) => metadata.topic(name)?.partitions.length ?? Infinity
    const more = request.topics.reduce((sum, { name, count }) => sum + Math.max(0, count - had(name)), 0)
    // Kafka fails on the size of what it would write here, and has no better error for it.
    if (areTooMany(more, config)) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    const turns = new Turns()
    const twice = await repeated(request.topics, ({ name }) => name, turns)
    const asked = new Map<string, PartitionAddition | Failure>()
    await inTurns(
      request.topics,
      topic => {
        const { name } = topic
        if (asked.has(name)) return
        asked.set(name, additionOrRefusal(topic, twice.has(name), request.validateOnly, context))
      },
      turns,
    )
    const additions = [...asked.values()].filter(isAddition)
    const outcomes = (
      request.validateOnly ? additions.map(() => null) : await add(additions, context)
    ).values()
    const results = await inTurns(
      asked,
      ([name, each]) => ({
        name,
        ...(isAddition(each) ? answerOf(outcomes.next().value, context) : each),
      }),
      turns,
    )
    return { throttleTimeMs: 0, results }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    results: request.topics.map(({ name }) => ({ name, errorCode: error.code, errorMessage: error.detail })),
  }),
})

function additionOrRefusal(
  wanted: Wanted,
  isTwice: boolean,
  validateOnly: boolean,
  context: RequestContext,
): PartitionAddition | Failure {
  try {
    if (isTwice) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
    const topic = context.broker.metadata.topic(wanted.name)
    if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    const plan = (had: Topic) => {
      const replicas = planned(had, wanted, context)
      context.quota?.mutates(replicas.length, context.version >= strictSince)
      return replicas
    }
    if (validateOnly) plan(topic)
    return { topicId: topic.id, plan }
  } catch (thrown) {
    return failure(thrown, context)
  }
}

const isAddition = (each: PartitionAddition | Failure): each is PartitionAddition => 'plan' in each

/**
 * Adds the partitions, and returns one answer for each addition; an error that fails all of them is the answer of each.
 */
const add = (additions: readonly PartitionAddition[], { broker }: RequestContext) =>
  broker.metadata.addPartitions(additions).catch((thrown: unknown) => additions.map(() => thrown))

function planned(topic: Topic, wanted: Wanted, { broker }: RequestContext): (readonly number[])[] {
  const had = topic.partitions.length
  if (wanted.count === had) {
    throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${had} partition(s).`)
  }
  if (wanted.count < had) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `The topic ${topic.name} currently has ${had} partition(s); ${wanted.count} would not be an increase.`,
    )
  }
  const factor = topic.partitions[0]?.replicas.length ?? 1
  const more = wanted.count - had
  if (wanted.assignments === null) {
    const ids = livingNodes(broker.cluster)
    return placeReplicas(ids, more, Math.min(factor, ids.length), Math.floor(broker.random() * ids.length))
  }
  if (wanted.assignments.length !== more) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Attempted to add ${more} additional partition(s), but ${wanted.assignments.length} assignment(s) were specified.`,
    )
  }
  return wanted.assignments.map(({ brokerIds }) => {
    checkReplicas(brokerIds, factor, broker.cluster)
    return brokerIds
  })
}
