import type { FoundOffset, FoundOffsets, WantedOffsets } from '../groups/shared/offset-requests.js'
import { inTurns, Turns } from '../time/turns.js'
import { offsetFetch } from '../wire/apis/offset-fetch.js'
import { errorCodes, type KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { callerOf } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof offsetFetch>
type Wanted = Request['groups'][number]
type Answer = NonNullable<ResponseOf<typeof offsetFetch>['groups']>[number]
type PartitionAnswer = Answer['topics'][number]['partitions'][number]
type TopicAnswer = Answer['topics'][number] & { readonly partitions: PartitionAnswer[] }

const errorOfGroupSince = 2
const firstVersionOfManyGroups = 8
const topicIdsSince = 10
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Tells the offsets up to which groups have read: -1 where nothing was committed, all that was committed when no topics
 * are named. An offset that a transaction is about to change is not told to clients that want stable ones.
 */
export const offsetFetchHandler = handler({
  api: offsetFetch,

  async handle(request, context) {
    if (context.version < firstVersionOfManyGroups)
      return ofOne(await fetchGroup(onlyGroup(request), request, context, new Turns()))
    const turns = new Turns()
    const fetchOne = (group: Wanted) => fetchGroup(group, request, context, turns)
    return { groups: await inTurns(request.groups, fetchOne, turns) }
  },

  refuse(request, error) {
    if (request.groups.length === 0) return ofOne(failed(onlyGroup(request), error, 1))
    return { groups: request.groups.map(group => failed(group, error, firstVersionOfManyGroups)) }
  },
})

/** Returns the group of a request; versions before 8 ask for one. */
const onlyGroup = ({ groupId, topics }: Request): Wanted => ({
  groupId,
  memberId: null,
  memberEpoch: -1,
  topics: topics?.map(topic => ({ ...topic, topicId: noTopicId })) ?? null,
})

/** Answers about one group: these versions name topics, and their response has types of its own for the same fields. */
const ofOne = ({ errorCode, topics }: Answer) => ({
  errorCode: errorCode ?? errorCodes.NONE,
  topics: topics.map(({ name, partitions }) => ({ name: name ?? '', partitions: [...partitions] })),
})

async function fetchGroup(
  group: Wanted,
  { requireStable }: Pick<Request, 'requireStable'>,
  context: RequestContext,
  turns: Turns,
): Promise<Answer> {
  const { groupId, memberId, memberEpoch, topics } = group
  try {
    const { groups } = context.broker
    const by = { memberId, memberEpoch, requireStable }
    const caller = callerOf(context)
    if (topics === null) {
      const all = await groups.fetchOffsets(groupId, null, by, caller)
      const told = await inTurns(all, each => answer(each, context), turns)
      return { groupId, topics: told.filter(({ topicId }) => hasId(topicId, context)) }
    }
    const known: WantedOffsets[] = []
    const unknown: RequestedTopic[] = []
    for (const topic of topics) {
      const found = resolved(topic, context)
      if (found) known.push(found)
      else unknown.push(topic)
      const pause = turns.pause()
      if (pause) await pause
    }
    const told: TopicAnswer[] = []
    for (const { some, goesOn } of parts(known)) {
      const found = await groups.fetchOffsets(groupId, some, by, caller)
      for (const [i, each] of found.entries()) {
        const next = answer(each, context)
        if (i > 0 || !goesOn) told.push(next)
        else for (const partition of next.partitions) told.at(-1)?.partitions.push(partition)
      }
      const pause = turns.pause()
      if (pause) await pause
    }
    const missing = await inTurns(unknown, each => failedTopic(each, errorCodes.UNKNOWN_TOPIC_ID), turns)
    return { groupId, topics: missing.length > 0 ? told.concat(missing) : told }
  } catch (thrown) {
    return failed(group, context.explain(thrown), context.version)
  }
}

/** A group is asked for so many topics and partitions at once. */
const askedAtOnce = 1000

/**
 * Gives the parts that are asked together. `goesOn` is true where its first topic is the last one of the part before.
 */
function* parts(
  wanted: readonly WantedOffsets[],
): Generator<{ readonly some: readonly WantedOffsets[]; readonly goesOn: boolean }> {
  let some: WantedOffsets[] = []
  let [count, goesOn] = [0, false]
  for (const each of wanted) {
    for (let from = 0; from === 0 || from < each.partitions.length; from += askedAtOnce) {
      const isWhole = each.partitions.length <= askedAtOnce
      const partitions = isWhole ? each.partitions : each.partitions.slice(from, from + askedAtOnce)
      if (count > 0 && count + 1 + partitions.length > askedAtOnce) {
        yield { some, goesOn }
        goesOn = from > 0
        some = []
        count = 0
      }
      some.push(isWhole ? each : { ...each, partitions })
      count += 1 + partitions.length
    }
  }
  yield { some, goesOn }
}

/** Tells whether the topic can be answered: one that is gone has no place in an answer that goes by ids. */
const hasId = (topicId: string | undefined, { version }: RequestContext): boolean =>
  version < topicIdsSince || topicId !== noTopicId

type RequestedTopic = NonNullable<Wanted['topics']>[number]

/** Returns the topic of a request, null for an id that no topic has; a name need not belong to any. */
function resolved(wanted: RequestedTopic, { broker, version }: RequestContext): WantedOffsets | null {
  const { name, topicId, partitionIndexes: partitions } = wanted
  if (version < topicIdsSince) return { topic: name, topicId: broker.metadata.topic(name)?.id, partitions }
  const topic = broker.metadata.topicById(topicId)
  return topic ? { topic: topic.name, topicId, partitions } : null
}

const answer = ({ topic, partitions }: FoundOffsets, { broker }: RequestContext): TopicAnswer => ({
  name: topic,
  topicId: broker.metadata.topic(topic)?.id ?? noTopicId,
  partitions: partitions.map(answerOf),
})

function answerOf({ partition, committed, isUnstable }: FoundOffset): PartitionAnswer {
  if (isUnstable) return nothingCommitted(partition, errorCodes.UNSTABLE_OFFSET_COMMIT)
  if (!committed) return nothingCommitted(partition, errorCodes.NONE)
  return {
    partitionIndex: partition,
    committedOffset: committed.offset,
    committedLeaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    errorCode: errorCodes.NONE,
  }
}

const nothingCommitted = (partitionIndex: number, errorCode: number): PartitionAnswer => ({
  partitionIndex,
  committedOffset: -1n,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode,
})

/** Answers with an error. Version 1 has no error but that of each partition. */
const failed = ({ groupId, topics }: Wanted, { code }: KafkaError, version: number): Answer => ({
  groupId,
  topics: version < errorOfGroupSince ? (topics ?? []).map(topic => failedTopic(topic, code)) : [],
  errorCode: code,
})

const failedTopic = ({ name, topicId, partitionIndexes }: RequestedTopic, code: number): TopicAnswer => ({
  name,
  topicId,
  partitions: partitionIndexes.map(index => nothingCommitted(index, code)),
})
