import { ClientInstances } from '../client-metrics/client-instances.js'
import { EmbeddedMetadata } from '../cluster/embedded-metadata.js'
import { identify } from '../cluster/identity.js'
import { SimulatedNodes } from '../cluster/simulated-nodes.js'
import type { Resolved } from '../config/resolve.js'
import type { MetadataChange } from '../engine/metadata-store.js'
import { FetchSessions } from '../fetch/fetch-sessions.js'
import { ParkedFetches } from '../fetch/parked-fetches.js'
import { GroupCoordinator } from '../groups/group-coordinator.js'
import type { Parts } from '../handlers/shared/parts.js'
import { descriptorLimit, diskFiles } from '../log/disk-files.js'
import { FileLogEngine } from '../log/file-log-engine.js'
import { MemoryFiles } from '../log/memory-files.js'
import { ReplyBudget } from '../memory/reply-budget.js'
import { RequestBudget } from '../memory/request-budget.js'
import { hostNames } from '../net/host-names.js'
import { localPresence } from '../net/local-presence.js'
import { chance } from '../random/chance.js'
import { idsByChance, randomIds } from '../random/ids.js'
import { Inflater } from '../records/inflater.js'
import { Quotas } from '../security/quotas/quotas.js'
import { Background } from '../telemetry/background.js'
import { type Clock, SystemClock } from '../time/clock.js'
import { stopwatch } from '../time/stopwatch.js'
import { offsetsTopic, transactionsTopic } from '../topics/internal-topics.js'
import { topicOrNew } from '../topics/topic-creation.js'
import { Markers } from '../transactions/markers.js'
import { TransactionCoordinator } from '../transactions/transaction-coordinator.js'
import { diskInWords } from './disk-in-words.js'
import type { Surroundings } from './surroundings.js'

/** The parts as the handlers know them, and those that only the broker itself may use. */
export interface Assembled extends Parts {
  /** The folders in which the data lie. */
  readonly directories: readonly string[]
  readonly cluster: SimulatedNodes
  readonly log: FileLogEngine
  readonly metadata: EmbeddedMetadata
  readonly clock: BrokerClock
}

const memoryDirectory = '/memory'
/** The folder for data in given files, where the options name none. */
const givenDirectory = '/data'

/** The broker stops its own clock, and never one that it was given. */
type BrokerClock = Clock & { stop?(): void }

/** Builds every part once and ties them together. A start that fails gives the data directory back. */
export async function assemble(options: Resolved, surroundings: Surroundings = {}): Promise<Assembled> {
  const { config, logger } = options
  const { files, presence, directories } = storageOf(options, surroundings)
  const reportTimer = (timer: string, thrown: unknown) =>
    logger.error(`What the timer ${timer} does failed; this is a bug of Ottla.`, thrown)
  const clock: BrokerClock = surroundings.clock ?? new SystemClock(reportTimer)
  const background = new Background({ clock, logger })
  const requestMemory = new RequestBudget(config.number('ottla.request.memory.max.bytes'), clock)
  const replyMemory = new ReplyBudget(
    {
      maxBytes: config.number('ottla.reply.memory.max.bytes'),
      patienceMs: config.number('ottla.reply.patience.ms'),
    },
    clock,
  )
  const random = surroundings.random ?? chance
  const ids = surroundings.random ? idsByChance(surroundings.random) : randomIds
  const { newId } = ids
  const metadata = new EmbeddedMetadata({ config, clock, logger, background, newId })
  const inflater = new Inflater({
    mostBatchBytes: config.number('ottla.inflated.batch.max.bytes'),
    memoryBytes: config.number('ottla.inflate.memory.max.bytes'),
  })
  const topics = metadata.lookup
  let log: FileLogEngine | null = null
  try {
    const limit = files === diskFiles ? descriptorLimit() : null
    const storage = {
      files,
      presence,
      directories,
      clock,
      logger,
      background,
      inflater,
      topics,
      config,
      random,
      descriptorLimit: limit,
    }
    const engine = await FileLogEngine.open(storage)
    log = engine
    const identity = identify(log.files, engine.workingDirectories, {
      nodeId: config.number('node.id'),
      logger,
      newId,
      orLater: (...what) => engine.orLater(...what),
      failed: thrown => engine.failed(thrown),
      configured: directories,
      missing: () => engine.lacksDirectory(),
    })
    await metadata.load(log, { files: log.files, directory: directories[0] as string, identity })
    log.startsWith(metadata.topics())
    log.openRest()
    const cluster = new SimulatedNodes(identity.clusterId, options.nodes, metadata)
    return tied({
      directories,
      config,
      cluster,
      metadata,
      logger,
      random,
      ids,
      log,
      clock,
      background,
      inflater,
      requestMemory,
      replyMemory,
    })
  } catch (thrown) {
    await metadata.close()
    await log?.close()
    clock.stop?.()
    throw diskInWords(thrown, directories)
  }
}

function storageOf({ config, dataDirs }: Resolved, { files }: Surroundings) {
  if (files)
    return { files, presence: undefined, directories: dataDirs.length > 0 ? dataDirs : [givenDirectory] }
  if (dataDirs.length > 0) return { files: diskFiles, presence: localPresence, directories: dataDirs }
  const memory = new MemoryFiles(config.number('ottla.memory.max.bytes'))
  return { files: memory, presence: undefined, directories: [memoryDirectory] }
}

type Base = Omit<
  Assembled,
  'quotas' | 'groups' | 'transactions' | 'markers' | 'fetchSessions' | 'parkedFetches' | 'clientMetrics'
>

/** Makes the parts that stand on the log, and connects them with each other. */
function tied(base: Base): Assembled {
  const { config, metadata, log, clock, cluster, background } = base
  const groups = new GroupCoordinator({
    ...base,
    ...base.ids,
    createInternalTopic: () => topicOrNew(byDefault(offsetsTopic), base),
    rackOf: nodeId => cluster.nodes().find(({ id }) => id === nodeId)?.rack ?? null,
  })
  const markers = new Markers({
    ...base,
    offsetsTopic,
    endOffsets: (partition, ended) => groups.endTransaction(partition, ended),
  })
  const transactions = new TransactionCoordinator({
    ...base,
    markers,
    createInternalTopic: () => topicOrNew(byDefault(transactionsTopic), base),
  })
  const quotas = new Quotas({ ...base, hosts: hostNames, stopwatch })
  const parkedFetches = new ParkedFetches()
  groups.onMemberLeft((clientId, clientHost) => parkedFetches.hurry(clientId, clientHost))
  metadata.onChange(change => {
    const said = saidOf(change)
    if (said !== null) base.logger.info(said)
    if (change.kind !== 'topic-deleted') return
    const { id, name, partitions, settings } = change.topic
    const deleted = { id, name, partitionCount: partitions.length, settings }
    background.run(`delete-topic/${id}`, () => log.deleteTopic(deleted))
    groups.topicDeleted()
  })
  const fetchSessions = new FetchSessions(config.number('max.incremental.fetch.session.cache.slots'), clock)
  const clientMetrics = new ClientInstances(base)
  return { ...base, quotas, groups, transactions, markers, fetchSessions, parkedFetches, clientMetrics }
}

function saidOf(change: MetadataChange): string | null {
  if (change.kind === 'topic-deleted') return `Topic '${change.topic.name}' is deleted.`
  if (change.kind !== 'topic-created') return null
  const { name, partitions } = change.topic
  return `Topic '${name}' is created, with ${partitions.length} partitions and ${partitions[0]?.replicas.length} replicas.`
}

const byDefault = (name: string) => ({ name, partitions: -1, replicationFactor: -1 })
