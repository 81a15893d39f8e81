import type { MetadataChange, MetadataStore, Topic } from '../../engine/metadata.js'
import type { Turns } from '../../time/turns.js'
import type { TopicsView } from './topics-view.js'

/** Of a longer list of names it is remembered which are of topics. */
const longList = 1000

/** Those of a list of names that are of topics. */
interface Existing {
  readonly namesVersion: number
  readonly names: readonly string[]
}

/** The cluster's topics as consumer groups see them, numbered by their changes. */
export class ClusterTopics implements TopicsView {
  #version = 0
  #createdVersion = 0
  /** The version in which the last topic was created or deleted. */
  #namesVersion = 0
  /** By the lists that members keep, which never change; with a list this goes, too. */
  readonly #existing = new WeakMap<readonly string[], Existing>()

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
    if (change.kind !== 'topic-changed') this.#namesVersion = this.#version
  }

  *names(): Iterable<string> {
    for (const { name } of this.metadata.topics()) yield name
  }

  existing(names: readonly string[]): readonly string[] {
    if (names.length <= longList) return names.filter(name => this.named(name))
    const known = this.#existing.get(names)
    if (known?.namesVersion === this.#namesVersion) return known.names
    return this.#remember(
      names,
      names.filter(name => this.named(name)),
    )
  }

  /** Has `existing` find the answer ready for a long list, unless topics come or go meanwhile. */
  async prepare(names: readonly string[], turns: Turns): Promise<void> {
    const existing: string[] = []
    const namesVersion = this.#namesVersion
    for (const name of names) {
      if (this.named(name)) existing.push(name)
      const pause = turns.pause()
      if (pause) await pause
    }
    if (namesVersion === this.#namesVersion) this.#remember(names, existing)
  }

  #remember(list: readonly string[], names: readonly string[]): readonly string[] {
    this.#existing.set(list, { namesVersion: this.#namesVersion, names })
    return names
  }

  named(name: string): Topic | undefined {
    return this.metadata.topic(name)
  }

  withId(id: string): Topic | undefined {
    return this.metadata.topicById(id)
  }
}
