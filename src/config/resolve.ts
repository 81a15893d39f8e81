import { BrokerLogger } from '../telemetry/broker-logger.js'
import { isLogLevel, type LevelledLogger, type Logger } from '../telemetry/logger.js'
import { KafkaError } from '../wire/errors.js'
import { BrokerConfig, hasEffect, isSetting, settingOf, settingsOf } from './broker-config.js'
import { checkOptions } from './check-options.js'
import { ConfigurationError } from './configuration-error.js'
import { readAsImagesDo } from './container-images.js'
import { didYouMean } from './did-you-mean.js'
import { type Environment, readEnvironment } from './environment.js'
import { type ListenerAddress, listenersOf, shownAddress } from './listeners.js'
import { loadProperties } from './load.js'
import { nodesOf, type ResolvedNode } from './nodes.js'
import type { BrokerOptions } from './options.js'
import type { Property } from './properties.js'
import { complaintAbout } from './validate.js'
import { type WantedTopic, wantedTopics } from './wanted-topic.js'

/** The options with all that the file, the environment and the defaults add. */
export interface Resolved {
  readonly config: BrokerConfig
  /** The folders for the data; the first holds the cluster's metadata. Without one the data lives in memory. */
  readonly dataDirs: readonly string[]
  /** The nodes of the cluster; there is at least one. */
  readonly nodes: readonly ResolvedNode[]
  readonly topics: readonly WantedTopic[]
  readonly keepAlive: boolean
  readonly logger: LevelledLogger
}

/**
 * Resolves the options: they come before the environment, which comes before the file and the defaults. Throws
 * ConfigurationError.
 */
export function resolve(options: BrokerOptions): Resolved {
  checkOptions(options)
  const file = options.config === undefined ? [] : loadProperties(options.config)
  const environment = readEnvironment(options.env ?? {})
  const set = Object.entries(options.set ?? {}).map(([name, value]) => [name, String(value)] as const)
  refuseTwoAddresses(options)
  const given = new Map([
    ...file.map(({ name, value }) => [name, value] as const),
    ...environment.settings,
    ...set,
  ])
  const origins = originsOf(file, environment, set)
  const logger = loggerOf(options, given)
  readAsImagesDo(given, logger)
  sayWhatHasNoEffect(given, origins, environment, logger)
  given.set('node.id', nodeIdOf(given, options))
  checkValues(given, origins)
  const parity = options.parity ?? false
  const asked = configOf(given, parity)
  const listeners = addressesOf(options, asked, given.has('listeners'))
  const nodes = nodesOf(options, asked, listeners)
  const dataDirs = dataDirsOf(options, asked, given)
  given.set('listeners', (nodes[0]?.listeners ?? []).map(shownAddress).join(','))
  if (dataDirs.length > 0) given.set('log.dirs', dataDirs.join())
  if (options.durability === 'fsync') given.set('log.flush.interval.messages', '1')
  const topics = wantedTopics([...environment.topics, ...(options.topics ?? [])])
  return {
    config: configOf(given, parity),
    dataDirs,
    nodes,
    topics,
    keepAlive: options.keepAlive ?? false,
    logger,
  }
}

/** The level that a setting names counts from the first line on; whether there is such a level is checked later. */
function loggerOf({ logger }: BrokerOptions, given: ReadonlyMap<string, string>): LevelledLogger {
  const level = given.get('ottla.log.level')?.trim() ?? ''
  return new BrokerLogger(logger ?? null, isLogLevel(level) ? level : undefined)
}

/**
 * Refuses a port or host beside `listeners` in `set`; over `listeners` of the environment or of a file the option wins.
 */
function refuseTwoAddresses({ port, host, set = {} }: BrokerOptions): void {
  if (!('listeners' in set) || (port === undefined && host === undefined)) return
  throw new ConfigurationError(
    `Both the ${port === undefined ? 'host' : 'port'} and the setting listeners say where to listen: leave one of them out.`,
  )
}

