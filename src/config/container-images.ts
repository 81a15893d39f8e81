import type { Logger } from '../telemetry/logger.js'
import { ConfigurationError } from './configuration-error.js'
import { readAddresses, shownAddress } from './listeners.js'
import { listOf } from './validate.js'

/**
 * Gives settings the meaning that they have for people's containers, before they are read as Kafka reads them: images
 * of Kafka derive some settings from others, and some ask for what one broker of its own cannot be. Changes `given`.
 * Throws ConfigurationError where to go on would serve something else than was asked for.
 */
export function readAsImagesDo(given: Map<string, string>, logger: Logger): void {
  refuseControllerAlone(given)
  refuseToRunOpen(given)
  warnOfOtherVoters(given, 'controller.quorum.voters', logger)
  warnOfOtherVoters(given, 'controller.quorum.bootstrap.servers', logger)
  takeFormerAddress(given)
  refusePlaceholders(given)
  deriveListeners(given)
}

function refuseControllerAlone(given: ReadonlyMap<string, string>): void {
  const roles = listOf(given.get('process.roles') ?? '')
  if (roles.length === 0 || roles.includes('broker')) return
  throw new ConfigurationError(
    `process.roles is ${roles.join(',')}, a node that no client talks to: Ottla needs no separate controller, leave this node out.`,
  )
}

/**
 * Refuses settings that let in only some clients: a broker that ignored them would let in every client without a word.
 */
function refuseToRunOpen(given: ReadonlyMap<string, string>): void {
  if (given.get('ottla.ignore.security')?.trim().toLowerCase() === 'true') return
  const isAsked = (name: string) => (given.get(name) ?? '').trim() !== ''
  const wantsAcls = isAsked('authorizer.class.name')
  if (!wantsAcls && !isAsked('sasl.enabled.mechanisms')) return
  const asked = wantsAcls ? 'authorizer.class.name' : 'sasl.enabled.mechanisms'
  throw new ConfigurationError(
    `${asked} is set, but neither SASL nor ACLs are served yet, so that everyone could do everything: take it out, or set ottla.ignore.security=true to run open.`,
  )
}

/**
 * Warns that each of several brokers in a compose file is a cluster of its own, whose clients do not see the others.
 */
function warnOfOtherVoters(given: ReadonlyMap<string, string>, name: string, logger: Logger): void {
  const voters = listOf(given.get(name) ?? '')
  if (voters.length < 2) return
  logger.warn(
    `${name} names ${voters.length} nodes, but this broker is a cluster of its own: for several nodes start one broker of ${voters.length} nodes.`,
  )
}

/** Reads the settings that brokers were given before there were several listeners. */
function takeFormerAddress(given: Map<string, string>): void {
  const host = given.get('advertised.host.name')
  const port = given.get('advertised.port')
  if (host === undefined && port === undefined) return
  given.delete('advertised.host.name')
  given.delete('advertised.port')
  if (given.has('advertised.listeners')) return
  given.set('advertised.listeners', `PLAINTEXT://${host ?? ''}:${port ?? '9092'}`)
}

/** Refuses placeholders that one image replaces by the output of a command. */
function refusePlaceholders(given: ReadonlyMap<string, string>): void {
  for (const name of ['listeners', 'advertised.listeners']) {
    const placeholder = given.get(name)?.match(/_\{\w+\}/)?.[0]
    if (placeholder === undefined) continue
    throw new ConfigurationError(
      `${name} has ${placeholder}, which stands for what a command prints: Ottla runs no commands, write the address there.`,
    )
  }
}

/**
 * Derives the listeners where only the advertised addresses are known: the broker listens on all interfaces under their
 * ports.
 */
function deriveListeners(given: Map<string, string>): void {
  const advertised = given.get('advertised.listeners')
  if (advertised === undefined || given.has('listeners')) return
  const addresses = readAddresses(listOf(advertised), 'advertised.listeners')
  given.set('listeners', addresses.map(each => shownAddress({ ...each, host: '0.0.0.0' })).join(','))
}
