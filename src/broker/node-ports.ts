import { ConfigurationError } from '../config/configuration-error.js'
import type { ListenerAddress } from '../config/listeners.js'
import type { ResolvedNode } from '../config/nodes.js'
import type { Dispatch } from '../dispatch/dispatch.js'
import type { NodeAddress } from '../engine/cluster-view.js'
import { type Listener, listen } from '../net/listener.js'
import type { Assembled } from './assemble.js'

/** A port of a node, and the address that the clients that dial it are told. */
export interface NodeListener {
  readonly node: number
  readonly rack: string | null
  /** The listener's name: `PLAINTEXT`, or as the settings name it. */
  readonly name: string
  /** The host that is listened on; empty stands for every address of the machine. */
  readonly host: string
  readonly port: number
  /** The host that clients are told; null stands for the host that they dialled. */
  readonly advertisedHost: string | null
  readonly advertisedPort: number
}

interface OpenPort {
  readonly name: string
  /** The host that was asked for; empty stands for every address. */
  readonly host: string
  readonly listener: Listener
  /** The host name that it was to listen on, where this machine does not know that name. */
  readonly elsewhere?: string
}

/** The ports of the nodes, one for each listener. A node that comes back has the ports that it had. */
export class NodePorts {
  readonly #open = new Map<number, OpenPort[]>()
  /** The port of each node's listener, kept by both from the first time on that it is open. */
  readonly #known = new Map<string, number>()

  constructor(
    private readonly all: readonly ResolvedNode[],
    private readonly parts: Assembled,
    private readonly dispatch: Dispatch,
    private readonly keepAlive: boolean,
  ) {}

  /** The ids of the nodes that listen, in order. */
  get nodes(): number[] {
    return this.all.map(({ id }) => id).filter(id => this.#open.has(id))
  }

  /** `host:port` of the first listener of each node that listens. */
  get bootstrap(): string[] {
    return this.nodes.flatMap(nodeId => {
      const address = this.#open.get(nodeId)?.[0]?.listener.address
      return address ? [`${address.host}:${address.port}`] : []
    })
  }

  get listeners(): NodeListener[] {
    const asDialled = this.parts.config.boolean('ottla.advertise.dialled.address')
    return this.all.flatMap(({ id, rack }) => {
      const ports = this.#open.get(id) ?? []
      const told = this.#addresses(id, ports)
      return ports.map(({ name, host, listener }, i) => {
        const { host: advertised, port: advertisedPort, fixed } = told[i] as NodeAddress
        const advertisedHost = asDialled && !fixed ? null : advertised
        return { node: id, rack, name, host, port: listener.address.port, advertisedHost, advertisedPort }
      })
    })
  }

  /** Opens all ports of a node, or none: throws PortInUse or ConfigurationError. */
  async open(nodeId: number): Promise<void> {
    const ports: OpenPort[] = []
    this.#open.set(nodeId, ports)
    try {
      for (const wanted of this.#node(nodeId).listeners) {
        const port = this.#known.get(`${nodeId}/${wanted.name}`) ?? wanted.port
        ports.push({ name: wanted.name, ...(await this.#listen(nodeId, { ...wanted, port })) })
      }
    } catch (thrown) {
      await this.close(nodeId)
      throw thrown
    }
    for (const { name, listener } of ports) this.#known.set(`${nodeId}/${name}`, listener.address.port)
    this.parts.cluster.locate(nodeId, this.#addresses(nodeId, ports))
  }

  /** Tells whether a client is connected to a node. */
  hasClients(nodeId: number): boolean {
    return this.#open.get(nodeId)?.some(({ listener }) => listener.hasClients) ?? false
  }

  async close(nodeId: number): Promise<void> {
    const ports = this.#open.get(nodeId) ?? []
    this.#open.delete(nodeId)
    await Promise.all(ports.map(({ listener }) => listener.close()))
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.nodes.map(nodeId => this.close(nodeId)))
  }

  #node(nodeId: number): ResolvedNode {
    return this.all.find(({ id }) => id === nodeId) as ResolvedNode
  }

  /**
   * Listens everywhere where this machine does not know the host, and goes by that name: often only the neighbours of a
   * container know its name.
   */
  async #listen(nodeId: number, { host, port, isOwn }: ListenerAddress): Promise<Omit<OpenPort, 'name'>> {
    const {
      groups,
      clientMetrics,
      config,
      logger,
      clock,
      requestMemory: requests,
      replyMemory: replies,
    } = this.parts
    const closed = ({ id }: { readonly id: number }) => {
      groups.connectionClosed(id)
      clientMetrics.connectionClosed(id)
    }
    const { dispatch, keepAlive } = this
    const spare = (descriptor: number) => this.parts.log.spare(descriptor)
    const connects = (address: string) => this.parts.quotas.connects(nodeId, address)
    const options = {
      port,
      nodeId,
      dispatch,
      closed,
      config,
      requests,
      replies,
      keepAlive,
      logger,
      clock,
      spare,
      connects,
    }
    try {
      const everywhere = host === '' || host === '0.0.0.0'
      return { host: everywhere ? '' : host, listener: await listen({ ...options, host }) }
    } catch (thrown) {
      if (!isUnknownName(thrown) || isOwn) throw inWords(thrown, host, port)
      logger.warn(`The host '${host}' is not known on this machine: all addresses are listened on instead.`)
      return { host: '', listener: await listen({ ...options, host: '' }), elsewhere: host }
    }
  }

  #addresses(nodeId: number, ports: readonly OpenPort[]): NodeAddress[] {
    const { advertised } = this.#node(nodeId)
    return ports.map(({ name, elsewhere, listener: { address } }) => {
      const told = advertised.get(name)
      const local = { listener: name, localPort: address.port }
      const port = told?.port ?? address.port
      const host = told?.host || elsewhere
      return { ...local, host: host ?? address.host, port, fixed: host !== undefined }
    })
  }
}

const isUnknownName = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && ['ENOTFOUND', 'EAI_AGAIN'].includes(String(thrown.code))

/** Puts what the operating system says of the address into one sentence that says what to do. */
function inWords(thrown: unknown, host: string, port: number): unknown {
  if (!(thrown instanceof Error && 'syscall' in thrown)) return thrown
  return new ConfigurationError(
    `There is no listening on ${host || 'every address'}, port ${port} (${thrown.message}): choose another host or port.`,
  )
}
