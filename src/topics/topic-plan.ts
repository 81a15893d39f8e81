import type { BrokerConfig } from '../config/broker-config.js'
import { checkOverrides } from '../config/resource-rules.js'
import type { ClusterView } from '../engine/cluster-view.js'
import type { MetadataStore, NewTopic } from '../engine/metadata-store.js'
import type { Logger } from '../telemetry/logger.js'
import { KafkaError } from '../wire/errors.js'
import { defaultsOf, metadataTopic, replicationSettingOf } from './internal-topics.js'
import { checkReplicas, livingNodes, placementOrder, placeReplicas } from './placement.js'
import { checkTopicName } from './topic-name.js'

/** A topic as it is asked for; -1 stands for the broker's default. */
export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly assignments?: ReadonlyMap<number, readonly number[]>
  readonly overrides?: ReadonlyMap<string, string>
}

export interface Planner {
  readonly config: BrokerConfig
  readonly cluster: ClusterView
  readonly metadata: MetadataStore
  readonly logger: Logger
  /** Gives a number in [0, 1). */
  readonly random: () => number
  /** Called with the partitions of each topic that can be made. What it throws is the reason why it is not made. */
  readonly charge?: (partitions: number) => void
}

/**
 * Checks a wanted topic in the order of Kafka's ReplicationControlManager and places its replicas. Internal topics are
 * made as their coordinators need them, for every caller, as far as nothing else is asked for.
 */
export function planTopic(asked: WantedTopic, planner: Planner): NewTopic {
  const { metadata, config } = planner
  const { name } = asked
  if (name === metadataTopic) {
    throw new KafkaError('INVALID_REQUEST', `Creation of internal topic ${metadataTopic} is prohibited.`)
  }
  checkTopicName(name)
  if (metadata.topic(name)) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
  const other = metadata.colliding(name)
  if (other !== undefined) {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic '${name}' collides with existing topic: ${other}`)
  }
  const wanted = completed(asked, config)
  const overrides = wanted.overrides ?? new Map()
  checkOverrides('topic', overrides, config)
  const assignments = wanted.assignments?.size
    ? explicit(wanted, wanted.assignments, planner)
    : placed(wanted, planner)
  return { name, assignments, overrides }
}

/** The wanted topic, with an internal topic's defaults for what it leaves out. */
function completed(wanted: WantedTopic, config: BrokerConfig): WantedTopic {
  const defaults = defaultsOf(wanted.name, config)
  if (!defaults) return wanted
  const overrides = new Map([...defaults.overrides, ...(wanted.overrides ?? [])])
  if (wanted.assignments?.size) return { ...wanted, overrides }
  const { partitions } = wanted
  return { ...wanted, overrides, partitions: partitions === -1 ? defaults.partitions : partitions }
}

function placed(wanted: WantedTopic, planner: Planner): number[][] {
  const { config } = planner
  const factor = replicationFactor(wanted, planner)
  const partitions = wanted.partitions === -1 ? config.number('num.partitions') : wanted.partitions
  if (partitions <= 0) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      'Number of partitions was set to an invalid non-positive value.',
    )
  }
  const nodeIds = placementOrder(planner.cluster)
  return placeReplicas(nodeIds, partitions, factor, Math.floor(planner.random() * nodeIds.length))
}

/** The replication factor that is asked for; where the broker may clamp it, no more than there are nodes. */
export function replicationFactor(
  wanted: { readonly name: string; readonly replicationFactor: number },
  { config, cluster, logger }: Planner,
): number {
  const factor =
    wanted.replicationFactor === -1
      ? config.number(replicationSettingOf(wanted.name))
      : wanted.replicationFactor
  const nodes = livingNodes(cluster).length
  if (factor <= 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (factor <= nodes) return factor
  if (config.boolean('ottla.replication.factor.clamp')) {
    // A factor that is left at its default was asked for by no one, so nothing is said.
    if (wanted.replicationFactor !== -1 || config.isSet(replicationSettingOf(wanted.name))) {
      logger.info(
        `Topic '${wanted.name}' gets ${nodes} of the ${factor} replicas asked for: there are no more nodes.`,
      )
    }
    return nodes
  }
  throw new KafkaError(
    'INVALID_REPLICATION_FACTOR',
    `Unable to replicate the partition ${factor} time(s): The target replication factor of ${factor} cannot be reached because only ${nodes} broker(s) are registered.`,
  )
}

function explicit(
  wanted: WantedTopic,
  assignments: ReadonlyMap<number, readonly number[]>,
  { cluster }: Planner,
): (readonly number[])[] {
  if (wanted.replicationFactor !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but replication factor was not set to -1.',
    )
  }
  if (wanted.partitions !== -1) {
    throw new KafkaError(
      'INVALID_REQUEST',
      'A manual partition assignment was specified, but numPartitions was not set to -1.',
    )
  }
  return Array.from({ length: assignments.size }, (_, index) => {
    const replicas = assignments.get(index)
    if (!replicas) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        'partitions should be a consecutive 0-based integer sequence',
      )
    }
    checkReplicas(replicas, assignments.get(0)?.length ?? 0, cluster)
    return replicas
  })
}
