import { createServer, type Server, type Socket } from 'node:net'
import type { BrokerConfig } from '../config/broker-config.js'
import type { Dispatch } from '../dispatch/dispatch.js'
import type { Connection } from '../handlers/shared/connection.js'
import { BufferPool } from '../memory/buffer-pool.js'
import type { ReplyBudget } from '../memory/reply-budget.js'
import type { RequestBudget } from '../memory/request-budget.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { bind } from './bind.js'
import { ClientConnection } from './client-connection.js'
import { Complaints } from './complaints.js'
import { Frames } from './frames.js'
import { IdleConnections } from './idle-connections.js'
import { plainAddress } from './plain-address.js'
import { sharingReads } from './shared-reads.js'
import { TurnedAway } from './turned-away.js'

export { PortInUse } from './bind.js'

export interface ListenOptions {
  readonly host: string
  /** The port to listen on; 0 for any free port. */
  readonly port: number
  readonly nodeId: number
  readonly dispatch: Dispatch
  /** Called once for every connection that is gone. */
  readonly closed: (connection: Connection) => void
  readonly config: Pick<BrokerConfig, 'number'>
  /** The two budgets are shared by all ports of a broker. */
  readonly requests: RequestBudget
  readonly replies: ReplyBudget
  /** True where the port and its connections keep the process alive. */
  readonly keepAlive: boolean
  readonly logger: Logger
  readonly clock: Clock
  /**
   * Called with each descriptor that a connection has got, so that files are closed where few are left; false where the
   * connection had better be closed.
   */
  readonly spare?: (descriptor: number) => boolean
  /**
   * Called with the address of each connection. Returns how long it is to be kept waiting before it is closed, for it
   * came too soon after others; 0 where it may be served.
   */
  readonly connects?: (address: string) => number
}

export interface Listener {
  readonly address: { readonly host: string; readonly port: number }
  readonly hasClients: boolean
  /** Answers the requests in flight, hangs up on all clients, and frees the port. It may be called again. */
  close(): Promise<void>
}

const graceMs = 1000
const keptForFramesBytes = 8 * 1024 * 1024
let lastConnectionId = 0

/** Opens one node's port. Throws PortInUse, or the error of the operating system. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const connections = new Connections(options)
  const accept = () =>
    createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, socket =>
      connections.accept(socket),
    )
  const { servers, port } = await bind(accept, options.host, options.port)
  for (const server of servers) {
    if (!options.keepAlive) server.unref()
    server.on('error', error => connections.acceptFailed(`Port ${port}: ${error.message}`))
  }
  let closing: Promise<void> | null = null
  return {
    address: { host: shown(options.host), port },
    get hasClients() {
      return connections.count > 0
    },
    close() {
      closing ??= close(servers, connections, options)
      return closing
    },
  }
}

/**
 * Returns the socket's descriptor; -1 where the operating system has none. Node does not document it, but it is the
 * same from 20 to 25.
 */
const descriptorOf = (socket: Socket): number =>
  (socket as Socket & { _handle?: { fd?: number } })._handle?.fd ?? -1

/** Returns the host that clients are told to dial: never a wildcard, never an IPv6 literal. */
const shown = (host: string): string =>
  host === '' || host === '0.0.0.0' || host.includes(':') ? 'localhost' : host

async function close(
  servers: readonly Server[],
  connections: Connections,
  { clock, nodeId }: ListenOptions,
): Promise<void> {
  const timer = `net/close/${nodeId}`
  const closed = servers.map(server => new Promise<void>(resolve => server.close(() => resolve())))
  connections.turnedAway.close()
  for (const connection of connections) connection.close()
  clock.after(graceMs, timer, () => {
    for (const connection of connections) connection.destroy()
  })
  await Promise.all(closed)
  clock.cancel(timer)
}

/** The connections of one port, within their limits. */
class Connections {
  readonly #open = new Set<ClientConnection>()
  readonly #perAddress = new Map<string, number>()
  readonly #idle: IdleConnections
  readonly #complaints: Complaints
  readonly #pool = new BufferPool(keptForFramesBytes)
  readonly turnedAway: TurnedAway

  constructor(private readonly options: ListenOptions) {
    const { config, clock, logger } = options
    this.#idle = new IdleConnections(config.number('connections.max.idle.ms'), clock)
    this.#complaints = new Complaints(logger, clock)
    this.turnedAway = new TurnedAway(config.number('ottla.max.throttled.connections'), clock)
  }

  get count(): number {
    return this.#open.size
  }

  [Symbol.iterator](): Iterator<ClientConnection> {
    return [...this.#open].values()
  }

  /** Notes that a connection could not be accepted: a client is at work, or descriptors are short. */
  acceptFailed(message: string): void {
    this.options.spare?.(Number.MAX_SAFE_INTEGER)
    this.#complaints.warn(message)
  }

  accept(accepted: Socket): void {
    const address = plainAddress(accepted.remoteAddress)
    const excess = this.#excess(address, accepted)
    if (excess !== null) {
      this.#complaints.warn(`A connection of ${address} was refused: ${excess}.`)
      accepted.destroy()
      return
    }
    const waitMs = this.options.connects?.(address) ?? 0
    if (waitMs > 0) {
      this.options.logger.debug(`A connection of ${address} is closed in ${waitMs} ms: it is over its quota.`)
      this.turnedAway.add(accepted, waitMs)
      return
    }
    const frames = new Frames(this.options.config.number('socket.request.max.bytes'), this.#pool)
    const socket = sharingReads(accepted, () => frames.room)
    if (!this.options.keepAlive) socket.unref()
    const connection = this.#serve(socket, frames)
    this.#open.add(connection)
    const { logger, nodeId } = this.options
    logger.debug(
      `Connection ${connection.id} of ${address}:${accepted.remotePort} to node ${nodeId} is open.`,
    )
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1)
    socket.on('close', () => {
      this.#open.delete(connection)
      logger.debug(`Connection ${connection.id} of ${address} is closed.`)
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left > 0) this.#perAddress.set(address, left)
      else this.#perAddress.delete(address)
      this.options.closed(connection)
    })
  }

  /** Names the limit that one more connection would exceed; null where there is none. */
  #excess(address: string, accepted: Socket): string | null {
    const { config, spare } = this.options
    if (spare?.(descriptorOf(accepted)) === false)
      return 'the process may have no more descriptors (ulimit -n)'
    const most = Math.min(config.number('max.connections'), config.number('ottla.max.connections'))
    if (this.#open.size >= most) return `there are ${most} already, the most that are allowed`
    const mostPerAddress = config.number('max.connections.per.ip')
    if ((this.#perAddress.get(address) ?? 0) < mostPerAddress) return null
    return `it has ${mostPerAddress} already, the most that max.connections.per.ip allows`
  }

  #serve(socket: Socket, frames: Frames): ClientConnection {
    const { nodeId, dispatch, logger, requests, replies, clock } = this.options
    lastConnectionId += 1
    return new ClientConnection(socket, {
      id: lastConnectionId,
      nodeId,
      dispatch,
      frames,
      idle: this.#idle,
      budget: requests,
      replies,
      pool: this.#pool,
      complaints: this.#complaints,
      logger,
      clock,
    })
  }
}
