import type { Logger } from '../telemetry/logger.js'
import { silent } from '../telemetry/logger.js'
import { KafkaError } from '../wire/errors.js'
import { BrokerConfig, isSetting } from './broker-config.js'
import { ConfigurationError } from './configuration-error.js'
import { readEnvironment } from './environment.js'
import { loadProperties } from './load.js'
import { listOf } from './validate.js'

/** How to start a broker: the same in code and on the command line. */
export interface BrokerOptions {
  /** The port of the first node, further nodes take the next ones; 0 (the default in code) means free ports. */
  readonly port?: number
  /** The address to listen on; 127.0.0.1 by default. */
  readonly host?: string
  /** The folder for the data; without one the data lives in memory. */
  readonly dataDir?: string
  /** Keep the data in memory, whatever else says where it should be. */
  readonly memory?: boolean
  /** The path of a Kafka `server.properties`. */
  readonly config?: string
  /** Settings by their Kafka names. */
  readonly set?: Readonly<Record<string, string | number | boolean>>
  /** Topics to create where they do not exist: `name:partitions[:replication]`. */
  readonly topics?: readonly string[]
  /** How many nodes; 1 by default. */
  readonly brokers?: number
  /** Use Kafka's own defaults throughout. */
  readonly parity?: boolean
  /** Environment variables to read `KAFKA_*` settings from; none by default in code. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where to say what happens; nowhere by default in code. */
  readonly logger?: Logger
}

export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  readonly cleanupPolicy?: string
}

/** The options with everything that the file, the environment and the defaults add. */
export interface Resolved {
  readonly config: BrokerConfig
  readonly host: string
  readonly port: number
  /** Null: in memory. */
  readonly dataDir: string | null
  readonly nodes: number
  readonly topics: readonly WantedTopic[]
  readonly logger: Logger
}

const mostNodes = 100

/** Flags over environment over file over defaults. Throws ConfigurationError. */
export function resolve(options: BrokerOptions): Resolved {
  const logger = options.logger ?? silent
  const file = options.config === undefined ? new Map<string, string>() : loadProperties(options.config)
  const environment = readEnvironment(options.env ?? {})
  const set = Object.entries(options.set ?? {}).map(([name, value]) => [name, String(value)] as const)
  const given = new Map([...file, ...environment.settings, ...set])
  if (environment.ignored.length > 0) {
    logger.info(`These variables have no effect here: ${environment.ignored.join(', ')}.`)
  }
  for (const name of given.keys()) {
    if (!isSetting('broker', name)) logger.warn(`There is no setting '${name}': it has no effect.`)
  }
  const config = configOf(given, options.parity ?? false)
  const listener = listenerOf(given.get('listeners'), logger)
  const nodes = options.brokers ?? 1
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > mostNodes) {
    throw new ConfigurationError(`There can be 1 to ${mostNodes} nodes, not ${nodes}.`)
  }
  const port = options.port ?? listener?.port ?? 0
  if (!Number.isInteger(port) || port < 0 || port + nodes - 1 > 65535) {
    throw new ConfigurationError(`The port ${port} is not one from 0 to ${65536 - nodes}.`)
  }
  return {
    config,
    host: options.host ?? listener?.host ?? '127.0.0.1',
    port,
    dataDir: options.memory
      ? null
      : given.has('log.dirs') || given.has('log.dir')
        ? dirOf(config, options)
        : (options.dataDir ?? null),
    nodes,
    topics: [...environment.topics, ...(options.topics ?? [])].map(parseTopic),
    logger,
  }
}

/** A flag names the folder before any file does. */
function dirOf(config: BrokerConfig, options: BrokerOptions): string | null {
  return options.dataDir ?? config.list('log.dirs')[0] ?? null
}

function configOf(given: ReadonlyMap<string, string>, parity: boolean): BrokerConfig {
  try {
    return new BrokerConfig(new Map([['node.id', '0'], ...given]), parity)
  } catch (thrown) {
    if (thrown instanceof KafkaError) throw new ConfigurationError(`${thrown.message}.`)
    throw thrown
  }
}

/** Only plain connections are served, so a listener that promises more is refused. */
function listenerOf(listeners: string | undefined, logger: Logger): { host?: string; port: number } | null {
  for (const listener of listOf(listeners ?? '')) {
    const match = listener.match(/^([\w.-]+):\/\/\[?([^\]]*?)\]?:(\d+)$/)
    if (!match) {
      throw new ConfigurationError(
        `The listener '${listener}' cannot be read: write it as PLAINTEXT://host:port.`,
      )
    }
    const [, name, host, port] = match as unknown as [string, string, string, string]
    if (/SSL|SASL/i.test(name)) {
      throw new ConfigurationError(
        `The listener '${listener}' asks for TLS or SASL, which are not served yet: use PLAINTEXT://host:port.`,
      )
    }
    if (/CONTROLLER/i.test(name)) {
      logger.info(`The listener '${listener}' has no effect: there is no separate controller.`)
      continue
    }
    return { ...(host === '' ? { host: '0.0.0.0' } : { host }), port: Number(port) }
  }
  return null
}

function parseTopic(text: string): WantedTopic {
  const [name, partitions = '-1', replication = '-1', cleanupPolicy] = text.split(':') as [
    string,
    ...string[],
  ]
  for (const number of [partitions, replication]) {
    if (!/^-1$|^[1-9]\d{0,5}$/.test(number)) {
      throw new ConfigurationError(
        `The topic '${text}' cannot be read: write it as name:partitions or name:partitions:replication.`,
      )
    }
  }
  return {
    name,
    partitions: Number(partitions),
    replication: Number(replication),
    ...(cleanupPolicy ? { cleanupPolicy } : {}),
  }
}
