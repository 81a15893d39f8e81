import { EmbeddedMetadata } from './cluster/embedded-metadata.js'
import { identify } from './cluster/identity.js'
import { SimulatedNodes } from './cluster/simulated-nodes.js'
import { planTopic } from './cluster/topic-plan.js'
import type { BrokerConfig } from './config/broker-config.js'
import { type BrokerOptions, type Resolved, resolve } from './config/options.js'
import type { Topic } from './engine/metadata.js'
import { FetchSessions } from './fetch/fetch-sessions.js'
import { ParkedFetches } from './fetch/parked-fetches.js'
import { GroupCoordinator } from './groups/group-coordinator.js'
import { dispatcher } from './handlers/dispatch.js'
import type { Parts } from './handlers/parts.js'
import { diskFiles } from './log/disk-files.js'
import { FileLogEngine } from './log/file-log-engine.js'
import { MemoryFiles } from './log/memory-files.js'
import type { Dispatch } from './net/dispatch.js'
import { type Listener, listen } from './net/listener.js'
import { SystemClock } from './time/clock.js'
import { newId } from './wire/new-id.js'

export type BrokerState = 'starting' | 'running' | 'stopping' | 'stopped'

const memoryDirectory = '/memory'
const offsetsTopic = '__consumer_offsets'

/**
 * A Kafka broker in this process: `await Broker.create()` listens on a free port and keeps its data
 * in memory, `stop()` leaves nothing behind. The same options as the command line.
 */
export class Broker implements AsyncDisposable {
  #state: BrokerState = 'starting'
  readonly #listeners = new Map<number, Listener>()
  #stopping: Promise<void> | null = null

  private constructor(
    readonly options: Resolved,
    private readonly parts: Parts & {
      readonly cluster: SimulatedNodes
      readonly log: FileLogEngine
      readonly clock: SystemClock
      readonly metadata: EmbeddedMetadata
    },
    private readonly dispatch: Dispatch,
  ) {}

  /** Resolves when every node listens and every topic asked for is there. Throws what is wrong as a named error. */
  static async create(options: BrokerOptions = {}): Promise<Broker> {
    const resolved = resolve(options)
    const clock = new SystemClock()
    const parts = await assemble(resolved, clock)
    const broker = new Broker(resolved, parts, dispatcher(parts))
    try {
      await broker.#start()
    } catch (thrown) {
      await broker.stop()
      throw thrown
    }
    return broker
  }

  get state(): BrokerState {
    return this.#state
  }

