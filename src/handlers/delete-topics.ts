import type { Topic } from '../engine/metadata-store.js'
import { inTurns, Turns } from '../time/turns.js'
import { deleteTopics } from '../wire/apis/delete-topics.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { failure, handler, type RequestContext } from './shared/handler.js'

type Answer = ResponseOf<typeof deleteTopics>['responses'][number]
type Wanted = { readonly name: string | null; readonly topicId: string }

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** From this version on clients know of THROTTLING_QUOTA_EXCEEDED. */
const strictSince = 5

/** Deletes topics by name or by id. Their files are deleted in the background. */
export const deleteTopicsHandler = handler({
  api: deleteTopics,

  async handle(request, context) {
    checkEnabled(context)
    const turns = new Turns()
    const groups = await grouped(wanted(request), context, turns)
    const checked = await inTurns(groups, topics => check(topics, context), turns)
    const found = checked.filter(isTopic)
    const outcomes = (await context.broker.metadata.deleteTopics(found.map(({ id }) => id))).values()
    return {
      throttleTimeMs: 0,
      responses: await inTurns(
        checked,
        each => (isTopic(each) ? answer(each, outcomes.next().value as KafkaError | null, context) : each),
        turns,
      ),
    }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    responses: wanted(request).map(topic => ({
      ...topic,
      errorCode: error.code,
      errorMessage: error.detail,
    })),
  }),
})

const wanted = (request: RequestOf<typeof deleteTopics>): readonly Wanted[] =>
  request.topics.length > 0 ? request.topics : request.topicNames.map(name => ({ name, topicId: noId }))

function checkEnabled({ broker, version }: RequestContext): void {
  if (broker.config.boolean('delete.topic.enable')) return
  const errorName = version >= 3 ? 'TOPIC_DELETION_DISABLED' : 'INVALID_REQUEST'
  throw new KafkaError(errorName)
}

const find = ({ name, topicId }: Wanted, { broker }: RequestContext): Topic | undefined =>
  name === null ? broker.metadata.topicById(topicId) : broker.metadata.topic(name)

/**
 * Groups the names and ids of one topic. A client that names a topic twice, be it once by name and once by id, is told
 * so once, and the topic stays.
 */
async function grouped(
  topics: readonly Wanted[],
  context: RequestContext,
  turns: Turns,
): Promise<Iterable<readonly Wanted[]>> {
  const groups = new Map<unknown, Wanted[]>()
  for (const topic of topics) {
    const isUnclear = (topic.name === null) === (topic.topicId === noId)
    const key = isUnclear ? topic : (find(topic, context)?.id ?? topic.name ?? topic.topicId)
    const group = groups.get(key)
    if (group) group.push(topic)
    else groups.set(key, [topic])
    const pause = turns.pause()
    if (pause) await pause
  }
  return groups.values()
}

function refused(topics: readonly Wanted[], context: RequestContext): Answer {
  const named = topics.filter(({ name }) => name !== null)
  const topic = find(topics[0] as Wanted, context)
  const mixed = named.length > 0 && named.length < topics.length
  const message = mixed
    ? 'The provided topic name maps to an ID that was already supplied.'
    : `Duplicate topic ${named.length > 0 ? 'name' : 'id'}.`
  return {
    name: named[0]?.name ?? null,
    topicId: named.length === topics.length ? noId : (topic?.id ?? (topics[0] as Wanted).topicId),
    ...failure(new KafkaError('INVALID_REQUEST', message), context),
  }
}

/** Returns the topic to be deleted, or the answer that none is. */
function check(topics: readonly Wanted[], context: RequestContext): Topic | Answer {
  if (topics.length > 1) return refused(topics, context)
  const [wanted] = topics as [Wanted]
  try {
    return charged(existing(wanted, context), context)
  } catch (thrown) {
    return { ...wanted, ...failure(thrown, context) }
  }
}

/** Returns the topic, or the answer that the client's quota of changes is used up. */
function charged(topic: Topic, context: RequestContext): Topic | Answer {
  const { name, id, partitions } = topic
  try {
    context.quota?.mutates(partitions.length, context.version >= strictSince)
    return topic
  } catch (thrown) {
    return { name, topicId: id, ...failure(thrown, context) }
  }
}

const isTopic = (each: Topic | Answer): each is Topic => 'id' in each

function existing(wanted: Wanted, context: RequestContext): Topic {
  if (wanted.name !== null && wanted.topicId !== noId) {
    throw new KafkaError('INVALID_REQUEST', 'You may not specify both topic name and topic id.')
  }
  if (wanted.name === null && wanted.topicId === noId) {
    throw new KafkaError('INVALID_REQUEST', 'Neither topic name nor id were specified.')
  }
  const topic = find(wanted, context)
  if (!topic && wanted.name === null) {
    throw new KafkaError('UNKNOWN_TOPIC_ID', 'There is no topic of this id.')
  }
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'There is no topic of this name.')
  return topic
}

function answer({ name, id }: Topic, refusal: KafkaError | null, context: RequestContext): Answer {
  const told = { name, topicId: id }
  return refusal ? { ...told, ...failure(refusal, context) } : { ...told, errorCode: errorCodes.NONE }
}
