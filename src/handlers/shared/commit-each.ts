import type { Topic } from '../../engine/metadata-store.js'
import type { OffsetToCommit } from '../../groups/shared/offset-requests.js'
import { Turns } from '../../time/turns.js'
import type { ErrorName } from '../../wire/errors.js'
import type { RequestContext } from './handler.js'
import { type OffsetAnswer, OffsetAnswers } from './offset-answers.js'

interface RequestedPartition {
  readonly partitionIndex: number
  readonly committedOffset: bigint
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

interface RequestedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly RequestedPartition[]
}

/**
 * Commits the offsets of all partitions that exist together, and answers for each partition in Kafka's order. The
 * others fail for themselves. `commit` gives one outcome for each offset.
 */
export async function commitEach(
  topics: readonly RequestedTopic[],
  byId: boolean,
  { broker }: RequestContext,
  commit: (offsets: readonly OffsetToCommit[]) => Promise<readonly ErrorName[]>,
): Promise<OffsetAnswer[]> {
  const turns = new Turns()
  const places: (OffsetToCommit | ErrorName)[] = []
  const offsets: OffsetToCommit[] = []
  for (const { name, topicId, partitions } of topics) {
    const topic = byId ? broker.metadata.topicById(topicId) : broker.metadata.topic(name)
    const found = topic ?? (byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
    for (const partition of partitions) {
      const place = located(found, partition)
      places.push(place)
      if (typeof place !== 'string') offsets.push(place)
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  const outcomes = (offsets.length > 0 ? await commit(offsets) : []).values()
  const next = places.values()
  const answers = new OffsetAnswers()
  for (const topic of topics) {
    for (const { partitionIndex } of topic.partitions) {
      const place = next.next().value as OffsetToCommit | ErrorName
      if (typeof place === 'string') answers.failed(topic, partitionIndex, place)
      else answers.answered(topic, partitionIndex, taken(outcomes))
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  return answers.all(turns)
}

/** Returns the offset to commit for a partition, or the error of the partition or its topic. */
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

/** Takes the next outcome: they come in the order of the partitions that were found. */
function taken(outcomes: Iterator<ErrorName>): ErrorName {
  const { value, done } = outcomes.next()
  if (done) throw new Error('fewer offsets were answered than committed')
  return value
}