function sayWhatHasNoEffect(
  given: ReadonlyMap<string, string>,
  origins: Origins,
  { ignored }: Environment,
  logger: Logger,
): void {
  const names = [...given.keys()]
  const unknown = names.filter(name => !isSetting('broker', name))
  const idle = names.filter(name => isSetting('broker', name) && !hasEffect('broker', name))
  const known = [...settingsOf('broker')].map(({ name }) => name)
  if (unknown.length > 0) {
    const list = unknown
      .map(name => `'${name}'${inFile(origins, name)}${didYouMean(name, known, 'in brackets')}`)
      .join(', ')
    logger.warn(`There are no such settings, and they have no effect: ${list}.`)
  }
  const all = [...idle, ...ignored]
  if (all.length > 0) logger.info(`These settings have no effect here: ${all.join(', ')}.`)
}

const isId = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0

/** The id of the first node; `broker.id` was its name before KRaft. */
function nodeIdOf(given: ReadonlyMap<string, string>, { brokers }: BrokerOptions): string {
  const [described] = typeof brokers === 'object' ? brokers : []
  const first = isId(described?.id) ? described?.id : undefined
  const [node, broker] = [given.get('node.id'), given.get('broker.id')]
  if (node !== undefined && broker !== undefined && node !== broker) {
    throw new ConfigurationError(`node.id is ${node}, but broker.id is ${broker}: set node.id only.`)
  }
  const asked = node ?? broker
  if (first !== undefined && asked !== undefined && Number(asked) !== first) {
    throw new ConfigurationError(
      `node.id is ${asked}, but the first node is to have the id ${first}: set one of them.`,
    )
  }
  return asked ?? String(first ?? 0)
}

/** The places of settings that were not made by an option: a line of the file, or a variable. */
type Origins = ReadonlyMap<string, string>

function originsOf(
  file: readonly Property[],
  { variables }: Environment,
  set: readonly (readonly [string, string])[],
): Origins {
  const origins = new Map(file.map(({ name, place }) => [name, place]))
  for (const [name, variable] of variables) origins.set(name, variable)
  for (const [name] of set) origins.delete(name)
  return origins
}

const inFile = (origins: Origins, name: string): string => {
  const origin = origins.get(name)
  return origin === undefined ? '' : ` (${origin})`
}

/** Refuses a wrong value, and names the place where it stands. */
function checkValues(given: ReadonlyMap<string, string>, origins: Origins): void {
  for (const [name, value] of given) {
    const setting = settingOf('broker', name)
    const wrong = setting ? complaintAbout(setting, value) : null
    if (wrong !== null) throw new ConfigurationError(`${wrong.replace(/\.$/, '')}${inFile(origins, name)}.`)
  }
}

function configOf(given: ReadonlyMap<string, string>, parity: boolean): BrokerConfig {
  try {
    return new BrokerConfig(new Map(given), parity)
  } catch (thrown) {
    if (thrown instanceof KafkaError) throw new ConfigurationError(`${thrown.message}.`)
    throw thrown
  }
}

/** The port and the host among the options are those of the first listener that a file or the environment names. */
function addressesOf(
  { port, host, defaults }: BrokerOptions,
  config: BrokerConfig,
  named: boolean,
): ListenerAddress[] {
  const [first, ...others] = named ? listenersOf(config) : []
  return [
    {
      name: first?.name ?? 'PLAINTEXT',
      host: host ?? first?.host ?? '127.0.0.1',
      port: port ?? first?.port ?? defaults?.port ?? 0,
      ...(host === undefined ? {} : { isOwn: true }),
    },
    ...others,
  ]
}

function dataDirsOf(
  { memory, dataDir, durability, defaults }: BrokerOptions,
  config: BrokerConfig,
  given: ReadonlyMap<string, string>,
): readonly string[] {
  if (memory && durability === 'fsync') {
    throw new ConfigurationError(
      'Data in memory never reach a disk: leave durability fsync out, or name a folder.',
    )
  }
  if (memory && dataDir !== undefined) {
    throw new ConfigurationError('Both a data directory and memory are asked for: leave one of the two out.')
  }
  if (memory) return []
  if (dataDir === '') throw new ConfigurationError('The data directory has no name: name a folder.')
  if (dataDir !== undefined) return [dataDir]
  if (given.has('log.dirs') || given.has('log.dir')) return [...new Set(config.list('log.dirs'))]
  return defaults?.dataDir === undefined ? [] : [defaults.dataDir]
}
