import type { TopicSettings } from '../config/topic-settings.js'

/** The part of a topic that a storage engine must know. */
export interface StoredTopic {
  readonly name: string
  readonly partitionCount: number
  leaderEpoch(partition: number): number
  readonly settings: TopicSettings
}

/** Tells an engine about topics; undefined for one that does not exist (any more). */
export interface TopicLookup {
  topicById(id: string): StoredTopic | undefined
  /** Returns the id of the topic that has a name now. */
  idOf(name: string): string | undefined
}
