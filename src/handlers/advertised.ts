import type { RequestContext } from './handler.js'

/** Where a client finds a node. */
export interface AdvertisedNode {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** The nodes that are alive, as this client reaches them. */
export function advertisedNodes(context: RequestContext): AdvertisedNode[] {
  return context.broker.cluster
    .nodes()
    .filter(node => node.alive)
    .map(node => advertisedNode(context, node.id))
}

/**
 * Unless advertised.listeners is set, a client is told the address that it dialled itself: it is the
 * one address that certainly works for it. An unknown node has an empty host and port -1.
 */
export function advertisedNode(context: RequestContext, nodeId: number): AdvertisedNode {
  const { cluster, config } = context.broker
  const node = cluster.nodes().find(each => each.id === nodeId)
  if (!node) return { nodeId, host: '', port: -1, rack: null }
  const dialled =
    config.boolean('ottla.advertise.dialled.address') &&
    config.optionalString('advertised.listeners') === null
  const host = dialled ? reachable(context.connection.localAddress) : node.host
  return { nodeId, host, port: node.port, rack: node.rack }
}

/** Clients disagree about IPv6 literals, none about a name. */
const reachable = (address: string): string => (address.includes(':') ? 'localhost' : address)
