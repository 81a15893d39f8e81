import type { LevelledLogger, LogLevel } from '../../telemetry/logger.js'
import { KafkaError } from '../../wire/errors.js'
import type { RequestContext } from './handler.js'

interface Wanted {
  readonly resourceName: string
  readonly configs: readonly {
    readonly name: string
    readonly configOperation: number
    readonly value: string | null
  }[]
}

/** There is one logger, which has the name of Kafka's root logger. */
const root = 'root'
const dynamicLogger = 6

/** The names that Kafka's tools have for levels, and the level here that each becomes. */
const levelsOf: ReadonlyMap<string, LogLevel> = new Map([
  ['DEBUG', 'debug'],
  ['ERROR', 'error'],
  ['FATAL', 'error'],
  ['INFO', 'info'],
  ['TRACE', 'debug'],
  ['WARN', 'warn'],
])

interface NamedLevel {
  readonly name: string
  readonly level: LogLevel
}

/** The level that was asked for last of each logger: two names may stand for one level. */
const asked = new WeakMap<LevelledLogger, NamedLevel>()

/** Returns the levels of loggers as DescribeConfigs tells them (resource type BROKER_LOGGER, KIP-412). */
export function loggerEntries({ broker }: RequestContext) {
  const { level } = broker.logger
  const last = asked.get(broker.logger)
  const usual = level === 'silent' ? 'OFF' : level.toUpperCase()
  const value = last?.level === level ? last.name : usual
  const about = { readOnly: false, sensitive: false, type: 0, documentation: '' }
  return [{ name: root, value, source: dynamicLogger, synonyms: [], ...about }]
}

/** Changes levels until the next start, in Kafka's order of checks: either all of a resource are changed or none. */
export function changeLevels(
  { resourceName, configs }: Wanted,
  validateOnly: boolean,
  { broker, connection }: RequestContext,
): void {
  checkNodeId(resourceName, connection.nodeId)
  const levels = configs.map(({ name, configOperation, value }) => levelFor(name, configOperation, value))
  if (validateOnly) return
  for (const named of levels) {
    broker.logger.level = named.level
    asked.set(broker.logger, named)
    broker.logger.warn(`The level of the logger is ${named.level} from now on.`)
  }
}

const greatestId = 2 ** 31 - 1

function checkNodeId(name: string, nodeId: number): void {
  if (!/^[+-]?\d+$/.test(name) || Math.abs(Number(name)) > greatestId) {
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${name}`)
  }
  if (Number(name) !== nodeId) {
    throw new KafkaError('INVALID_REQUEST', `Unexpected node id. Expected ${nodeId}, but received ${name}`)
  }
}

const operations = ['SET', 'DELETE', 'APPEND', 'SUBTRACT'] as const

function levelFor(name: string, operation: number, value: string | null): NamedLevel {
  const what = operations[operation]
  // Kafka has no error of its own for it, either.
  if (what === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR')
  if (what !== 'SET' && what !== 'DELETE') {
    throw new KafkaError('INVALID_REQUEST', `${what} operation is not allowed for the BROKER_LOGGER resource`)
  }
  if (name !== root) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`)
  if (what === 'DELETE') {
    throw new KafkaError('INVALID_REQUEST', `Removing the log level of the ${root} logger is not allowed`)
  }
  const level = levelsOf.get(value ?? '')
  if (value !== null && level !== undefined) return { name: value, level }
  throw new KafkaError(
    'INVALID_CONFIG',
    `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${[...levelsOf.keys()].join(', ')}`,
  )
}
