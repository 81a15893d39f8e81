import type { TopicSettings } from '../config/topic-settings.js'

/** What a storage engine must know of a topic. */
export interface StoredTopic {
  readonly name: string
  readonly partitionCount: number
  leaderEpoch(partition: number): number
  readonly settings: TopicSettings
}

/** Where an engine asks for topics; undefined for one that does not exist (any more). */
export interface TopicLookup {
  topicById(id: string): StoredTopic | undefined
  /** The id of the topic that has a name now. */
  idOf(name: string): string | undefined
}
