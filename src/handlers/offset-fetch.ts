import type { FoundOffset, FoundOffsets, WantedOffsets } from '../groups/offset-requests.js'
import { offsetFetch } from '../wire/apis/offset-fetch.js'
import { errorCodes, type KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { callerOf } from './group-caller.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof offsetFetch>
type Wanted = Request['groups'][number]
type Answer = NonNullable<ResponseOf<typeof offsetFetch>['groups']>[number]
type TopicAnswer = Answer['topics'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

const firstVersionOfManyGroups = 8
const topicIdsSince = 10
const noTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Tells how far groups have read: -1 for what was never committed, all that was committed when no
 * topics are named. An offset that a transaction is about to change is not told to those who want stable ones.
 */
export const offsetFetchHandler = handler({
  api: offsetFetch,

  async handle(request, context) {
    if (context.version >= firstVersionOfManyGroups) {
      return {
        groups: await Promise.all(
          request.groups.map(group => fetchGroup(group, request.requireStable, context)),
        ),
      }
    }
    const { errorCode, topics } = await fetchGroup(onlyGroup(request), request.requireStable, context)
    return { errorCode: errorCode ?? errorCodes.NONE, topics: topics.map(named) }
  },

  refuse(request, error) {
    if (request.groups.length > 0) return { groups: request.groups.map(group => failed(group, error)) }
    return { errorCode: error.code, topics: failed(onlyGroup(request), error).topics.map(named) }
  },
})

/** Versions before 8 ask for one group. */
const onlyGroup = ({ groupId, topics }: Request): Wanted => ({
  groupId,
  memberId: null,
  memberEpoch: -1,
  topics: topics?.map(topic => ({ ...topic, topicId: noTopicId })) ?? null,
})

/** Older versions name topics, and their response has a type of its own for the same fields. */
const named = ({ name, partitions }: TopicAnswer) => ({ name: name ?? '', partitions: [...partitions] })

async function fetchGroup(group: Wanted, requireStable: boolean, context: RequestContext): Promise<Answer> {
  try {
    const wanted = group.topics?.map(topic => resolved(topic, context)) ?? null
    const known = wanted?.filter((each): each is WantedOffsets => each !== null) ?? null
    const { groups } = context.broker
    const found = await groups.fetchOffsets(group.groupId, known, callerOf(context), requireStable)
    const topics =
      wanted === null ? found.map(each => answer(each, context)) : inOrder(group, wanted, found, context)
    return { groupId: group.groupId, topics }
  } catch (thrown) {
    return failed(group, context.explain(thrown))
  }
}

type RequestedTopic = NonNullable<Wanted['topics']>[number]

/** Null for an id that no topic has; a name need not belong to any. */
function resolved(wanted: RequestedTopic, { broker, version }: RequestContext): WantedOffsets | null {
  const { name, topicId, partitionIndexes: partitions } = wanted
  if (version < topicIdsSince) return { topic: name, topicId: broker.metadata.topic(name)?.id, partitions }
  const topic = broker.metadata.topicById(topicId)
  return topic ? { topic: topic.name, topicId, partitions } : null
}

function inOrder(
  group: Wanted,
  wanted: readonly (WantedOffsets | null)[],
  found: readonly FoundOffsets[],
  context: RequestContext,
): TopicAnswer[] {
  const left = [...found]
  return (group.topics ?? []).map((topic, i) => {
    const offsets = wanted[i] ? left.shift() : undefined
    if (offsets) return answer(offsets, context)
    return failedTopic(topic, errorCodes.UNKNOWN_TOPIC_ID)
  })
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

/** Version 1 has no error but that of each partition. */
const failed = ({ groupId, topics }: Wanted, { code }: KafkaError): Answer => ({
  groupId,
  topics: (topics ?? []).map(topic => failedTopic(topic, code)),
  errorCode: code,
})

const failedTopic = ({ name, topicId, partitionIndexes }: RequestedTopic, code: number): TopicAnswer => ({
  name,
  topicId,
  partitions: partitionIndexes.map(index => nothingCommitted(index, code)),
})
