import { ConfigurationError } from '../config/configuration-error.js'
import { advertisedOf, type ListenerAddress } from '../config/listeners.js'
import type { NodeAddress } from '../engine/cluster-view.js'
import type { Dispatch } from '../net/dispatch.js'
import { type Listener, listen } from '../net/listener.js'
import type { Assembled } from './assemble.js'

interface OpenPort {
  readonly name: string
  readonly listener: Listener
  /** The host name that it was to listen on, where this machine does not know that name. */
  readonly elsewhere?: string
}

/**
 * The ports of the nodes: one for each listener, those of the second node one above those of the first.
 * A node that comes back has the ports that it had.
 */
export class NodePorts {
  readonly #open = new Map<number, OpenPort[]>()
  /** By node and listener, from the first time on. */
  readonly #known = new Map<string, number>()

  constructor(
    private readonly listeners: readonly ListenerAddress[],
    private readonly parts: Assembled,
    private readonly dispatch: Dispatch,
  ) {}

  /** The nodes that listen, in order. */
  get nodes(): number[] {
    return [...this.#open.keys()].sort((a, b) => a - b)
  }

  /** `host:port` of the first listener of each node that listens. */
  get bootstrap(): string[] {
    return this.nodes.flatMap(nodeId => {
      const address = this.#open.get(nodeId)?.[0]?.listener.address
      return address ? [`${address.host}:${address.port}`] : []
    })
  }

  /** Where a node listens: `NAME://host:port` of each listener. */
  addressesOf(nodeId: number): string[] {
    const ports = this.#open.get(nodeId) ?? []
    return ports.map(({ name, listener: { address } }) => `${name}://${address.host}:${address.port}`)
  }

  /** Opens all ports of a node, or none: throws PortInUse or ConfigurationError. */
  async open(nodeId: number): Promise<void> {
    const ports: OpenPort[] = []
    this.#open.set(nodeId, ports)
    try {
      for (const { name, host, port } of this.listeners) {
        const nth = nodeId - this.#firstNode
        const wanted = this.#known.get(`${nodeId}/${name}`) ?? (port === 0 ? 0 : port + nth)
        ports.push({ name, ...(await this.#listen(nodeId, host, wanted)) })
      }
    } catch (thrown) {
      await this.close(nodeId)
      throw thrown
    }
    for (const { name, listener } of ports) this.#known.set(`${nodeId}/${name}`, listener.address.port)
    this.parts.cluster.locate(nodeId, this.#addresses(nodeId, ports))
  }

  async close(nodeId: number): Promise<void> {
    const ports = this.#open.get(nodeId) ?? []
    this.#open.delete(nodeId)
    await Promise.all(ports.map(({ listener }) => listener.close()))
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.nodes.map(nodeId => this.close(nodeId)))
  }

  get #firstNode(): number {
    return this.parts.config.number('node.id')
  }

  /** The name of a container is often known to its neighbours only: the broker listens everywhere and goes by that name. */
  async #listen(nodeId: number, host: string, port: number): Promise<Omit<OpenPort, 'name'>> {
    const { groups, config, logger, clock, requestMemory: requests, replyMemory: replies } = this.parts
    const closed = (connection: { readonly id: number }) => groups.connectionClosed(connection.id)
    const { dispatch } = this
    const spare = (descriptor: number) => this.parts.log.spare(descriptor)
    const options = { port, nodeId, dispatch, closed, config, requests, replies, logger, clock, spare }
    try {
      return { listener: await listen({ ...options, host }) }
    } catch (thrown) {
      if (!isUnknownName(thrown)) throw inWords(thrown, host, port)
      logger.warn(`The host '${host}' is not known on this machine: all addresses are listened on instead.`)
      return { listener: await listen({ ...options, host: '' }), elsewhere: host }
    }
  }

  /** What is advertised stands for the first node; the others follow on the next ports. */
  #addresses(nodeId: number, ports: readonly OpenPort[]): NodeAddress[] {
    const { config } = this.parts
    const advertised = advertisedOf(config, this.listeners)
    return ports.map(({ name, elsewhere, listener: { address } }) => {
      const told = advertised.get(name)
      const local = { listener: name, localPort: address.port }
      const port = told ? told.port + nodeId - this.#firstNode : address.port
      const host = told?.host || elsewhere
      return { ...local, host: host ?? address.host, port, fixed: host !== undefined }
    })
  }
}

const isUnknownName = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && ['ENOTFOUND', 'EAI_AGAIN'].includes(String(thrown.code))

/** What the operating system says of the address, as one sentence that says what to do. */
function inWords(thrown: unknown, host: string, port: number): unknown {
  if (!(thrown instanceof Error && 'syscall' in thrown)) return thrown
  return new ConfigurationError(
    `There is no listening on ${host || 'every address'}, port ${port} (${thrown.message}): choose another host or port.`,
  )
}
