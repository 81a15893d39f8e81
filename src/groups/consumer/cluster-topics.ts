import type { MetadataChange, MetadataStore, Topic } from '../../engine/metadata-store.js'
import type { Turns } from '../../time/turns.js'
import { TopicsHash, type TopicsView } from './topics-view.js'

/** The length of a list of names above which the names that are of topics are remembered. */
const longList = 1000

/** The length above which the ids are remembered as well, whose set takes more memory than the names. */
const veryLongList = 10_000

/** The number of names that are looked at in one step. */
const namesAtOnce = 100

/** The topics in a list, as long as no topic comes or goes, and their hash, as long as none changes. */
interface Known {
  readonly namesVersion: number
  readonly version: number
  readonly names: readonly string[]
  /** The ids of the topics in a very long list. */
  readonly ids: ReadonlySet<string> | null
  readonly hash: bigint
}

/** The hash of the topics that some lists name. */
interface Hashed {
  readonly version: number
  readonly lists: readonly (readonly string[])[]
  readonly hash: bigint
}

const noIds: ReadonlySet<string> = new Set()

/** The cluster's topics as consumer groups see them, numbered by their changes. */
export class ClusterTopics implements TopicsView {
  #version = 0
  #createdVersion = 0
  /** The version in which the last topic was created or deleted. */
  #namesVersion = 0
  /** Facts about the long lists that members keep. A list never changes; when it goes, its entry goes too. */
  readonly #known = new WeakMap<readonly string[], Known>()
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
    return this.#knownOf(names).names
  }

  idsOf(names: readonly string[]): ReadonlySet<string> {
    if (names.length > veryLongList) return this.#knownOf(names).ids ?? noIds
    const ids = new Set<string>()
    for (const name of this.existing(names)) ids.add((this.named(name) as Topic).id)
    return ids
  }

  /**
   * Gives the hash of the topics in some lists. Most often they are the lists that it was asked for before: members come
   * and go, and read the same.
   */
  hashOf(lists: Iterable<readonly string[]>): bigint {
    const all = [...lists].filter(list => list.length > 0)
    const [first] = all
    if (!first) return 0n
    const known = this.#hashes.get(first)
    const isSame = known?.version === this.#version && known.lists.length === all.length
    if (isSame && all.every((list, i) => list === known.lists[i])) return known.hash
    const hash = all.length === 1 && first.length > longList ? this.#hashOfLong(first) : this.#hashOfAll(all)
    this.#hashes.set(first, { version: this.#version, lists: all, hash })
    return hash
  }

  #hashOfLong(list: readonly string[]): bigint {
    const { version, hash } = this.#knownOf(list)
    return version === this.#version ? hash : this.#find(list).hash
  }

  #hashOfAll(lists: readonly (readonly string[])[]): bigint {
    const topics = new Set<Topic>()
    for (const list of lists) for (const name of this.existing(list)) topics.add(this.named(name) as Topic)
    const hash = new TopicsHash(this.rackOf)
    for (const topic of topics) hash.add(topic)
    return hash.value
  }

  /** Prepares a long list in turns, as `preparing` does step by step. */
  async prepare(names: readonly string[], turns: Turns): Promise<void> {
    for (const _ of this.preparing(names)) {
      const pause = turns.pause()
      if (pause) await pause
    }
  }

  *preparing(list: readonly string[]): Generator<void> {
    if (list.length <= longList || this.#known.get(list)?.version === this.#version) return
    const [version, namesVersion] = [this.#version, this.#namesVersion]
    const names: string[] = []
    const ids = list.length > veryLongList ? new Set<string>() : null
    const hash = new TopicsHash(this.rackOf)
    for (const [i, name] of list.entries()) {
      const topic = this.named(name)
      if (topic) {
        names.push(name)
        ids?.add(topic.id)
        hash.add(topic)
      }
      if (i % namesAtOnce === namesAtOnce - 1) yield
    }
    if (namesVersion === this.#namesVersion)
      this.#known.set(list, { namesVersion, version, names, ids, hash: hash.value })
  }

  #knownOf(list: readonly string[]): Known {
    const known = this.#known.get(list)
    return known?.namesVersion === this.#namesVersion ? known : this.#find(list)
  }

  /** Finds all of a long list at once. */
  #find(list: readonly string[]): Known {
    for (const _ of this.preparing(list));
    return this.#known.get(list) as Known
  }

  named(name: string): Topic | undefined {
    return this.metadata.topic(name)
  }

  withId(id: string): Topic | undefined {
    return this.metadata.topicById(id)
  }
}
