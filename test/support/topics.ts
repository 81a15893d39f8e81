import { Leases } from '../../src/cluster/leases.js'
import type { ClusterView } from '../../src/engine/cluster-view.js'
import type { ConfigResource, MetadataChange, MetadataStore, Topic } from '../../src/engine/metadata-store.js'

/** The part of a metadata store that coordinators use: topics, leaders, settings of groups, producer ids, changes. */
export class Topics {
  readonly #topics = new Map<string, Topic>()
  readonly #settings = new Map<string, Map<string, string>>()
  readonly #listeners = new Set<(change: MetadataChange) => void>()
  #made = 0
  #producers = 0
  readonly #leases = new Leases(this.store)
  /** The leadership by the assignments of these topics. */
  readonly cluster: Pick<ClusterView, 'lease'> = {
    lease: (nodeId, target) => this.#leases.of(nodeId, target),
  }

  get store(): MetadataStore {
    return this as unknown as MetadataStore
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  topicById(id: string): Topic | undefined {
    return [...this.#topics.values()].find(topic => topic.id === id)
  }

  topics(): Iterable<Topic> {
    return this.#topics.values()
  }

  overrides({ name }: ConfigResource): ReadonlyMap<string, string> {
    return this.#settings.get(name) ?? noSettings
  }

  /** Settings of a group. */
  set(group: string, settings: Readonly<Record<string, string>>): void {
    this.#settings.set(group, new Map(Object.entries(settings)))
  }

  onChange(listener: (change: MetadataChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async nextProducerId(): Promise<bigint> {
    return BigInt(++this.#producers)
  }

  /** One partition for each leader. */
  create(name: string, leaders: readonly number[]): Topic {
    const id = Buffer.alloc(16, ++this.#made).toString('base64url')
    const topic = { id, name, partitions: leaders.map(partition) } as unknown as Topic
    this.#topics.set(name, topic)
    this.#tell({ kind: 'topic-created', topic })
    return topic
  }

  /** Adds partitions, one for each leader. */
  grow(name: string, leaders: readonly number[]): void {
    const topic = this.#topics.get(name)!
    const all = [...topic.partitions.map(({ leader }) => leader), ...leaders]
    const changed = { ...topic, partitions: all.map(partition) } as unknown as Topic
    this.#topics.set(name, changed)
    this.#tell({ kind: 'topic-changed', topic: changed })
  }

  lead(name: string, index: number, leader: number): void {
    const topic = this.#topics.get(name)!
    const partitions = topic.partitions.map(each =>
      each.index === index ? { ...each, leader, leaderEpoch: each.leaderEpoch + 1 } : each,
    )
    const changed = { ...topic, partitions }
    this.#topics.set(name, changed)
    this.#tell({ kind: 'topic-changed', topic: changed })
  }

  /** One partition has its replicas on these nodes now. */
  place(name: string, index: number, replicas: readonly number[]): void {
    const topic = this.#topics.get(name)!
    const partitions = topic.partitions.map(each => (each.index === index ? { ...each, replicas } : each))
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

const noSettings: ReadonlyMap<string, string> = new Map()

const partition = (leader: number, index: number) => ({ index, leader, leaderEpoch: 0, replicas: [leader] })
