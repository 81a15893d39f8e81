import type { BrokerConfig } from './broker-config.js'
import { ConfigurationError } from './configuration-error.js'
import { didYouMean } from './did-you-mean.js'
import { advertisedIn, type ListenerAddress, listenersIn, shownAddress } from './listeners.js'
import type { BrokerOptions } from './options.js'
import { listOf } from './validate.js'

/** One node of several, as the options may describe it. */
export interface NodeOptions {
  /** The node's id; by default one more than that of the node before, and `node.id` for the first. */
  readonly id?: number
  /** The port of the node's first listener; by default the one after that of the node before, or a free one. */
  readonly port?: number
  /** The node's rack; `broker.rack` by default. */
  readonly rack?: string
  /**
   * The node's listeners; `advertisedListeners` is what clients are told. Both are written as Kafka's settings of these
   * names.
   */
  readonly listeners?: string
  readonly advertisedListeners?: string
}

/** A node with everything that is known before it listens. */
export interface ResolvedNode {
  readonly id: number
  readonly rack: string | null
  /** The addresses that the node listens on; there is at least one. */
  readonly listeners: readonly ListenerAddress[]
  /** The addresses that clients are told, by the listener's name. */
  readonly advertised: ReadonlyMap<string, ListenerAddress>
}

const mostNodes = 100
const mostPort = 65_535
const keys = ['id', 'port', 'rack', 'listeners', 'advertisedListeners']

/** The nodes that the options ask for, each with its own listeners. `base` are those of the first node. */
export function nodesOf(
  { brokers = 1 }: BrokerOptions,
  config: BrokerConfig,
  base: readonly ListenerAddress[],
): readonly ResolvedNode[] {
  const asked: readonly NodeOptions[] =
    typeof brokers === 'number' ? Array.from({ length: countOf(brokers) }, () => ({})) : brokers
  countOf(asked.length)
  for (const each of asked) check(each)
  const told = advertisedIn(config.list('advertised.listeners'), base)
  const nodes: ResolvedNode[] = []
  for (const [nth, each] of asked.entries()) {
    const id = each.id ?? (nth === 0 ? config.number('node.id') : (nodes[nth - 1] as ResolvedNode).id + 1)
    const rack = each.rack ?? config.optionalString('broker.rack')
    const listeners = ownListeners(each, config, base, nth)
    const own = each.advertisedListeners
    const advertised =
      own === undefined ? shifted(told, base, listeners, nth) : advertisedIn(listOf(own), listeners)
    nodes.push({ id, rack, listeners, advertised })
  }
  refuseTwice(nodes)
  return nodes
}

function countOf(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= mostNodes) return count
  throw new ConfigurationError(`There can be 1 to ${mostNodes} nodes, not ${count}.`)
}

function check(node: NodeOptions): void {
  const wrong = Object.keys(node).find(key => !keys.includes(key))
  if (wrong !== undefined) {
    throw new ConfigurationError(`There is no option '${wrong}' of a node.${didYouMean(wrong, keys)}`)
  }
  const { id, port, ...texts } = node
  for (const [name, value] of Object.entries({ id, port })) {
    if (value === undefined || (Number.isInteger(value) && value >= 0)) continue
    throw new ConfigurationError(
      `The option '${name}' of a node is ${JSON.stringify(value)}: it takes a whole number.`,
    )
  }
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined || typeof value === 'string') continue
    throw new ConfigurationError(`The option '${name}' of a node is ${JSON.stringify(value)}: it takes text.`)
  }
}

/** The listeners of a node that describes none: it listens on the ports after those of the node before. */
function ownListeners(
  { listeners, port }: NodeOptions,
  config: BrokerConfig,
  base: readonly ListenerAddress[],
  nth: number,
): ListenerAddress[] {
  const named = listeners === undefined ? null : listenersIn(listOf(listeners), config)
  if (named?.length === 0)
    throw new ConfigurationError('The listeners of a node are empty: leave them out, or name one.')
  const own = named ?? base.map(each => ({ ...each, port: each.port === 0 ? 0 : each.port + nth }))
  const [first, ...others] = own as [ListenerAddress, ...ListenerAddress[]]
  const all = port === undefined ? own : [{ ...first, port }, ...others]
  for (const { port } of all) {
    if (Number.isInteger(port) && port >= 0 && port <= mostPort) continue
    const whose = nth === 0 ? '' : ` of node ${nth + 1}`
    throw new ConfigurationError(`The port ${port}${whose} is not one from 0 to ${mostPort}.`)
  }
  return all
}

/**
 * Shifts what is advertised for the first node: another node's port is as far from it as the ports that they listen on.
 */
function shifted(
  told: ReadonlyMap<string, ListenerAddress>,
  base: readonly ListenerAddress[],
  listeners: readonly ListenerAddress[],
  nth: number,
): ReadonlyMap<string, ListenerAddress> {
  const portOf = (all: readonly ListenerAddress[], name: string) =>
    all.find(each => each.name === name)?.port ?? 0
  const own = [...told.values()].flatMap(address => {
    const { name, port } = address
    if (!listeners.some(each => each.name === name)) return []
    const [first, here] = [portOf(base, name), portOf(listeners, name)]
    return [{ ...address, port: port + (first > 0 && here > 0 ? here - first : nth) }]
  })
  return new Map(own.map(address => [address.name, address]))
}

function refuseTwice(nodes: readonly ResolvedNode[]): void {
  const ids = nodes.map(({ id }) => id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined) throw new ConfigurationError(`Two nodes have the id ${twice}: give each its own.`)
  const places = new Map<string, number>()
  for (const { id, listeners } of nodes) {
    for (const listener of listeners) {
      const place = `${listener.host}:${listener.port}`
      const other = places.get(place)
      if (other !== undefined && other !== id) {
        throw new ConfigurationError(
          `The nodes ${other} and ${id} would both listen on ${shownAddress(listener)}: give each ports of its own, farther apart.`,
        )
      }
      if (listener.port !== 0) places.set(place, id)
    }
  }
}
