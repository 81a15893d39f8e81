import type { MetadataChange, MetadataStore, Topic } from '../../engine/metadata-store.js'
import type { Turns } from '../../time/turns.js'
import { metadataHash, type TopicsView } from './topics-view.js'

/** The length of a list of names above which the names that are of topics are remembered. */
const longList = 1000

/** The names in a list that are of topics. */
interface Existing {
  readonly namesVersion: number
  readonly names: readonly string[]
}

/** The hash of the topics that some lists name. */
interface Hashed {
  readonly version: number
  readonly lists: readonly (readonly string[])[]
  readonly hash: bigint
}

/** The cluster's topics as consumer groups see them, numbered by their changes. */
export class ClusterTopics implements TopicsView {
  #version = 0
  #createdVersion = 0
  /** The version in which the last topic was created or deleted. */
  #namesVersion = 0
  /** The existing topics by the lists that members keep. A list never changes; when it goes, its entry goes too. */
  readonly #existing = new WeakMap<readonly string[], Existing>()
  /** The last hash that was found for lists of which this is the first. */
  readonly #hashes = new WeakMap<readonly string[], Hashed>()

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

  /**
   * Gives the hash of the topics in some lists. Most often they are the lists that it was asked for before: members come
   * and go, and read the same.
   */
  hashOf(lists: Iterable<readonly string[]>): bigint {
    const all = [...lists]
    const [first] = all
    if (!first) return 0n
    const known = this.#hashes.get(first)
    const isSame = known?.version === this.#version && known.lists.length === all.length
    if (isSame && all.every((list, i) => list === known.lists[i])) return known.hash
    const byName = new Map<string, Topic>()
    for (const list of all) {
      for (const name of this.existing(list)) byName.set(name, this.named(name) as Topic)
    }
    const hash = metadataHash(byName, this)
    this.#hashes.set(first, { version: this.#version, lists: all, hash })
    return hash
  }

  /** Prepares the answer of `existing` for a long list; it holds unless topics come or go meanwhile. */
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
