import { BrokerLogger } from '../telemetry/broker-logger.js'
import { isLogLevel, type LevelledLogger, type Logger } from '../telemetry/logger.js'
import { KafkaError } from '../wire/errors.js'
import { BrokerConfig, hasEffect, isSetting, settingsOf } from './broker-config.js'
import { checkOptions } from './check-options.js'
import { ConfigurationError } from './configuration-error.js'
import { readAsImagesDo } from './container-images.js'
import { didYouMean } from './did-you-mean.js'
import { type Environment, readEnvironment } from './environment.js'
import { advertisedOf, type ListenerAddress, listenersOf } from './listeners.js'
import { loadProperties } from './load.js'
import type { BrokerOptions } from './options.js'
import { type WantedTopic, wantedTopics } from './wanted-topic.js'

/** The options with everything that the file, the environment and the defaults add. */
export interface Resolved {
  readonly config: BrokerConfig
  /** Of the first node; the next ones listen on the next ports. There is at least one. */
  readonly listeners: readonly ListenerAddress[]
  /** The first holds the cluster's metadata. None: in memory. */
  readonly dataDirs: readonly string[]
  readonly nodes: number
  readonly topics: readonly WantedTopic[]
  readonly logger: LevelledLogger
}

const mostNodes = 100

/** Options over environment over file over defaults. Throws ConfigurationError. */
export function resolve(options: BrokerOptions): Resolved {
  checkOptions(options)
  const file = options.config === undefined ? new Map<string, string>() : loadProperties(options.config)
  const environment = readEnvironment(options.env ?? {})
  const set = Object.entries(options.set ?? {}).map(([name, value]) => [name, String(value)] as const)
  refuseTwoAddresses(options)
  const given = new Map([...file, ...environment.settings, ...set])
  const logger = loggerOf(options, given)
  readAsImagesDo(given, logger)
  sayWhatHasNoEffect(given, environment, logger)
  given.set('node.id', nodeIdOf(given))
  const parity = options.parity ?? false
  const asked = configOf(given, parity)
  const nodes = nodesOf(options)
  const listeners = addressesOf(options, asked, given.has('listeners'), nodes)
  const dataDirs = dataDirsOf(options, asked, given)
  given.set('listeners', listeners.map(shown).join(','))
  if (dataDirs.length > 0) given.set('log.dirs', dataDirs.join())
  if (options.durability === 'fsync') given.set('log.flush.interval.messages', '1')
  const topics = wantedTopics([...environment.topics, ...(options.topics ?? [])])
  return { config: configOf(given, parity), listeners, dataDirs, nodes, topics, logger }
}

/** The level that a setting names counts from the first line on; whether there is such a level is checked later. */
function loggerOf({ logger }: BrokerOptions, given: ReadonlyMap<string, string>): LevelledLogger {
  const level = given.get('ottla.log.level')?.trim() ?? ''
  return new BrokerLogger(logger ?? null, isLogLevel(level) ? level : undefined)
}

/** A port or host among the options wins over `listeners` of the environment or a file, but not over its like. */
function refuseTwoAddresses({ port, host, set = {} }: BrokerOptions): void {
  if (!('listeners' in set) || (port === undefined && host === undefined)) return
  throw new ConfigurationError(
    `Both the ${port === undefined ? 'host' : 'port'} and the setting listeners say where to listen: leave one of them out.`,
  )
}

function sayWhatHasNoEffect(
  given: ReadonlyMap<string, string>,
  { ignored }: Environment,
  logger: Logger,
): void {
  const names = [...given.keys()]
  const unknown = names.filter(name => !isSetting('broker', name))
  const idle = names.filter(name => isSetting('broker', name) && !hasEffect('broker', name))
  const known = [...settingsOf('broker')].map(({ name }) => name)
  if (unknown.length > 0) {
    const list = unknown.map(name => `'${name}'${didYouMean(name, known, 'in brackets')}`).join(', ')
    logger.warn(`There are no such settings, and they have no effect: ${list}.`)
  }
  const all = [...idle, ...ignored]
  if (all.length > 0) logger.info(`These settings have no effect here: ${all.join(', ')}.`)
}

/** `broker.id` is what `node.id` was called before KRaft. */
function nodeIdOf(given: ReadonlyMap<string, string>): string {
  const [node, broker] = [given.get('node.id'), given.get('broker.id')]
  if (node !== undefined && broker !== undefined && node !== broker) {
    throw new ConfigurationError(`node.id is ${node}, but broker.id is ${broker}: set node.id only.`)
  }
  return node ?? broker ?? '0'
}

function configOf(given: ReadonlyMap<string, string>, parity: boolean): BrokerConfig {
  try {
    return new BrokerConfig(new Map(given), parity)
  } catch (thrown) {
    if (thrown instanceof KafkaError) throw new ConfigurationError(`${thrown.message}.`)
    throw thrown
  }
}

function nodesOf({ brokers = 1 }: BrokerOptions): number {
  if (Number.isInteger(brokers) && brokers >= 1 && brokers <= mostNodes) return brokers
  throw new ConfigurationError(`There can be 1 to ${mostNodes} nodes, not ${brokers}.`)
}

/** The port and the host among the options are those of the first listener that a file or the environment names. */
function addressesOf(
  { port, host, defaults }: BrokerOptions,
  config: BrokerConfig,
  named: boolean,
  nodes: number,
): ListenerAddress[] {
  const [first, ...others] = named ? listenersOf(config) : []
  const listeners = [
    {
      name: first?.name ?? 'PLAINTEXT',
      host: host ?? first?.host ?? '127.0.0.1',
      port: port ?? first?.port ?? defaults?.port ?? 0,
    },
    ...others,
  ]
  for (const { port } of listeners) {
    if (Number.isInteger(port) && port >= 0 && port + nodes - 1 <= 65_535) continue
    throw new ConfigurationError(`The port ${port} is not one from 0 to ${65_536 - nodes}.`)
  }
  advertisedOf(config, listeners)
  return listeners
}

function dataDirsOf(
  { memory, dataDir, defaults }: BrokerOptions,
  config: BrokerConfig,
  given: ReadonlyMap<string, string>,
): readonly string[] {
  if (memory && dataDir !== undefined) {
    throw new ConfigurationError('Both a data directory and memory are asked for: leave one of the two out.')
  }
  if (memory) return []
  if (dataDir === '') throw new ConfigurationError('The data directory has no name: name a folder.')
  if (dataDir !== undefined) return [dataDir]
  if (given.has('log.dirs') || given.has('log.dir')) return [...new Set(config.list('log.dirs'))]
  return defaults?.dataDir === undefined ? [] : [defaults.dataDir]
}

const shown = ({ name, host, port }: ListenerAddress): string =>
  `${name}://${host.includes(':') ? `[${host}]` : host}:${port}`
