import type { MetadataChange, MetadataStore, Topic } from '../../engine/metadata.js'
import type { TopicsView } from './topics-view.js'

/** The cluster's topics as consumer groups see them, numbered by their changes. */
export class ClusterTopics implements TopicsView {
  #version = 0
  #createdVersion = 0

  constructor(
    private readonly metadata: MetadataStore,
    readonly rackOf: (nodeId: number) => string | null,
  ) {}

  get version(): number {
    return this.#version
  }

  get createdVersion(): number {
    return this.#createdVersion
  }

  changed(change: MetadataChange): void {
    if (!('topic' in change)) return
    this.#version++
    if (change.kind === 'topic-created') this.#createdVersion = this.#version
  }

  *names(): Iterable<string> {
    for (const { name } of this.metadata.topics()) yield name
  }

  named(name: string): Topic | undefined {
    return this.metadata.topic(name)
  }

  withId(id: string): Topic | undefined {
    return this.metadata.topicById(id)
  }
}
