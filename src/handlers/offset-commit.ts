import type { Topic } from '../engine/metadata.js'
import type { OffsetToCommit } from '../groups/offset-requests.js'
import { Turns } from '../time/turns.js'
import { offsetCommit } from '../wire/apis/offset-commit.js'
import type { ErrorName, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { callerOf } from './group-caller.js'
import { handler, type RequestContext } from './handler.js'
import { OffsetAnswers } from './offset-answers.js'

type Request = RequestOf<typeof offsetCommit>
type RequestedTopic = Request['topics'][number]
type RequestedPartition = RequestedTopic['partitions'][number]

const topicIdsSince = 10

/** Keeps how far a group has read. Partitions that do not exist fail for themselves, the others are kept together. */
export const offsetCommitHandler = handler({
  api: offsetCommit,
  replyLength: 'brief',

  async handle(request, context) {
    const turns = new Turns()
    const places: (OffsetToCommit | ErrorName)[] = []
    const offsets: OffsetToCommit[] = []
    for (const topic of request.topics) {
      const known = found(topic, context)
      for (const partition of topic.partitions) {
        const place = located(known, partition)
        places.push(place)
        if (typeof place !== 'string') offsets.push(place)
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    const outcomes = (offsets.length > 0 ? await commit(request, offsets, context) : []).values()
    const next = places.values()
    const answers = new OffsetAnswers()
    for (const topic of request.topics) {
      for (const { partitionIndex } of topic.partitions) {
        const place = next.next().value as OffsetToCommit | ErrorName
        if (typeof place === 'string') answers.failed(topic, partitionIndex, place)
        else answers.answered(topic, partitionIndex, taken(outcomes))
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    const topics = answers.all(turns)
    return { topics: topics instanceof Promise ? await topics : topics }
  },

  refuse: (request, error) => ({ topics: refused(request, error) }),
})

/** The topic, or what is wrong with it. */
function found({ name, topicId }: RequestedTopic, { broker, version }: RequestContext): Topic | ErrorName {
  const byId = version >= topicIdsSince
  const topic = byId ? broker.metadata.topicById(topicId) : broker.metadata.topic(name)
  return topic ?? (byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
}

/** What is to be committed for a partition, or what is wrong with it. */
function located(topic: Topic | ErrorName, partition: RequestedPartition): OffsetToCommit | ErrorName {
  if (typeof topic === 'string') return topic
  if (!topic.partitions[partition.partitionIndex]) return 'UNKNOWN_TOPIC_OR_PARTITION'
  return {
    topic: topic.name,
    topicId: topic.id,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
  }
}

const commit = (request: Request, offsets: readonly OffsetToCommit[], context: RequestContext) =>
  context.broker.groups.commit({ ...request, offsets }, callerOf(context), context.version)

/** The outcomes are of the partitions that were found, in their order. */
function taken(outcomes: Iterator<ErrorName>): ErrorName {
  const { value, done } = outcomes.next()
  if (done) throw new Error('fewer offsets were answered than committed')
  return value
}

const refused = (request: Request, error: KafkaError) =>
  request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
  }))
