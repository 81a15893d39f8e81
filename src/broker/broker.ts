import type { BrokerOptions } from '../config/options.js'
import { type Resolved, resolve } from '../config/resolve.js'
import { dispatcher } from '../dispatch/dispatch.js'
import type { Failing } from '../telemetry/background.js'
import { holdingProcess } from '../time/holding-process.js'
import { Patience } from '../time/patience.js'
import { createWantedTopics, warnAboutInternalTopics } from '../topics/startup-topics.js'
import { type Assembled, assemble } from './assemble.js'
import { beginEpochs } from './begin-epochs.js'
import { diskInWords } from './disk-in-words.js'
import { type NodeListener, NodePorts } from './node-ports.js'
import { type Surroundings, withoutSurroundings } from './surroundings.js'
import { whenIdle } from './when-idle.js'

/**
 * The time for which a node that stops still answers: its clients are told that others lead, and find them before their
 * connections close. kafkajs loops for ever where it is stopped within seconds of a connection that closed.
 */
const handoverMs = 200

export type BrokerState = 'starting' | 'running' | 'stopping' | 'stopped'

/**
 * A Kafka broker in this process: `await Broker.create()` listens on a free port and keeps its data in memory, `stop()`
 * leaves nothing behind. It takes the same options as the command line.
 */
export class Broker implements AsyncDisposable {
  readonly #parts: Assembled
  readonly #ports: NodePorts
  #state: BrokerState = 'starting'
  #stopping: Promise<void> | null = null
  #forget = () => {}
  /** Nodes stop and start one after the other. */
  #lastMove: Promise<unknown> = Promise.resolve()

  private constructor(
    readonly options: Resolved,
    parts: Assembled,
  ) {
    this.#parts = parts
    this.#ports = new NodePorts(options.nodes, parts, dispatcher(parts), options.keepAlive)
  }

