import type { BrokerConfig } from '../config/broker-config.js'
import type { ConfigResource, MetadataChange, PartitionState, Topic } from '../engine/metadata.js'
import type { MetadataFact } from './metadata-serde.js'

/** ConfigResource.Type of Kafka. */
export const resourceTypes = { topic: 2, broker: 4, group: 32 } as const

const internalTopics = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])
const nothing: ReadonlyMap<string, string> = new Map()

/** All that the metadata journal says, in memory. `apply` is the only way in, for new facts as for replayed ones. */
export class MetadataImage {
  readonly #byName = new Map<string, Topic>()
  readonly #byId = new Map<string, Topic>()
  readonly #overrides = new Map<string, Map<string, string>>()
  readonly #features = new Map<string, number>()
  readonly #brokerEpochs = new Map<number, bigint>()
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

  /** Names of features and their levels. */
  get features(): ReadonlyMap<string, number> {
    return this.#features
  }

  /** By node, of those that ever were registered. */
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

  /** Takes in a fact that is durable and tells what it changed. */
  apply(fact: MetadataFact): MetadataChange | null {
    switch (fact.kind) {
      case 'topic':
        return this.#created(fact.value.topicId, fact.value.name)
      case 'partition':
        return this.#changed(fact.value.topicId, partitions => {
          const { partitionId, leader, leaderEpoch, replicas, isr } = fact.value
          partitions[partitionId] = { index: partitionId, leader, leaderEpoch, replicas, isr }
        })
      case 'partitionChange':
        return this.#changed(fact.value.topicId, partitions => {
          const { partitionId, leader, replicas, isr } = fact.value
          const old = partitions[partitionId]
          if (!old) return
          const moved = leader !== unchangedLeader
          partitions[partitionId] = {
            index: partitionId,
            leader: moved ? leader : old.leader,
            leaderEpoch: old.leaderEpoch + (moved ? 1 : 0),
            replicas: replicas ?? old.replicas,
            isr: isr ?? old.isr,
          }
        })
      case 'removeTopic':
        return this.#removed(fact.value.topicId)
      case 'config':
        return this.#configured(fact.value)
      case 'producerIds':
        this.#nextProducerId = fact.value.nextProducerId
        return null
      case 'featureLevel':
        this.#features.set(fact.value.name, fact.value.featureLevel)
        return null
      case 'registerBroker':
        this.#brokerEpochs.set(fact.value.brokerId, fact.value.brokerEpoch)
        return null
      case 'beginTransaction':
      case 'endTransaction':
      case 'abortTransaction':
        return null // replay gives only what counts
    }
  }

  #created(id: string, name: string): MetadataChange {
    const overrides = this.overrides({ kind: 'topic', name })
    const settings = this.config.topicSettings(overrides)
    const topic = { id, name, internal: internalTopics.has(name), partitions: [], overrides, settings }
    this.#keep(topic)
    return { kind: 'topic-created', topic }
  }

  #changed(id: string, change: (partitions: PartitionState[]) => void): MetadataChange | null {
    const old = this.#byId.get(id)
    if (!old) return null
    const partitions = [...old.partitions]
    change(partitions)
    const topic = { ...old, partitions }
    this.#keep(topic)
    return { kind: 'topic-changed', topic }
  }

  #removed(id: string): MetadataChange | null {
    const topic = this.#byId.get(id)
    if (!topic) return null
    this.#byId.delete(id)
    this.#byName.delete(topic.name)
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
    if (topic) this.#keep({ ...topic, overrides, settings: this.config.topicSettings(overrides) })
    return { kind: 'config-changed' as const, resource }
  }

  /** A broker default has changed: every topic's effective settings follow. */
  refreshSettings(): void {
    for (const topic of [...this.#byName.values()]) {
      this.#keep({ ...topic, settings: this.config.topicSettings(topic.overrides) })
    }
  }

  #keep(topic: Topic): void {
    this.#byName.set(topic.name, topic)
    this.#byId.set(topic.id, topic)
  }
}

/** What a PartitionChangeRecord says when the leader stays (NO_LEADER_CHANGE). */
const unchangedLeader = -2

function kindOf(resourceType: number): ConfigResource['kind'] | null {
  for (const kind of ['topic', 'broker', 'group'] as const) {
    if (resourceTypes[kind] === resourceType) return kind
  }
  return null
}
