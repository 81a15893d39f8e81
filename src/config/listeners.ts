import type { BrokerConfig } from './broker-config.js'
import { ConfigurationError } from './configuration-error.js'

/** An address on which a broker listens, or which clients are told. An empty host stands for every address. */
export interface ListenerAddress {
  readonly name: string
  readonly host: string
  readonly port: number
  /**
   * True where an option asked for the host: a name that this machine does not know is a mistake then, not a
   * container's name.
   */
  readonly isOwn?: boolean
}

/** An address as the settings write it. */
export const shownAddress = ({ name, host, port }: ListenerAddress): string =>
  `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`

/** The listeners for clients that the setting `listeners` names. Throws ConfigurationError. */
export const listenersOf = (config: BrokerConfig): ListenerAddress[] =>
  listenersIn(config.list('listeners'), config)

/**
 * The listeners for clients among these. Only plain connections are served, so one that promises
 * more is refused; one for controllers is left out. Throws ConfigurationError.
 */
export function listenersIn(texts: readonly string[], config: BrokerConfig): ListenerAddress[] {
  const protocols = protocolsOf(config)
  const controllers = new Set([...config.list('controller.listener.names'), 'CONTROLLER'])
  const listeners = readAddresses(texts, 'listeners').filter(({ name }) => !controllers.has(name))
  for (const { name } of listeners) {
    const protocol = protocols.get(name)
    if (protocol === 'PLAINTEXT') continue
    if (protocol === undefined) {
      throw new ConfigurationError(
        `The listener '${name}' has no protocol: add ${name}:PLAINTEXT to listener.security.protocol.map.`,
      )
    }
    throw new ConfigurationError(
      `The listener '${name}' asks for ${protocol}, but TLS and SASL are not served yet: use PLAINTEXT.`,
    )
  }
  refuseTwice(listeners.map(({ name }) => name).filter(name => name !== ''))
  refuseTwice(listeners.map(({ port }) => String(port)).filter(port => port !== '0'))
  return listeners
}

/**
 * The addresses that clients of a listener are told, by the listener's name. An empty host stands for the address that
 * the client dialled. Throws ConfigurationError.
 */
export function advertisedIn(
  texts: readonly string[],
  listeners: readonly ListenerAddress[],
): ReadonlyMap<string, ListenerAddress> {
  const setting = 'advertised.listeners'
  const advertised = readAddresses(texts, setting)
  for (const { name, host } of advertised) {
    if (!listeners.some(listener => listener.name === name)) {
      throw new ConfigurationError(
        `${setting} names '${name}', which is none of the listeners: ${listeners.map(each => each.name).join(', ')}.`,
      )
    }
    if (host === '0.0.0.0') {
      throw new ConfigurationError(
        `${setting} must say an address that clients can dial for '${name}', not '${host}'.`,
      )
    }
  }
  return new Map(advertised.map(address => [address.name, address]))
}

/** Reads each text as `NAME://host:port`. Throws ConfigurationError. */
export function readAddresses(texts: readonly string[], setting: string): ListenerAddress[] {
  return texts.map(text => {
    const match = text.match(/^([\w.-]+):\/\/(?:\[([\da-fA-F:.%]+)\]|([^[\]:]*)):(\d{1,5})$/)
    const port = Number(match?.[4])
    if (!match || port > 65_535) {
      throw new ConfigurationError(
        `'${text}' in ${setting} cannot be read: write it as PLAINTEXT://host:port.`,
      )
    }
    return { name: (match[1] as string).toUpperCase(), host: match[2] ?? match[3] ?? '', port }
  })
}

function protocolsOf(config: BrokerConfig): Map<string, string> {
  const setting = 'listener.security.protocol.map'
  return new Map(
    config.list(setting).map(pair => {
      const [name, protocol, ...more] = pair.split(':').map(part => part.trim().toUpperCase())
      if (!name || !protocol || more.length > 0) {
        throw new ConfigurationError(`'${pair}' in ${setting} cannot be read: write it as NAME:PLAINTEXT.`)
      }
      return [name, protocol]
    }),
  )
}

function refuseTwice(parts: readonly string[]): void {
  const twice = parts.find((part, i) => parts.indexOf(part) !== i)
  if (twice === undefined) return
  throw new ConfigurationError(
    `Each of the listeners needs a name and a port of its own; '${twice}' is there twice.`,
  )
}