  /** Resolves when every node listens and every topic asked for is there. Throws what is wrong as a named error. */
  static create(options: BrokerOptions & Surroundings = {}): Promise<Broker> {
    return holdingProcess(() => Broker.#create(options))
  }

  static async #create(options: BrokerOptions & Surroundings): Promise<Broker> {
    const [surroundings, rest] = isObject(options) ? withoutSurroundings(options) : [{}, options]
    const resolved = resolve(rest)
    const broker = new Broker(resolved, await assemble(resolved, surroundings))
    try {
      await broker.#start()
    } catch (thrown) {
      await broker.stop()
      throw diskInWords(thrown, broker.#parts.directories)
    }
    return broker
  }

  get state(): BrokerState {
    return this.#state
  }

  /** `host:port` of each node that runs, from its first listener. */
  get brokers(): string[] {
    return this.#ports.bootstrap
  }

  /** The text of `brokers`, separated by commas, as most clients want it. */
  get bootstrapServers(): string {
    return this.brokers.join(',')
  }

  /** Each listener of the nodes that run, with what its clients are told. */
  get listeners(): readonly NodeListener[] {
    return this.#ports.listeners
  }

  get clusterId(): string {
    return this.#parts.cluster.clusterId
  }

  /**
   * The work without a caller that failed the last time and is tried again, the longest-failing first; empty when all
   * is well.
   */
  get failing(): readonly Failing[] {
    return this.#parts.background.failing
  }

  /**
   * Closes a node's ports: its leaderships and groups move to the others, and clients that are connected hear that
   * first, unless `controlled.shutdown.enable` is off. Throws RangeError when the node does not run.
   */
  stopNode(id: number): Promise<void> {
    return this.#inTurn(async () => {
      const { cluster, config, clock, metadata, parkedFetches, logger } = this.#parts
      if (!this.#ports.nodes.includes(id)) {
        throw rangeError(`node ${id} does not run; running are ${this.#ports.nodes.join(', ')}`)
      }
      await cluster.stopped(id, metadata)
      parkedFetches.hurryAll()
      if (config.boolean('controlled.shutdown.enable') && this.#ports.hasClients(id)) {
        await new Promise<void>(resolve => clock.after(handoverMs, `stop-node/${id}`, resolve))
      }
      await this.#ports.close(id)
      logger.info(`Node ${id} has stopped: stopNode(${id}) was called.`)
    })
  }

  /**
   * Opens a stopped node's ports again, the same as before. Throws RangeError, or PortInUse when another program has
   * taken one.
   */
  startNode(id: number): Promise<void> {
    return this.#inTurn(async () => {
      const { cluster, metadata } = this.#parts
      const ids = cluster.nodes().map(node => node.id)
      if (!ids.includes(id)) throw rangeError(`there is no node ${id}; there are ${ids.join(', ')}`)
      if (this.#ports.nodes.includes(id)) throw rangeError(`node ${id} already runs`)
      await this.#open(id)
      await cluster.started(id, metadata)
    })
  }

  /** Answers parked requests, closes every connection and brings the data to disk. It may be called again. */
  stop(): Promise<void> {
    this.#stopping ??= holdingProcess(() => this.#stop())
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #start(): Promise<void> {
    const { cluster, metadata, transactions, logger, background } = this.#parts
    await beginEpochs(this.#parts)
    warnAboutInternalTopics(this.#parts)
    transactions.start()
    const lacksRoom = (thrown: unknown) => metadata.lacksRoom(thrown)
    await createWantedTopics(this.options.topics, this.#parts, { lacksRoom, background })
    const leaderless = [...metadata.topics()].filter(topic => topic.partitions.some(each => each.leader < 0))
    for (const { name } of leaderless) {
      logger.warn(
        `Topic '${name}' lies on nodes that are not there: start with as many brokers as it was made with.`,
      )
    }
    for (const { id } of cluster.nodes()) await this.#open(id)
    this.#state = 'running'
    if (!this.options.keepAlive) this.#forget = whenIdle(() => this.#stopForgotten())
    logger.info(`The broker is running: cluster ${this.clusterId}, data ${dataIn(this.options.dataDirs)}.`)
  }

  #stopForgotten(): Promise<void> {
    const { logger } = this.#parts
    logger.info('Nothing else keeps the process alive: the broker stops.')
    return this.stop().catch(thrown => logger.error('The broker could not be stopped.', thrown))
  }

  async #open(id: number): Promise<void> {
    await this.#ports.open(id)
    this.#parts.logger.info(
      `Node ${id} listens on ${this.#ports.listeners
        .filter(({ node }) => node === id)
        .map(addressOf)
        .join(', ')}.`,
    )
  }

  #inTurn(move: () => Promise<void>): Promise<void> {
    const result = this.#lastMove.then(() => {
      if (this.#state !== 'running') throw rangeError(`the broker is ${this.#state}`)
      return holdingProcess(move)
    })
    this.#lastMove = result.catch(() => undefined)
    return result
  }

  async #stop(): Promise<void> {
    const hasRun = this.#state === 'running'
    this.#state = 'stopping'
    const { groups, transactions, parkedFetches, log, clock, metadata, config, background, logger } =
      this.#parts
    if (hasRun) logger.info('The broker is stopping.')
    this.#forget()
    const patience = new Patience(clock)
    const patienceMs = config.number('ottla.stop.patience.ms')
    await patience.wait(this.#lastMove, patienceMs)
    background.stop()
    transactions.stop()
    groups.stop()
    parkedFetches.hurryAll()
    await this.#ports.closeAll()
    await patience.wait(metadata.close(), patienceMs)
    await log.close(metadata.brokerEpoch(config.number('node.id')))
    clock.stop?.()
    this.#state = 'stopped'
    if (hasRun) logger.info('The broker has stopped.')
  }
}

/** The error for a call that makes no sense at the moment; it has a code as all errors have. */
const rangeError = (message: string): RangeError =>
  Object.assign(new RangeError(message), { code: 'OTTLA_NODE' })

const dataIn = (directories: readonly string[]): string =>
  directories.length === 0 ? 'in memory' : `in ${directories.join(', ')}`

const addressOf = ({ name, host, port }: NodeListener): string => `${name}://${host}:${port}`

const isObject = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && !Array.isArray(options)
