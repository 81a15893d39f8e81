import type { BrokerConfig } from '../config/broker-config.js'
import { checkOverrides } from '../config/resource-rules.js'
import type { ClusterView } from '../engine/cluster-view.js'
import type { MetadataStore, NewTopic } from '../engine/metadata.js'
import type { Logger } from '../telemetry/logger.js'
import { KafkaError } from '../wire/errors.js'
import { placeReplicas } from './placement.js'
import { checkTopicName, collides } from './topic-name.js'

/** A topic as it is asked for; -1 stands for the broker's default. */
export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly assignments?: ReadonlyMap<number, readonly number[]>
  readonly overrides?: ReadonlyMap<string, string>
  /** Names of the same request: Kafka looks for collisions with other topics only. */
  readonly siblings?: ReadonlySet<string>
}

export interface Planner {
  readonly config: BrokerConfig
  readonly cluster: ClusterView
  readonly metadata: MetadataStore
  readonly logger: Logger
  /** A number in [0, 1). */
  readonly random: () => number
}

/** Checks a wanted topic in the order of Kafka's ReplicationControlManager and places its replicas. */
export function planTopic(wanted: WantedTopic, planner: Planner): NewTopic {
  checkTopicName(wanted.name)
  const { metadata, config } = planner
  if (metadata.topic(wanted.name)) {
    throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${wanted.name}' already exists.`)
  }
  const other = collides(
    wanted.name,
    [...metadata.topics()].map(topic => topic.name).filter(name => !wanted.siblings?.has(name)),
  )
  if (other !== null) {
    throw new KafkaError(
      'INVALID_TOPIC_EXCEPTION',
      `Topic '${wanted.name}' collides with existing topic: ${other}`,
    )
  }
  const overrides = wanted.overrides ?? new Map()
  checkOverrides('topic', overrides, config)
  const assignments = wanted.assignments?.size
    ? explicit(wanted, wanted.assignments, planner)
    : placed(wanted, planner)
  return { name: wanted.name, assignments, overrides }
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
  const nodeIds = living(planner.cluster)
  return placeReplicas(nodeIds, partitions, factor, Math.floor(planner.random() * nodeIds.length))
}

/** The replication factor asked for, no more than there are nodes where the broker may clamp it. */
export function replicationFactor(
  wanted: { readonly name: string; readonly replicationFactor: number },
  { config, cluster, logger }: Planner,
): number {
  const factor =
    wanted.replicationFactor === -1 ? config.number('default.replication.factor') : wanted.replicationFactor
  const nodes = living(cluster).length
  if (factor <= 0) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (factor <= nodes) return factor
  if (config.boolean('ottla.replication.factor.clamp')) {
    logger.info(
      `Topic '${wanted.name}' gets ${nodes} of the ${factor} replicas asked for: there are no more nodes.`,
    )
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

/** What every assignment of replicas must be: nodes that exist, each once, as many as elsewhere. */
export function checkReplicas(replicas: readonly number[], factor: number, cluster: ClusterView): void {
  const wrong = (message: string) => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', message)
  }
  if (replicas.length === 0) wrong('The manual partition assignment includes an empty replica list.')
  const known = new Set(cluster.nodes().map(node => node.id))
  for (const [i, id] of replicas.entries()) {
    if (!known.has(id)) {
      wrong(`The manual partition assignment includes broker ${id}, but no such broker is registered.`)
    }
    if (replicas.indexOf(id) !== i) {
      wrong(`The manual partition assignment includes the broker ${id} more than once.`)
    }
  }
  if (factor > 0 && replicas.length !== factor) {
    wrong(
      `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${factor} replica(s).`,
    )
  }
}

const living = (cluster: ClusterView): number[] =>
  cluster
    .nodes()
    .filter(node => node.alive)
    .map(node => node.id)
