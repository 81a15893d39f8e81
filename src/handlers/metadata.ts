import { checkTopicName } from '../cluster/topic-name.js'
import { planTopic } from '../cluster/topic-plan.js'
import type { Topic } from '../engine/metadata.js'
import { metadata } from '../wire/apis/metadata.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { advertisedNodes } from './advertised.js'
import { clusterOperations, topicOperations } from './authorized-operations.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof metadata>
type Answer = ResponseOf<typeof metadata>['topics'][number]

/**
 * Tells nodes and topics with their leaders. A topic that may be created on the way is finished
 * before the answer leaves, so that the client never has to ask again.
 */
export const metadataHandler = handler({
  api: metadata,

  async handle(request, context) {
    checkNames(request, context.version)
    const { cluster } = context.broker
    return {
      brokers: advertisedNodes(context),
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId(),
      topics: await answers(request, context),
      ...(request.includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: clusterOperations }
        : {}),
    }
  },

  refuse: ({ topics }, error) => ({
    brokers: [],
    topics: (topics ?? []).map(({ name, topicId }) => ({
      errorCode: error.code,
      name: name ?? '',
      topicId,
      partitions: [],
    })),
    errorCode: error.code,
  }),
})

const topicIdsSince = 12
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Versions 10 and 11 have a place for ids, but only 12 can answer them. */
function checkNames({ topics }: Request, version: number): void {
  if (version >= topicIdsSince) return
  for (const { name, topicId } of topics ?? []) {
    if (name === null) {
      throw new KafkaError('INVALID_REQUEST', `Topic name can not be null for version ${version}`)
    }
    if (topicId !== noId) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Topic IDs are not supported in requests for version ${version}`,
      )
    }
  }
}

/** Where one topic is asked for by its id, names are not looked at. As in Kafka, what is not there comes last, or first by id. */
async function answers(request: Request, context: RequestContext): Promise<Answer[]> {
  const { metadata: store } = context.broker
  const { topics } = request
  if (topics === null || (context.version === 0 && topics.length === 0)) {
    return [...store.topics()].map(topic => found(topic, request, context))
  }
  const ids = new Set(topics.map(({ topicId }) => topicId).filter(id => id !== noId))
  if (ids.size > 0) {
    const answers = [...ids].map(id => byId(id, request, context))
    return [...answers.filter(isMissing), ...answers.filter(isThere)]
  }
  const answers: Answer[] = []
  for (const name of new Set(topics.map(topic => topic.name))) {
    if (name === null) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'A topic has neither a name nor an id.')
    answers.push(await byName(name, request, context))
  }
  return [...answers.filter(isThere), ...answers.filter(isMissing)]
}

const isThere = ({ errorCode }: Answer): boolean => errorCode === errorCodes.NONE
const isMissing = (answer: Answer): boolean => !isThere(answer)

function byId(topicId: string, request: Request, context: RequestContext): Answer {
  const topic = context.broker.metadata.topicById(topicId)
  if (topic) return found(topic, request, context)
  return { errorCode: errorCodes.UNKNOWN_TOPIC_ID, name: null, topicId, partitions: [] }
}

async function byName(name: string, request: Request, context: RequestContext): Promise<Answer> {
  const { metadata: store, config } = context.broker
  try {
    const topic = store.topic(name)
    if (topic) return found(topic, request, context)
    const mayCreate =
      config.boolean('auto.create.topics.enable') && (context.version < 4 || request.allowAutoTopicCreation)
    if (!mayCreate) {
      checkTopicName(name)
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    }
    return found(await create(name, context), request, context)
  } catch (thrown) {
    return { errorCode: context.explain(thrown).code, name, partitions: [], ...operations(request) }
  }
}

/** Two clients may ask for the same new topic at once: the second finds what the first made. */
async function create(name: string, { broker }: RequestContext): Promise<Topic> {
  try {
    const wanted = { name, partitions: -1, replicationFactor: -1 }
    return await broker.metadata.createTopic(() => planTopic(wanted, broker))
  } catch (thrown) {
    const made = broker.metadata.topic(name)
    if (made && thrown instanceof KafkaError && thrown.errorName === 'TOPIC_ALREADY_EXISTS') return made
    throw thrown
  }
}

function found(topic: Topic, request: Request, { broker }: RequestContext): Answer {
  const alive = new Set(
    broker.cluster
      .nodes()
      .filter(node => node.alive)
      .map(node => node.id),
  )
  return {
    errorCode: errorCodes.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: topic.partitions.map(partition => ({
      errorCode: partition.leader < 0 ? errorCodes.LEADER_NOT_AVAILABLE : errorCodes.NONE,
      partitionIndex: partition.index,
      leaderId: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      offlineReplicas: partition.replicas.filter(id => !alive.has(id)),
    })),
    ...operations(request),
  }
}

const operations = ({ includeTopicAuthorizedOperations }: Request) =>
  includeTopicAuthorizedOperations ? { topicAuthorizedOperations: topicOperations } : {}
