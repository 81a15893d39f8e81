import type { RequestContext } from './handler.js'

/** The address under which a client finds a node. */
export interface AdvertisedNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Returns the nodes that are alive, as this client reaches them. */
export function advertisedNodes(context: RequestContext): AdvertisedNode[] {
  return context.broker.cluster
    .nodes()
    .filter(node => node.alive)
    .map(node => advertisedNode(context, node.id))
}

/**
 * Returns a node as this client reaches it: at its address of the listener that the client dialled. Unless
 * advertised.listeners is set, the host is the one that the client dialled itself: it is the one that certainly works
 * for it. An unknown node has an empty host and port -1.
 */
export function advertisedNode(context: RequestContext, nodeId: number): AdvertisedNode {
  const { broker, connection } = context
  const nodes = broker.cluster.nodes()
  const node = nodes.find(each => each.id === nodeId)
  const dialled = nodes
    .find(each => each.id === connection.nodeId)
    ?.addresses.find(each => each.localPort === connection.localPort)
  const address = node?.addresses.find(each => each.listener === dialled?.listener)
  if (!node || !address) return { nodeId, host: '', port: -1, rack: null }
  const asDialled = !address.fixed && broker.config.boolean('ottla.advertise.dialled.address')
  const host = asDialled ? reachable(connection.localAddress) : address.host
  return { nodeId, host, port: address.port, rack: node.rack }
}

/** Returns an address that all clients read alike: they disagree about IPv6 literals, but not about a name. */
const reachable = (address: string): string => (address.includes(':') ? 'localhost' : address)
