import type { EmbeddedMetadata } from '../cluster/embedded-metadata.js'
import { type Planner, planTopic } from '../cluster/topic-plan.js'
import { ConfigurationError } from '../config/configuration-error.js'
import type { WantedTopic } from '../config/wanted-topic.js'
import type { Topic } from '../engine/metadata.js'
import { KafkaError } from '../wire/errors.js'

export const offsetsTopic = '__consumer_offsets'
export const transactionsTopic = '__transaction_state'

type Creator = Planner & { readonly metadata: EmbeddedMetadata }

/** Creates the topics that the options ask for. One that exists stays as it is. Throws ConfigurationError. */
export async function createWantedTopics(wanted: readonly WantedTopic[], creator: Creator): Promise<void> {
  for (const { name, partitions, replication, config: overrides } of wanted) {
    const existing = creator.metadata.topic(name)
    if (existing) {
      sayWhereItDiffers(existing, partitions, creator)
      continue
    }
    try {
      const wanted = { name, partitions, replicationFactor: replication, overrides }
      await creator.metadata.createTopic(() => planTopic(wanted, creator))
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      throw new ConfigurationError(`The topic '${name}' cannot be created: ${thrown.message}`)
    }
  }
}

function sayWhereItDiffers({ name, partitions }: Topic, wanted: number, { logger }: Creator): void {
  if (wanted === -1 || wanted === partitions.length) return
  logger.warn(`Topic '${name}' exists with ${partitions.length} partitions, and keeps them; not ${wanted}.`)
}

/** Creates `__consumer_offsets` with its settings. */
export function createOffsetsTopic(creator: Creator): Promise<Topic> {
  const { config, metadata } = creator
  const wanted = {
    name: offsetsTopic,
    partitions: config.number('offsets.topic.num.partitions'),
    replicationFactor: config.number('offsets.topic.replication.factor'),
    overrides: new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', config.string('offsets.topic.segment.bytes')],
    ]),
  }
  return metadata.createTopic(() => planTopic(wanted, creator))
}

/** Creates `__transaction_state` with its settings. */
export function createTransactionsTopic(creator: Creator): Promise<Topic> {
  const { config, metadata } = creator
  const wanted = {
    name: transactionsTopic,
    partitions: config.number('transaction.state.log.num.partitions'),
    replicationFactor: config.number('transaction.state.log.replication.factor'),
    overrides: new Map([
      ['cleanup.policy', 'compact'],
      ['compression.type', 'uncompressed'],
      ['min.insync.replicas', config.string('transaction.state.log.min.isr')],
      ['segment.bytes', config.string('transaction.state.log.segment.bytes')],
      ['unclean.leader.election.enable', 'false'],
    ]),
  }
  return metadata.createTopic(() => planTopic(wanted, creator))
}
