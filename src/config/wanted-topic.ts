import { isSetting, settingsOf } from './broker-config.js'
import { isScalar, shown } from './check-options.js'
import { ConfigurationError } from './configuration-error.js'
import { didYouMean } from './did-you-mean.js'

/** A topic as the options may describe it. */
export interface TopicOptions {
  readonly name: string
  /** The number of partitions; `num.partitions` of the broker by default. */
  readonly partitions?: number
  /** The number of replicas; `default.replication.factor` of the broker by default. */
  readonly replicationFactor?: number
  /** The settings of this topic by their Kafka names. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
}

/** A topic that the options ask for; -1 stands for the broker's default. */
export interface WantedTopic {
  readonly name: string
  readonly partitions: number
  readonly replication: number
  readonly config: ReadonlyMap<string, string>
}

const mostParts = 4
const keys = ['name', 'partitions', 'replicationFactor', 'config']

/** The topics that the options ask for, each once. Throws ConfigurationError. */
export function wantedTopics(asked: readonly (string | TopicOptions)[]): WantedTopic[] {
  const topics = asked.map(each => (typeof each === 'string' ? parseTopic(each) : describedTopic(each)))
  const names = topics.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new ConfigurationError(`The topic '${twice}' is asked for twice: leave one of the two out.`)
  }
  return topics
}

/** Reads `name[:partitions[:replication[:cleanup.policy]]]`. */
function parseTopic(text: string): WantedTopic {
  const parts = text.split(':').map(part => part.trim())
  const [name = '', partitions = '-1', replication = '-1', cleanupPolicy] = parts
  const readable = [partitions, replication].every(number => /^-1$|^[1-9]\d{0,4}$/.test(number))
  if (!readable || name === '' || parts.length > mostParts) {
    throw new ConfigurationError(
      `The topic '${text}' cannot be read: write it as name:partitions[:replication[:cleanup.policy]].`,
    )
  }
  return {
    name,
    partitions: Number(partitions),
    replication: Number(replication),
    config: new Map(cleanupPolicy ? [['cleanup.policy', cleanupPolicy]] : []),
  }
}

function describedTopic(topic: TopicOptions): WantedTopic {
  const { name, partitions = -1, replicationFactor = -1, config = {} } = topic ?? {}
  const unknown = Array.isArray(topic) ? undefined : Object.keys(topic ?? {}).find(key => !keys.includes(key))
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `The topic ${shown(topic)} has '${unknown}', which no topic has.${didYouMean(unknown, keys)}`,
    )
  }
  const readable =
    typeof name === 'string' && name !== '' && [partitions, replicationFactor].every(isCountOrDefault)
  if (!readable || !isSettings(config)) {
    throw new ConfigurationError(
      `The topic ${shown(topic)} cannot be read: write it as 'orders:3', or as { name: 'orders', partitions: 3, replicationFactor: 1, config: { 'retention.ms': 1000 } }.`,
    )
  }
  for (const key of Object.keys(config)) checkSetting(name, key)
  return {
    name,
    partitions,
    replication: replicationFactor,
    config: new Map(Object.entries(config).map(([key, value]) => [key, String(value)])),
  }
}

const isSettings = (config: unknown): boolean =>
  typeof config === 'object' &&
  config !== null &&
  !Array.isArray(config) &&
  Object.values(config).every(isScalar)

function checkSetting(topic: string, name: string): void {
  if (isSetting('topic', name)) return
  const names = [...settingsOf('topic')].map(setting => setting.name)
  throw new ConfigurationError(
    `The topic '${topic}' has the setting '${name}', which no topic has.${didYouMean(name, names)}`,
  )
}

const isCountOrDefault = (value: unknown): boolean =>
  Number.isInteger(value) && ((value as number) > 0 || value === -1)
