import { createServer, type Server, type Socket } from 'node:net'
import type { BrokerConfig } from '../config/broker-config.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { ClientConnection } from './client-connection.js'
import type { Closed, Dispatch } from './dispatch.js'
import { MemoryBudget } from './memory-budget.js'

/** Another program listens where the broker should. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse'
}

export interface ListenOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  readonly nodeId: number
  readonly dispatch: Dispatch
  readonly closed: Closed
  readonly config: BrokerConfig
  readonly logger: Logger
  readonly clock: Clock
}

export interface Listener {
  readonly address: { readonly host: string; readonly port: number }
  /** Answers what is in flight, hangs up on everyone, and frees the port. May be called again. */
  close(): Promise<void>
}

const graceMs = 1000
let lastConnectionId = 0

/** Opens one node's port. Throws PortInUse, or what the operating system says. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { config, logger } = options
  const connections = new Map<ClientConnection, Socket>()
  const perAddress = new Map<string, number>()
  const budget = new MemoryBudget(config.number('ottla.request.memory.max.bytes'))
  const most = Math.min(config.number('max.connections'), config.number('ottla.max.connections'))
  const mostPerAddress = config.number('max.connections.per.ip')

  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    const address = socket.remoteAddress ?? ''
    const fromHere = (perAddress.get(address) ?? 0) + 1
    if (connections.size >= most || fromHere > mostPerAddress) {
      logger.warn(`A connection from ${address} was refused: there are ${connections.size} already.`)
      socket.destroy()
      return
    }
    perAddress.set(address, fromHere)
    lastConnectionId += 1
    const connection = new ClientConnection(socket, {
      id: lastConnectionId,
      nodeId: options.nodeId,
      dispatch: options.dispatch,
      maxFrameBytes: config.number('socket.request.max.bytes'),
      idleMs: Number(config.bigint('connections.max.idle.ms')),
      budget,
      logger,
    })
    connections.set(connection, socket)
    socket.on('close', () => {
      connections.delete(connection)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left > 0) perAddress.set(address, left)
      else perAddress.delete(address)
      options.closed(connection)
    })
  })
  const port = await bind(server, options)
  let closing: Promise<void> | null = null

  return {
    address: { host: shown(options.host), port },
    close() {
      closing ??= close(server, connections, options)
      return closing
    },
  }
}

function bind(server: Server, { host, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new PortInUse(
          `Port ${port} of ${host} is taken by another program: stop that one, or choose another port with --port.`,
        ),
      )
    })
    // A name stands for all of its addresses: '::' listens on IPv6 and IPv4 both.
    server.listen(
      { host: host === '' || host === '0.0.0.0' || host === 'localhost' ? undefined : host, port },
      () => {
        server.removeAllListeners('error')
        const address = server.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      },
    )
  })
}

/** What clients are told to dial: never a wildcard, never an IPv6 literal. */
const shown = (host: string): string =>
  host === '' || host === '0.0.0.0' || host.includes(':') ? 'localhost' : host

function close(server: Server, connections: Map<ClientConnection, Socket>, { clock, nodeId }: ListenOptions) {
  return new Promise<void>(resolve => {
    const timer = `net/close/${nodeId}`
    server.close(() => {
      clock.cancel(timer)
      resolve()
    })
    for (const connection of connections.keys()) connection.close()
    clock.after(graceMs, timer, () => {
      for (const connection of connections.keys()) connection.destroy()
    })
  })
}
