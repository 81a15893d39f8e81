import type { BrokerConfig } from '../config/broker-config.js'
import type { ConfigResource, MetadataChange, PartitionState, Topic } from '../engine/metadata-store.js'
import { isInternal, metadataTopic, settingsInForce } from '../topics/internal-topics.js'
import { NameCollisions } from '../topics/name-collisions.js'
import { resourceTypes } from '../wire/resource-types.js'
import type { MetadataFact } from './metadata-serde.js'
import { QuotaImage } from './quota-image.js'
import { ScramCredentials } from './scram-credentials.js'

const nothing: ReadonlyMap<string, string> = new Map()

/** A topic that facts of one batch speak of. */
interface Touched {
  readonly kind: 'topic-created' | 'topic-changed'
  readonly partitions: PartitionState[]
}

/** All that the metadata journal says, in memory. Only `apply` changes it, for new facts as for replayed ones. */
export class MetadataImage {
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()
  readonly #names = new NameCollisions()
  readonly #overrides = new Map<string, Map<string, string>>()
  readonly #features = new Map<string, number>()
  readonly #brokerEpochs = new Map<number, bigint>()
  readonly quotas = new QuotaImage()
  /** The credentials of users. */
  readonly scram = new ScramCredentials()
  #nextProducerId = 0n

  constructor(readonly config: BrokerConfig) {}

  topics(): Iterable<Topic> {
    return this.#byName.values()
  }

