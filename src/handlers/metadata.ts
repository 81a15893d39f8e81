import type { Topic } from '../engine/metadata-store.js'
import { inTurns, Turns } from '../time/turns.js'
import { isInternal, metadataTopic } from '../topics/internal-topics.js'
import { livingNodes } from '../topics/placement.js'
import { topicsOrNew } from '../topics/topic-creation.js'
import { complaintAbout } from '../topics/topic-name.js'
import { metadata } from '../wire/apis/metadata.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { advertisedNodes } from './shared/advertised-nodes.js'
import { clusterOperations, topicOperations } from './shared/authorized-operations.js'
import { handler, type RequestContext } from './shared/handler.js'
import { areTooMany } from './shared/topic-requests.js'

type Request = RequestOf<typeof metadata>
type Answer = ResponseOf<typeof metadata>['topics'][number]

/**
 * Tells nodes and topics with their leaders. A topic that the request creates is finished before the answer leaves, so
 * that the client never has to ask again.
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

/** Checks the names and ids. Versions 10 and 11 have a place for ids, but only 12 can answer them. */
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

/**
 * Answers about the topics. Where one topic is asked for by its id, names are not looked at. As in Kafka, topics that
 * do not exist come last, or first by id.
 */
async function answers(request: Request, context: RequestContext): Promise<Answer[]> {
  const { metadata: store } = context.broker
  const { topics } = request
  const found = describer(request, context)
  if (topics === null || (context.version === 0 && topics.length === 0)) {
    return inTurns([...store.topics()], found)
  }
  const turns = new Turns()
  const { ids, names } = await asked(topics, turns)
  if (ids.size > 0) {
    const answers = await inTurns(
      ids,
      id => {
        const topic = store.topicById(id)
        return topic ? found(topic) : unknownId(id)
      },
      turns,
    )
    return [...answers.filter(isMissing), ...answers.filter(isThere)]
  }
  const outcomes = await create(await missing(names, context, turns), request, context)
  const answers = await inTurns(
    names,
    name => {
      const topic = outcomes.get(name) ?? store.topic(name) ?? unknown(name)
      return topic instanceof KafkaError ? refused(name, topic, request) : found(topic)
    },
    turns,
  )
  return [...answers.filter(isThere), ...answers.filter(isMissing)]
}

const isThere = ({ errorCode }: Answer): boolean => errorCode === errorCodes.NONE
const isMissing = (answer: Answer): boolean => !isThere(answer)

const unknownId = (topicId: string): Answer => ({
  errorCode: errorCodes.UNKNOWN_TOPIC_ID,
  name: null,
  topicId,
  partitions: [],
})

const refused = (name: string, { code }: KafkaError, request: Request): Answer => ({
  errorCode: code,
  name,
  isInternal: isInternal(name),
  partitions: [],
  ...operations(request),
})

/** Returns the ids that are asked for, each once; where there are none, the names. */
async function asked(topics: NonNullable<Request['topics']>, turns: Turns) {
  const ids = new Set<string>()
  const names = new Set<string>()
  let isNameless = false
  for (const { name, topicId } of topics) {
    if (topicId !== noId) ids.add(topicId)
    if (name === null) isNameless = true
    else names.add(name)
    const pause = turns.pause()
    if (pause) await pause
  }
  if (isNameless && ids.size === 0) {
    throw new KafkaError('UNKNOWN_SERVER_ERROR', 'A topic has neither a name nor an id.')
  }
  return { ids, names }
}

async function missing(names: Iterable<string>, { broker }: RequestContext, turns: Turns): Promise<string[]> {
  const all: string[] = []
  for (const name of names) {
    if (!broker.metadata.topic(name)) all.push(name)
    const pause = turns.pause()
    if (pause) await pause
  }
  return all
}

/**
 * Creates topics of the names that no topic has, where it may: all of them, or none if there are too many. Returns the
 * topic or the error for each name.
 */
async function create(
  names: readonly string[],
  { allowAutoTopicCreation }: Request,
  { broker, version, quota }: RequestContext,
): Promise<ReadonlyMap<string, Topic | KafkaError>> {
  const { config, logger } = broker
  const mayCreate = config.boolean('auto.create.topics.enable') && (version < 4 || allowAutoTopicCreation)
  const wanted = names.filter(name => name !== metadataTopic)
  if (!mayCreate || wanted.length === 0) return new Map()
  if (areTooMany(wanted.length * config.number('num.partitions'), config)) {
    logger.warn(
      `A request for metadata named ${wanted.length} new topics, more than it may make; none is made.`,
    )
    return new Map()
  }
  const topics = await topicsOrNew(
    wanted.map(name => ({ name, partitions: -1, replicationFactor: -1 })),
    quota ? { ...broker, charge: (partitions: number) => quota.mutates(partitions, true) } : broker,
  )
  return new Map(wanted.map((name, i) => [name, notYet(topics[i] as Topic | KafkaError, name)]))
}

/**
 * Answers about a topic that is not there yet: Kafka makes topics behind the reply, and so does this broker while the
 * metadata journal waits for its disk, or while the quota of the client is used up.
 */
const notYet = (made: Topic | KafkaError, name: string): Topic | KafkaError =>
  made instanceof KafkaError && willCome.has(made.errorName) ? unknown(name) : made

/** The errors with which a topic is not made now, and may be made the next time. */
const willCome: ReadonlySet<string> = new Set(['REQUEST_TIMED_OUT', 'THROTTLING_QUOTA_EXCEEDED'])

/** Returns the error of a name that no topic has. */
function unknown(name: string): KafkaError {
  return new KafkaError(complaintAbout(name) ? 'INVALID_TOPIC_EXCEPTION' : 'UNKNOWN_TOPIC_OR_PARTITION')
}

/** Describes topics as the nodes are now. */
function describer(request: Request, { broker }: RequestContext): (topic: Topic) => Answer {
  const alive = new Set(livingNodes(broker.cluster))
  return topic => described(topic, alive, request)
}

function described(topic: Topic, alive: ReadonlySet<number>, request: Request): Answer {
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
