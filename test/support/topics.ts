import type { MetadataChange, MetadataStore, Topic } from '../../src/engine/metadata.js'

/** As much of a metadata store as coordinators use: topics, their leaders, and what changes. */
export class Topics {
  readonly #topics = new Map<string, Topic>()
  readonly #listeners = new Set<(change: MetadataChange) => void>()
  #made = 0

  get store(): MetadataStore {
    return this as unknown as MetadataStore
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  topicById(id: string): Topic | undefined {
    return [...this.#topics.values()].find(topic => topic.id === id)
  }

  onChange(listener: (change: MetadataChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** One partition for each leader. */
  create(name: string, leaders: readonly number[]): Topic {
    const id = Buffer.alloc(16, ++this.#made).toString('base64url')
    const topic = { id, name, partitions: leaders.map((leader, index) => ({ index, leader })) }
    this.#topics.set(name, topic as unknown as Topic)
    this.#tell({ kind: 'topic-created', topic: topic as unknown as Topic })
    return topic as unknown as Topic
  }

  lead(name: string, index: number, leader: number): void {
    const topic = this.#topics.get(name)!
    const partitions = topic.partitions.map(each => (each.index === index ? { ...each, leader } : each))
    const changed = { ...topic, partitions }
    this.#topics.set(name, changed)
    this.#tell({ kind: 'topic-changed', topic: changed })
  }

  delete(name: string): Topic {
    const topic = this.#topics.get(name)!
    this.#topics.delete(name)
    this.#tell({ kind: 'topic-deleted', topic })
    return topic
  }

  #tell(change: MetadataChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
