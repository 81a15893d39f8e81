import type { ErrorName } from '../wire/errors.js'
import type { StoredOffset } from './facts.js'

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
  /** -1: as long as the broker's setting says. */
  readonly retentionTimeMs: bigint
  readonly offsets: readonly OffsetToCommit[]
}

/** Who wants to know committed offsets: a member of a consumer group, or (null and -1) anybody. */
export interface OffsetReader {
  readonly memberId: string | null
  readonly memberEpoch: number
  /** No offset that a transaction is about to change (KIP-447). */
  readonly requireStable: boolean
}

/** Partitions of a topic; an offset that was committed for another topic of this name is none. */
export interface WantedOffsets {
  readonly topic: string
  /** Undefined when there is no such topic now. */
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
  /** Whoever asks wants no offset that a transaction is about to change, and one is (KIP-447). */
  readonly isUnstable: boolean
}

export interface TopicPartitionName {
  readonly topic: string
  readonly partition: number
}

/** NONE, or why this one of several was not done; in the order asked for. */
export type Outcomes = readonly ErrorName[]