  topic(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  topicById(id: string): Topic | undefined {
    return this.#byId.get(id)
  }

  colliding(name: string): string | undefined {
    return this.#names.colliding(name)
  }

  /** True while no fact has told of anything. */
  get isEmpty(): boolean {
    const known = [this.#byId, this.#overrides, this.#features, this.#brokerEpochs, this.scram]
    return known.every(({ size }) => size === 0) && this.#nextProducerId === 0n
  }

  /** The levels of features, by their names. */
  get features(): ReadonlyMap<string, number> {
    return this.#features
  }

  /** The broker epochs by node, of those nodes that ever were registered. */
  get brokerEpochs(): ReadonlyMap<number, bigint> {
    return this.#brokerEpochs
  }

  /** The first producer id that no block has taken yet. */
  get nextProducerId(): bigint {
    return this.#nextProducerId
  }

  overrides({ kind, name }: ConfigResource): ReadonlyMap<string, string> {
    return this.#overrides.get(`${kind}/${name}`) ?? nothing
  }

  configured(kind: ConfigResource['kind']): string[] {
    const prefix = `${kind}/`
    return [...this.#overrides.keys()]
      .filter(key => key.startsWith(prefix))
      .map(key => key.slice(prefix.length))
  }

  /**
   * Takes in facts that are durable, in their order, and tells what they changed. It tells of a topic once, after all
   * facts about it, since a thousand partitions are as many facts.
   */
  apply(facts: Iterable<MetadataFact>): MetadataChange[] {
    const changes: MetadataChange[] = []
    const touched = new Map<string, Touched>()
    for (const fact of facts) {
      const change = this.#apply(fact, touched)
      if (change) changes.push(change)
    }
    for (const [id, { kind, partitions }] of touched) {
      const topic = { ...(this.#byId.get(id) as Topic), partitions }
      this.#keep(topic)
      changes.push({ kind, topic })
    }
    return changes
  }

  #apply(fact: MetadataFact, touched: Map<string, Touched>): MetadataChange | null {
    switch (fact.kind) {
      case 'topic':
        // Releases before 0.2.0 let clients make one, in the folder of the metadata: it counts for nothing.
        if (fact.value.name === metadataTopic) return null
        this.#created(fact.value.topicId, fact.value.name)
        touched.set(fact.value.topicId, { kind: 'topic-created', partitions: [] })
        return null
      case 'partition': {
        const { topicId, partitionId, leader, leaderEpoch, replicas, isr } = fact.value
        const partitions = this.#partitionsIn(touched, topicId)
        if (partitions) partitions[partitionId] = { index: partitionId, leader, leaderEpoch, replicas, isr }
        return null
      }
      case 'partitionChange': {
        const { topicId, partitionId, leader, replicas, isr } = fact.value
        const partitions = this.#partitionsIn(touched, topicId)
        const old = partitions?.[partitionId]
        if (!partitions || !old) return null
        const moved = leader !== unchangedLeader
        partitions[partitionId] = {
          index: partitionId,
          leader: moved ? leader : old.leader,
          leaderEpoch: old.leaderEpoch + (moved ? 1 : 0),
          replicas: replicas ?? old.replicas,
          isr: isr ?? old.isr,
        }
        return null
      }
      case 'removeTopic':
        touched.delete(fact.value.topicId)
        return this.#removed(fact.value.topicId)
      case 'config':
        return this.#configured(fact.value)
      case 'clientQuota':
        return this.quotas.apply(fact.value)
      case 'producerIds':
        this.#nextProducerId = fact.value.nextProducerId
        return null
      case 'featureLevel':
        this.#features.set(fact.value.name, fact.value.featureLevel)
        return null
      case 'registerBroker':
        this.#brokerEpochs.set(fact.value.brokerId, fact.value.brokerEpoch)
        return null
      case 'scramCredential':
      case 'removeScramCredential':
        this.scram.apply(fact)
        return null
      case 'clearElr':
        return null // all replicas may lead: they share one storage
      case 'beginTransaction':
      case 'endTransaction':
      case 'abortTransaction':
        return null // replay gives only what counts
    }
  }

  #created(id: string, name: string): void {
    const overrides = this.overrides({ kind: 'topic', name })
    const settings = settingsInForce(name, overrides, this.config)
    this.#names.add(name)
    this.#keep({ id, name, internal: isInternal(name), partitions: [], overrides, settings })
  }

  /** The partitions of a topic as the facts so far leave them; undefined where there is no such topic. */
  #partitionsIn(touched: Map<string, Touched>, id: string): PartitionState[] | undefined {
    const known = touched.get(id)?.partitions
    const topic = this.#byId.get(id)
    if (known || !topic) return known
    const partitions = [...topic.partitions]
    touched.set(id, { kind: 'topic-changed', partitions })
    return partitions
  }

  #removed(id: string): MetadataChange | null {
    const topic = this.#byId.get(id)
    if (!topic) return null
    this.#byId.delete(id)
    this.#byName.delete(topic.name)
    this.#names.delete(topic.name)
    this.#overrides.delete(`topic/${topic.name}`)
    return { kind: 'topic-deleted', topic }
  }

  #configured(fact: { resourceType: number; resourceName: string; name: string; value: string | null }) {
    const kind = kindOf(fact.resourceType)
    if (!kind) return null
    const resource: ConfigResource = { kind, name: fact.resourceName }
    const overrides = new Map(this.overrides(resource))
    if (fact.value === null) overrides.delete(fact.name)
    else overrides.set(fact.name, fact.value)
    const key = `${kind}/${fact.resourceName}`
    if (overrides.size > 0) this.#overrides.set(key, overrides)
    else this.#overrides.delete(key)
    const topic = kind === 'topic' ? this.#byName.get(resource.name) : undefined
    if (topic)
      this.#keep({ ...topic, overrides, settings: settingsInForce(topic.name, overrides, this.config) })
    return { kind: 'config-changed' as const, resource }
  }

  /** Brings every topic's effective settings up to date after a broker default has changed. */
  refreshSettings(): void {
    for (const topic of [...this.#byName.values()]) {
      this.#keep({ ...topic, settings: settingsInForce(topic.name, topic.overrides, this.config) })
    }
  }

  #keep(topic: Topic): void {
    this.#byName.set(topic.name, topic)
    this.#byId.set(topic.id, topic)
  }
}

/** The leader in a PartitionChangeRecord where the leader stays (NO_LEADER_CHANGE). */
const unchangedLeader = -2

function kindOf(resourceType: number): ConfigResource['kind'] | null {
  for (const kind of ['topic', 'broker', 'group', 'clientMetrics'] as const) {
    if (resourceTypes[kind] === resourceType) return kind
  }
  return null
}
