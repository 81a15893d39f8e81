import type { Topic } from '../engine/metadata.js'
import { Turns } from '../time/turns.js'
import { checkReplicas, livingNodes, placeReplicas } from '../topics/placement.js'
import { createPartitions } from '../wire/apis/create-partitions.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { failure, handler, type RequestContext, success } from './handler.js'
import { areTooMany, repeated } from './topic-requests.js'

type Wanted = RequestOf<typeof createPartitions>['topics'][number]
type Answer = ResponseOf<typeof createPartitions>['results'][number]

/** Adds partitions to topics; there is no way to take one away. */
export const createPartitionsHandler = handler({
  api: createPartitions,

  async handle(request, context) {
    const { metadata, config } = context.broker
    const had = (name: string) => metadata.topic(name)?.partitions.length ?? Infinity
    const more = request.topics.reduce((sum, { name, count }) => sum + Math.max(0, count - had(name)), 0)
    // Kafka has no better word for it: here it fails on the size of what it would write.
    if (areTooMany(more, config)) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    const turns = new Turns()
    const twice = await repeated(request.topics, ({ name }) => name, turns)
    const answers = new Map<string, Answer>()
    for (const topic of request.topics) {
      if (answers.has(topic.name)) continue
      answers.set(topic.name, await answer(topic, twice.has(topic.name), request.validateOnly, context))
      const pause = turns.pause()
      if (pause) await pause
    }
    return { throttleTimeMs: 0, results: [...answers.values()] }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    results: request.topics.map(({ name }) => ({ name, errorCode: error.code, errorMessage: error.detail })),
  }),
})

async function answer(
  wanted: Wanted,
  isTwice: boolean,
  validateOnly: boolean,
  context: RequestContext,
): Promise<Answer> {
  const { name } = wanted
  try {
    if (isTwice) throw new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')
    const topic = context.broker.metadata.topic(name)
    if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    const plan = (had: Topic) => planned(had, wanted, context)
    if (validateOnly) plan(topic)
    else await context.broker.metadata.addPartitions(topic.id, plan)
    return { name, ...success }
  } catch (thrown) {
    return { name, ...failure(thrown, context) }
  }
}

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
