import type { BrokerConfig } from '../config/broker-config.js'
import type { TopicSettings } from '../config/topic-settings.js'
import type { MetadataStore } from '../engine/metadata-store.js'

/** The topic that keeps groups and their committed offsets. */
export const offsetsTopic = '__consumer_offsets'
/** The topic that keeps transactions. */
export const transactionsTopic = '__transaction_state'
/** The topic in which Kafka keeps the state of share groups. */
const shareStateTopic = '__share_group_state'
/**
 * The journal that keeps the cluster's metadata. For clients there is no such topic, and none may ever be made: its
 * folder would be that of the metadata themselves.
 */
export const metadataTopic = '__cluster_metadata'

/**
 * The way an internal topic is made where nothing else is asked for, and the settings that it needs to keep its
 * records.
 */
interface InternalTopic {
  /** The broker settings that give the number of partitions and of replicas. */
  readonly partitions: string
  readonly replicationFactor: string
  readonly overrides: (config: BrokerConfig) => readonly (readonly [name: string, value: string])[]
  readonly needs: Partial<TopicSettings>
}

const onlyCompacted: Partial<TopicSettings> = { cleanupPolicy: { compact: true, delete: false } }
const neverDeleted: Partial<TopicSettings> = { retentionMs: -1n, retentionBytes: -1n }

/** The internal topics as Kafka's coordinators make them (AutoTopicCreationManager). */
const internalTopics: ReadonlyMap<string, InternalTopic> = new Map([
  [
    offsetsTopic,
    {
      partitions: 'offsets.topic.num.partitions',
      replicationFactor: 'offsets.topic.replication.factor',
      overrides: config => [
        ['cleanup.policy', 'compact'],
        ['compression.type', 'producer'],
        ['segment.bytes', config.string('offsets.topic.segment.bytes')],
      ],
      needs: onlyCompacted,
    },
  ],
  [
    transactionsTopic,
    {
      partitions: 'transaction.state.log.num.partitions',
      replicationFactor: 'transaction.state.log.replication.factor',
      overrides: config => [
        ['cleanup.policy', 'compact'],
        ['compression.type', 'uncompressed'],
        ['min.insync.replicas', config.string('transaction.state.log.min.isr')],
        ['segment.bytes', config.string('transaction.state.log.segment.bytes')],
        ['unclean.leader.election.enable', 'false'],
      ],
      needs: onlyCompacted,
    },
  ],
  [
    shareStateTopic,
    {
      partitions: 'share.coordinator.state.topic.num.partitions',
      replicationFactor: 'share.coordinator.state.topic.replication.factor',
      overrides: config => [
        ['cleanup.policy', 'delete'],
        ['compression.type', 'producer'],
        ['min.insync.replicas', config.string('share.coordinator.state.topic.min.isr')],
        ['retention.ms', '-1'],
        ['segment.bytes', config.string('share.coordinator.state.topic.segment.bytes')],
      ],
      needs: neverDeleted,
    },
  ],
])

export const isInternal = (name: string): boolean => internalTopics.has(name)

/** The setting for the number of replicas that a topic gets where nothing else is asked for. */
export const replicationSettingOf = (name: string): string =>
  internalTopics.get(name)?.replicationFactor ?? 'default.replication.factor'

/** The partitions and settings of an internal topic where nothing else is asked for; undefined for any other topic. */
export function defaultsOf(name: string, config: BrokerConfig) {
  const topic = internalTopics.get(name)
  if (!topic) return undefined
  return {
    partitions: config.number(topic.partitions),
    overrides: new Map(topic.overrides(config)),
  }
}

/**
 * The settings by which a topic is kept. No setting takes an internal topic's records away before their time: committed
 * offsets would go with them.
 */
export function settingsInForce(
  name: string,
  overrides: ReadonlyMap<string, string>,
  config: BrokerConfig,
): TopicSettings {
  const settings = config.topicSettings(overrides)
  const topic = internalTopics.get(name)
  return topic ? { ...settings, ...topic.needs } : settings
}

/** The setting that an internal topic needs and does not have, as `name=value`; null where all is well. */
export function complaintAboutSettings(
  name: string,
  overrides: ReadonlyMap<string, string>,
  config: BrokerConfig,
): string | null {
  if (!internalTopics.has(name)) return null
  const [asked, kept] = [config.topicSettings(overrides), settingsInForce(name, overrides, config)]
  const [wanted, needed] = [asked.cleanupPolicy, kept.cleanupPolicy]
  if (wanted.compact !== needed.compact || wanted.delete !== needed.delete) return 'cleanup.policy=compact'
  if (asked.retentionMs !== kept.retentionMs) return 'retention.ms=-1'
  return asked.retentionBytes === kept.retentionBytes ? null : 'retention.bytes=-1'
}

const noOverrides: ReadonlyMap<string, string> = new Map()

/** The number of bytes that a batch may have in the topic as it is, or as it will be made. */
export function maxBatchBytesOf(
  name: string,
  { config, metadata }: { readonly config: BrokerConfig; readonly metadata: MetadataStore },
): number {
  const settings = metadata.topic(name)?.settings ?? config.topicSettings(noOverrides)
  return settings.maxMessageBytes
}
