import { ConfigurationError } from '../config/configuration-error.js'
import type { WantedTopic } from '../config/wanted-topic.js'
import type { Topic } from '../engine/metadata-store.js'
import type { Background } from '../telemetry/background.js'
import { KafkaError } from '../wire/errors.js'
import { complaintAboutSettings } from './internal-topics.js'
import { createTopic } from './topic-creation.js'
import type { Planner } from './topic-plan.js'

interface Later {
  /** Tells whether the work that was refused may succeed when the disk has room. */
  lacksRoom(thrown: unknown): Promise<boolean>
  readonly background: Background
}

/**
 * Creates the topics that the options ask for. One that exists stays as it is, and one for which the disk has no room
 * is made once it has. Throws ConfigurationError.
 */
export async function createWantedTopics(
  wanted: readonly WantedTopic[],
  planner: Planner,
  { lacksRoom, background }: Later,
): Promise<void> {
  for (const { name, partitions, replication, config: overrides } of wanted) {
    const existing = planner.metadata.topic(name)
    if (existing) {
      sayWhereItDiffers(existing, partitions, planner)
      continue
    }
    const create = () => createTopic({ name, partitions, replicationFactor: replication, overrides }, planner)
    try {
      await create()
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      if (thrown.errorName === 'KAFKA_STORAGE_ERROR' && (await lacksRoom(thrown))) {
        background.run(`The creation of the topic '${name}'`, async () => {
          if (!planner.metadata.topic(name)) await create() // a client may have made it meanwhile
        })
        continue
      }
      throw new ConfigurationError(`The topic '${name}' cannot be created: ${thrown.message}`)
    }
  }
}

function sayWhereItDiffers({ name, partitions }: Topic, wanted: number, { logger }: Planner): void {
  if (wanted === -1 || wanted === partitions.length) return
  logger.warn(`Topic '${name}' exists with ${partitions.length} partitions, and keeps them; not ${wanted}.`)
}

/**
 * Warns of internal topics that were made with other settings than they need, as releases before 0.2.0 let clients do.
 */
export function warnAboutInternalTopics({ metadata, config, logger }: Planner): void {
  for (const { name, overrides } of metadata.topics()) {
    const needed = complaintAboutSettings(name, overrides, config)
    if (needed === null) continue
    logger.warn(
      `Topic '${name}' is not set to ${needed}, and Apache Kafka would lose what is kept in it. Ottla keeps it nevertheless; set it right with kafka-configs --alter --entity-type topics --entity-name ${name} --add-config ${needed}.`,
    )
  }
}
