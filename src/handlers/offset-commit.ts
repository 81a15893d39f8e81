import type { OffsetToCommit } from '../groups/offset-requests.js'
import { offsetCommit } from '../wire/apis/offset-commit.js'
import type { ErrorName, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { callerOf } from './group-caller.js'
import { handler, type RequestContext } from './handler.js'
import { offsetAnswers } from './offset-answers.js'

type Request = RequestOf<typeof offsetCommit>
type RequestedTopic = Request['topics'][number]

const topicIdsSince = 10

/** Keeps how far a group has read. Partitions that do not exist fail for themselves, the others are kept together. */
export const offsetCommitHandler = handler({
  api: offsetCommit,
  replyLength: 'brief',

  async handle(request, context) {
    const topics = request.topics.map(topic => ({ topic, found: found(topic, context) }))
    const offsets = topics.flatMap(({ topic, found }) =>
      topic.partitions.flatMap((partition, i) => {
        const target = found[i] as Found | ErrorName
        return typeof target === 'string' ? [] : [toCommit(target, partition)]
      }),
    )
    const outcomes = offsets.length > 0 ? await commit(request, offsets, context) : []
    const next = outcomes.values()
    return {
      topics: offsetAnswers(request.topics, ({ partitions }, t) =>
        partitions.map(({ partitionIndex }, i) => {
          const target = topics[t]?.found[i] as Found | ErrorName
          if (typeof target === 'string') return { partitionIndex, error: target, early: true }
          return { partitionIndex, error: taken(next), early: false }
        }),
      ),
    }
  },

  refuse: (request, error) => ({ topics: refused(request, error) }),
})

type Found = { readonly topic: string; readonly topicId: string }

/** What is to be committed for each partition, or what is wrong with it. */
function found(
  { name, topicId, partitions }: RequestedTopic,
  context: RequestContext,
): (Found | ErrorName)[] {
  const { metadata } = context.broker
  const byId = context.version >= topicIdsSince
  const topic = byId ? metadata.topicById(topicId) : metadata.topic(name)
  if (!topic) return partitions.map(() => (byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'))
  const target = { topic: topic.name, topicId: topic.id }
  return partitions.map(({ partitionIndex }) =>
    topic.partitions[partitionIndex] ? target : 'UNKNOWN_TOPIC_OR_PARTITION',
  )
}

const commit = (request: Request, offsets: readonly OffsetToCommit[], context: RequestContext) =>
  context.broker.groups.commit({ ...request, offsets }, callerOf(context), context.version)

/** The outcomes are of the partitions that were found, in their order. */
function taken(outcomes: Iterator<ErrorName>): ErrorName {
  const { value, done } = outcomes.next()
  if (done) throw new Error('fewer offsets were answered than committed')
  return value
}

const toCommit = (found: Found, partition: RequestedTopic['partitions'][number]): OffsetToCommit => ({
  ...found,
  partition: partition.partitionIndex,
  offset: partition.committedOffset,
  leaderEpoch: partition.committedLeaderEpoch,
  metadata: partition.committedMetadata ?? '',
})

const refused = (request: Request, error: KafkaError) =>
  request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
  }))
