import type { TopicSettings } from '../config/topic-settings.js'
import type { KafkaError } from '../wire/errors.js'
import type { ClientQuota, ClientQuotaChange, QuotaEntity } from './client-quotas.js'
import type { FeatureName } from './features.js'
import type { ScramStore } from './scram-store.js'

/** The state of one partition. All ids are node ids; a leader of -1 means that none is alive. */
export interface PartitionState {
  readonly index: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface Topic {
  readonly id: string
  readonly name: string
  readonly internal: boolean
  readonly partitions: readonly PartitionState[]
  /** The settings that were made for this topic itself, as text. */
  readonly overrides: ReadonlyMap<string, string>
  /** The effective settings, recomputed when an override or a broker default changes. */
  readonly settings: TopicSettings
}

export interface NewTopic {
  readonly name: string
  /** The replicas of each partition, the preferred leader first. */
  readonly assignments: readonly (readonly number[])[]
  readonly overrides: ReadonlyMap<string, string>
}

export type ConfigResource =
  | { readonly kind: 'topic'; readonly name: string }
  /** The empty name stands for the default of all brokers. */
  | { readonly kind: 'broker'; readonly name: string }
  | { readonly kind: 'group'; readonly name: string }
  /** A subscription to metrics of clients (KIP-714). */
  | { readonly kind: 'clientMetrics'; readonly name: string }

/** The change of one partition; fields that are absent stay as they are. */
export interface PartitionChange {
  readonly topicId: string
  readonly index: number
  readonly leader?: number
  readonly replicas?: readonly number[]
  readonly isr?: readonly number[]
}

/** Partitions that a topic gets besides those that it has. */
export interface PartitionAddition {
  readonly topicId: string
  /** Gives the replicas of each new partition. */
  readonly plan: (topic: Topic) => NewTopic['assignments']
}

/** A value of null takes the setting back to its default. */
export type ConfigChanges = ReadonlyMap<string, string | null>

/** The change of a resource's settings. */
export interface ConfigChange {
  readonly resource: ConfigResource
  readonly plan: () => ConfigChanges
}

export type MetadataChange =
  | { readonly kind: 'topic-created' | 'topic-changed' | 'topic-deleted'; readonly topic: Topic }
  | { readonly kind: 'config-changed'; readonly resource: ConfigResource }
  | {
      readonly kind: 'quota-changed'
      readonly entity: QuotaEntity
      readonly name: string
      /** The quota from now on; null where it was taken back. */
      readonly value: number | null
    }

/**
 * Holds topics, placements and configuration. A change is durable before its promise resolves, and visible to every
 * later request. Changes are made one after the other: each is planned in its turn, so that it is checked against what
 * the one before left behind. An error that a plan throws reaches the caller, and nothing has changed.
 *
 * Several things that change together are kept in few appends, each as a whole, and each is answered for itself: with
 * null, or with the reason why it has not changed; then a plan throws KafkaErrors only. A change that waits for longer
 * than request.timeout.ms is REQUEST_TIMED_OUT: it may still be made if it had begun.
 */
export interface MetadataStore {
  topics(): Iterable<Topic>
  topic(name: string): Topic | undefined
  topicById(id: string): Topic | undefined
  /** Returns another topic whose name differs from this one only in dots and underscores. */
  colliding(name: string): string | undefined

  /** Makes the topics of the plan, which may take its time; each topic is answered for itself. */
  createTopics(plan: () => Promise<readonly NewTopic[]>): Promise<readonly (Topic | KafkaError)[]>
  deleteTopics(ids: readonly string[]): Promise<readonly (KafkaError | null)[]>
  addPartitions(additions: readonly PartitionAddition[]): Promise<readonly (KafkaError | null)[]>
  /**
   * Moves leaders or replicas; the leader epoch rises when the leader changes. The broker itself waits for ever
   * (Infinity).
   */
  changePartitions(plan: () => readonly PartitionChange[], timeoutMs?: number): Promise<void>
  changeEachPartition(plans: readonly (() => PartitionChange)[]): Promise<readonly (KafkaError | null)[]>

  overrides(resource: ConfigResource): ReadonlyMap<string, string>
  /** Names the resources of a kind that have overrides. */
  configured(kind: ConfigResource['kind']): Iterable<string>
  changeConfigs(changes: readonly ConfigChange[]): Promise<readonly (KafkaError | null)[]>

  /** Gives the entities that have quotas. */
  clientQuotas(): Iterable<ClientQuota>
  changeClientQuotas(changes: readonly ClientQuotaChange[]): Promise<readonly (KafkaError | null)[]>
  readonly scram: ScramStore

  /** Returns the level of a feature that the metadata tell; 0 where it is off. */
  featureLevel(name: FeatureName): number
  /** Sets levels of features, all together. */
  changeFeatures(plan: () => ReadonlyMap<FeatureName, number>): Promise<void>

  /**
   * Gives a producer id that was never given out before, also across restarts; throws COORDINATOR_LOAD_IN_PROGRESS
   * while it has none to give.
   */
  nextProducerId(): Promise<bigint>

  onChange(listener: (change: MetadataChange) => void): () => void
}