  /** `host:port` of each node that runs. */
  get brokers(): string[] {
    return [...this.#listeners.values()].map(({ address }) => `${address.host}:${address.port}`)
  }

  /** The same as text, separated by commas, as most clients want it. */
  get bootstrapServers(): string {
    return this.brokers.join(',')
  }

  get clusterId(): string {
    return this.parts.cluster.clusterId
  }

  /** Closes a node's port: its leaderships and groups move to the others. */
  async stopNode(id: number): Promise<void> {
    const listener = this.#listeners.get(id)
    if (!listener)
      throw new RangeError(`node ${id} does not run; running are ${[...this.#listeners.keys()].join(', ')}`)
    const { cluster, metadata, groups, parkedFetches } = this.parts
    this.#listeners.delete(id)
    const led = partitionsLedBy(metadata.topic(offsetsTopic), id)
    await cluster.stopped(id, metadata)
    groups.resign(led)
    parkedFetches.hurryAll()
    await listener.close()
  }

  /** Opens a stopped node's port again, the same as before. */
  async startNode(id: number): Promise<void> {
    if (this.#listeners.has(id)) throw new RangeError(`node ${id} already runs`)
    const { cluster, metadata } = this.parts
    const node = cluster.nodes().find(each => each.id === id)
    if (!node) throw new RangeError(`there is no node ${id}`)
    await this.#listen(id, node.port)
    await cluster.started(id, metadata)
  }

  /** Answers what is parked, closes every connection, brings the data to disk. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #start(): Promise<void> {
    const { cluster, metadata, config } = this.parts
    await cluster.settle(metadata)
    for (const topic of this.options.topics) {
      if (metadata.topic(topic.name)) continue
      const overrides = new Map(topic.cleanupPolicy ? [['cleanup.policy', topic.cleanupPolicy]] : [])
      const wanted = {
        name: topic.name,
        partitions: topic.partitions,
        replicationFactor: topic.replication,
        overrides,
      }
      await metadata.createTopic(planTopic(wanted, this.parts))
    }
    for (const [i, { id }] of cluster.nodes().entries()) {
      await this.#listen(id, this.options.port === 0 ? 0 : this.options.port + i)
    }
    this.parts.logger.debug(`listening as nodes ${config.number('node.id')} and on: ${this.bootstrapServers}`)
    this.#state = 'running'
  }

  async #listen(nodeId: number, port: number): Promise<void> {
    const { cluster, groups, config, logger, clock } = this.parts
    const listener = await listen({
      host: this.options.host,
      port,
      nodeId,
      dispatch: this.dispatch,
      closed: connection => groups.connectionClosed(connection.id),
      config,
      logger,
      clock,
    })
    this.#listeners.set(nodeId, listener)
    const advertised = advertisedAddress(config, nodeId - config.number('node.id'))
    cluster.locate(
      nodeId,
      advertised?.host ?? listener.address.host,
      advertised?.port ?? listener.address.port,
    )
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping'
    const { groups, parkedFetches, log, clock } = this.parts
    groups.stop()
    parkedFetches.hurryAll()
    await Promise.all([...this.#listeners.values()].map(listener => listener.close()))
    this.#listeners.clear()
    await log.close()
    clock.stop()
    this.#state = 'stopped'
  }
}

/** Builds every part once and ties them together. */
async function assemble(options: Resolved, clock: SystemClock) {
  const { config, logger } = options
  const inMemory = options.dataDir === null
  const files = inMemory ? new MemoryFiles(config.number('ottla.memory.max.bytes')) : diskFiles
  const directory = options.dataDir ?? memoryDirectory
  const metadata = new EmbeddedMetadata(config, clock, newId)
  const random = Math.random
  const topics = metadata.lookup
  const log = await FileLogEngine.open({ files, directory, clock, logger, topics, config, random })
  const { clusterId } = identify(files, directory, config.number('node.id'))
  await metadata.load(log)
  log.openRest()
  const cluster = new SimulatedNodes(clusterId, nodesOf(options))
  const planner = { config, cluster, metadata, logger, random }
  const groups = new GroupCoordinator({
    metadata,
    log,
    clock,
    config,
    logger,
    createInternalTopic: () => createOffsetsTopic(planner),
  })
  const parkedFetches = new ParkedFetches()
  groups.onMemberLeft((clientId, clientHost) => parkedFetches.hurry(clientId, clientHost))
  metadata.onChange(change => {
    if (change.kind !== 'topic-deleted') return
    const { id, name, partitions, settings } = change.topic
    log.deleteTopic({ id, name, partitionCount: partitions.length, settings })
    groups.topicDeleted(change.topic)
  })
  const fetchSessions = new FetchSessions(config.number('max.incremental.fetch.session.cache.slots'), clock)
  return { ...planner, log, groups, fetchSessions, parkedFetches, clock }
}

function nodesOf({ config, nodes, host }: Resolved) {
  const first = config.number('node.id')
  return Array.from({ length: nodes }, (_, i) => ({
    id: first + i,
    host,
    port: 0,
    rack: config.optionalString('broker.rack'),
  }))
}

async function createOffsetsTopic(
  planner: Parameters<typeof planTopic>[1] & { metadata: EmbeddedMetadata },
): Promise<Topic> {
  const { config, metadata } = planner
  const plan = planTopic(
    {
      name: offsetsTopic,
      partitions: config.number('offsets.topic.num.partitions'),
      replicationFactor: config.number('offsets.topic.replication.factor'),
      overrides: new Map([
        ['cleanup.policy', 'compact'],
        ['compression.type', 'producer'],
        ['segment.bytes', String(config.number('offsets.topic.segment.bytes'))],
      ]),
    },
    planner,
  )
  return metadata.createTopic(plan)
}

const partitionsLedBy = (topic: Topic | undefined, id: number): number[] =>
  (topic?.partitions ?? []).filter(partition => partition.leader === id).map(partition => partition.index)

/** `advertised.listeners` names the first node's address; the others follow on the next ports. */
function advertisedAddress(config: BrokerConfig, nth: number): { host: string; port: number } | null {
  const [first] = config.optionalString('advertised.listeners')?.split(',') ?? []
  const match = first?.match(/^\w+:\/\/(.*):(\d+)$/)
  if (!match) return null
  return { host: match[1] as string, port: Number(match[2]) + nth }
}
