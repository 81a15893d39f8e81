import type { ErrorName } from '../../wire/errors.js'
import type { StoredOffset } from '../stored/group-facts.js'

/** An offset to commit; its topic and partition exist. */
export interface OffsetToCommit {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string
}

export interface CommitRequest {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly generationIdOrMemberEpoch: number
  /** The time for which the offset is kept; -1 for as long as the broker's setting says. */
  readonly retentionTimeMs: bigint
  readonly offsets: readonly OffsetToCommit[]
}

/** The reader of committed offsets: a member of a consumer group, or (null and -1) any client. */
export interface OffsetReader {
  readonly memberId: string | null
  readonly memberEpoch: number
  /** True for a reader that wants no offset which a transaction is about to change (KIP-447). */
  readonly requireStable: boolean
}

/** Partitions of a topic. An offset that was committed for another topic of this name counts as none. */
export interface WantedOffsets {
  readonly topic: string
  /** The id of the topic; undefined when there is no such topic now. */
  readonly topicId: string | undefined
  readonly partitions: readonly number[]
}

export interface FoundOffsets {
  readonly topic: string
  readonly partitions: readonly FoundOffset[]
}

export interface FoundOffset {
  readonly partition: number
  readonly committed: StoredOffset | null
  /** True where a transaction is about to change the offset, and the reader wants no such offset (KIP-447). */
  readonly isUnstable: boolean
}

export interface TopicPartitionName {
  readonly topic: string
  readonly partition: number
}

/** The outcome of each offset, in the order asked for: NONE, or the reason why it was not done. */
export type Outcomes = readonly ErrorName[]
