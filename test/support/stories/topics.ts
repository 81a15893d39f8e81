import type { TopicSettings } from '../../../src/config/topic-settings.js'
import type { TopicLookup } from '../../../src/engine/topic-lookup.js'
import { defaults } from '../log-world.js'

/** A topic of a story; made again it has another id. */
export interface StoryTopic {
  readonly id: string
  readonly name: string
  readonly partitionCount: number
  readonly settings: TopicSettings
}

const small = { ...defaults, segmentBytes: 600, indexIntervalBytes: 150 }

/** One that is synced per write, one that is not, and one that is synced and compacted. */
const plans: readonly Omit<StoryTopic, 'id'>[] = [
  { name: 'kept', partitionCount: 2, settings: { ...small, flushMessages: 1n, retentionMs: 600_000n } },
  { name: 'quick', partitionCount: 2, settings: { ...small, retentionBytes: 2500n } },
  {
    name: 'latest',
    partitionCount: 2,
    settings: {
      ...small,
      flushMessages: 1n,
      cleanupPolicy: { compact: true, delete: false },
      minCleanableDirtyRatio: 0,
      deleteRetentionMs: 60_000n,
    },
  },
]

/** The topics that there are, which no crash changes: the metadata journal has its own tests. */
export class StoryTopics implements TopicLookup {
  readonly #byName = new Map<string, StoryTopic>()
  readonly #byId = new Map<string, StoryTopic & { leaderEpoch(): number }>()
  #made = 0

  constructor() {
    for (const plan of plans) this.#make(plan)
  }

  get all(): readonly StoryTopic[] {
    return [...this.#byName.values()]
  }

  topicById(id: string) {
    return this.#byId.get(id)
  }

  idOf(name: string): string | undefined {
    return this.#byName.get(name)?.id
  }

  /** Deletes a topic and makes it anew. */
  recreate(topic: StoryTopic): StoryTopic {
    this.#byId.delete(topic.id)
    return this.#make(topic)
  }

  #make(plan: Omit<StoryTopic, 'id'>): StoryTopic {
    const topic = { ...plan, id: Buffer.alloc(16, ++this.#made * 37).toString('base64url') }
    this.#byName.set(plan.name, topic)
    this.#byId.set(topic.id, { ...topic, leaderEpoch: () => 0 })
    return topic
  }
}
