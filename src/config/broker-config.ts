import { KafkaError } from '../wire/errors.js'
import { brokerSettings } from './broker-settings.js'
import { clientMetricsSettings } from './client-metrics-settings.js'
import { groupSettings } from './group-settings.js'
import { ottlaSettings } from './ottla-settings.js'
import type { Scope, Setting } from './setting.js'
import { type Synonym, synonymsOf } from './synonyms.js'
import type { TopicSettings } from './topic-settings.js'
import { topicSettingsTable } from './topic-settings-table.js'
import { listOf, validate } from './validate.js'

const tables: Readonly<Record<Scope, ReadonlyMap<string, Setting>>> = {
  broker: byName([...brokerSettings, ...ottlaSettings]),
  topic: byName(topicSettingsTable),
  group: byName(groupSettings),
  clientMetrics: byName(clientMetricsSettings),
}

function byName(settings: readonly Setting[]): ReadonlyMap<string, Setting> {
  return new Map(settings.map(setting => [setting.name, setting]))
}

export const settingOf = (scope: Scope, name: string): Setting | undefined => tables[scope].get(name)
export const settingsOf = (scope: Scope): Iterable<Setting> => tables[scope].values()
export const hasEffect = (scope: Scope, name: string): boolean => tables[scope].get(name)?.doc !== undefined
export const isSetting = (scope: Scope, name: string): boolean => tables[scope].has(name)

/** The sources of a value, as Kafka's DescribeConfigsResponse.ConfigSource numbers them. */
export const sources = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  clientMetrics: 7,
  group: 8,
} as const

/** A value that a setting has, or would have without the values before it. */
export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

const nothing: ReadonlyMap<string, string> = new Map()

/**
 * The effective settings of a broker: those that were changed while it runs come before those that it was started with,
 * and these before the defaults. Asking for a name that is no setting is a bug and throws.
 */
export class BrokerConfig {
  #dynamicDefault = nothing
  #dynamicBroker = nothing
  /** The settings of a topic without any of its own, as most topics are. */
  #usualTopicSettings: TopicSettings | null = null
  /** The values that were asked for since the last change, as requests ask again and again. */
  readonly #inForce = new Map<string, string | null>()

  constructor(
    private readonly settings: ReadonlyMap<string, string> = nothing,
    readonly parity = false,
  ) {
    for (const [name, value] of settings) if (isSetting('broker', name)) this.validate('broker', name, value)
  }

  /** Replaces the settings that were made at run time, for all brokers and for this one. */
  setDynamic(forAll: ReadonlyMap<string, string>, forThis: ReadonlyMap<string, string>): void {
    this.#dynamicDefault = forAll
    this.#dynamicBroker = forThis
    this.#usualTopicSettings = null
    this.#inForce.clear()
  }

  /** Tells whether the setting has a value besides its default. */
  isSet(name: string): boolean {
    return this.layers(name).some(({ source }) => source !== sources.default)
  }

  number(name: string): number {
    return Number(this.string(name))
  }

  bigint(name: string): bigint {
    return BigInt(this.string(name))
  }

  boolean(name: string): boolean {
    return this.string(name).toLowerCase() === 'true'
  }

  string(name: string): string {
    const value = this.optionalString(name)
    if (value === null) throw new RangeError(`${name} has no value`)
    return value
  }

  optionalString(name: string): string | null {
    const known = this.#inForce.get(name)
    if (known !== undefined) return known
    if (!isSetting('broker', name)) throw new RangeError(`there is no setting ${name}`)
    const names = name === 'log.dirs' ? ['log.dirs', 'log.dir'] : [name]
    const value = names.flatMap(each => this.layers(each))[0]?.value?.trim() ?? null
    this.#inForce.set(name, value)
    return value
  }

  /** The value that the broker was started with, or the default, whatever was changed since. */
  given(name: string): string | null {
    const asStarted = ({ source }: ConfigSynonym) =>
      source === sources.staticBroker || source === sources.default
    return this.layers(name).find(asStarted)?.value?.trim() ?? null
  }

  list(name: string): readonly string[] {
    return listOf(this.optionalString(name) ?? '')
  }

  /** Gives the settings by which the log keeps a topic with these overrides. */
  topicSettings(overrides: ReadonlyMap<string, string>): TopicSettings {
    if (overrides.size > 0) return this.#topicSettings(overrides)
    this.#usualTopicSettings ??= this.#topicSettings(overrides)
    return this.#usualTopicSettings
  }

  #topicSettings(overrides: ReadonlyMap<string, string>): TopicSettings {
    const text = (name: string): string => overrides.get(name)?.trim() ?? this.defaultOf('topic', name)
    const policies = listOf(text('cleanup.policy'))
    return {
      cleanupPolicy: { compact: policies.includes('compact'), delete: policies.includes('delete') },
      deleteRetentionMs: BigInt(text('delete.retention.ms')),
      fileDeleteDelayMs: Number(text('file.delete.delay.ms')),
      flushMessages: BigInt(text('flush.messages')),
      flushMs: BigInt(text('flush.ms')),
      indexIntervalBytes: Number(text('index.interval.bytes')),
      maxCompactionLagMs: BigInt(text('max.compaction.lag.ms')),
      maxMessageBytes: Number(text('max.message.bytes')),
      messageTimestampAfterMaxMs: BigInt(text('message.timestamp.after.max.ms')),
      messageTimestampBeforeMaxMs: BigInt(text('message.timestamp.before.max.ms')),
      messageTimestampType: text('message.timestamp.type') as TopicSettings['messageTimestampType'],
      minCleanableDirtyRatio: Number(text('min.cleanable.dirty.ratio')),
      minCompactionLagMs: BigInt(text('min.compaction.lag.ms')),
      minInsyncReplicas: Number(text('min.insync.replicas')),
      preallocate: text('preallocate').toLowerCase() === 'true',
      retentionBytes: BigInt(text('retention.bytes')),
      retentionMs: BigInt(text('retention.ms')),
      segmentBytes: Number(text('segment.bytes')),
      segmentIndexBytes: Number(text('segment.index.bytes')),
      segmentJitterMs: BigInt(text('segment.jitter.ms')),
      segmentMs: BigInt(text('segment.ms')),
    }
  }

  /**
   * Refuses a name that is no setting of the scope, and a value that the setting cannot have, with INVALID_CONFIG; for
   * the name of a subscription's setting Kafka has INVALID_REQUEST.
   */
  validate(scope: Scope, name: string, value: string): void {
    const setting = tables[scope].get(name)
    if (!setting) throw unknown(scope, name)
    validate(setting, value)
  }

  /**
   * Refuses settings that may not be changed while the broker runs, or not for all brokers at once, with
   * INVALID_REQUEST. Unknown names may be changed.
   */
  checkDynamic(names: readonly string[], forAll: boolean): void {
    const settings = names.flatMap(name => tables.broker.get(name) ?? [])
    const named = (found: readonly Setting[]) => `[${found.map(({ name }) => name).join(', ')}]`
    const fixed = settings.filter(setting => !setting.dynamic)
    if (fixed.length > 0) {
      throw new KafkaError('INVALID_REQUEST', `Cannot update these configs dynamically: ${named(fixed)}`)
    }
    const single = settings.filter(setting => setting.dynamic === 'per-broker')
    if (forAll && single.length > 0) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `Cannot update these configs at default cluster level: ${named(single)}`,
      )
    }
  }

  isList(scope: Scope, name: string): boolean {
    return tables[scope].get(name)?.type === 'LIST'
  }

  /** The value of a setting where the resource has none of its own. */
  defaultOf(scope: Scope, name: string): string {
    if (scope === 'broker') return this.optionalString(name) ?? ''
    return this.inherited(scope, name).value ?? ''
  }

  /** The names of every setting of a broker, and of all else that was set for it; `own` is as in `layers`. */
  names(own = this.#dynamicBroker): Set<string> {
    return new Set([
      ...tables.broker.keys(),
      ...own.keys(),
      ...this.#dynamicDefault.keys(),
      ...this.settings.keys(),
    ])
  }

  /** The values that a broker setting has, the one in force first; `own` are those made for one node at run time. */
  layers(name: string, own = this.#dynamicBroker): ConfigSynonym[] {
    const setting = tables.broker.get(name)
    const layers: ConfigSynonym[] = []
    const add = (value: string | null | undefined, source: number) => {
      if (value !== undefined && value !== null) layers.push({ name, value, source })
    }
    add(own.get(name), sources.dynamicBroker)
    add(this.#dynamicDefault.get(name), sources.dynamicDefault)
    add(this.settings.get(name), sources.staticBroker)
    add((this.parity ? setting?.parity : undefined) ?? setting?.default, sources.default)
    return layers
  }

  /** The value that a topic or group has from the broker: the first synonym that is set counts, then defaults. */
  inherited(scope: Exclude<Scope, 'broker'>, name: string): Pick<ConfigSynonym, 'value' | 'source'> {
    const layers = synonymsIn(scope, name).flatMap(({ name: broker, times }) =>
      this.layers(broker).map(layer => ({ ...layer, times })),
    )
    const found = layers.find(layer => layer.source !== sources.default) ?? layers[0]
    if (!found) return { value: tables[scope].get(name)?.default ?? null, source: sources.default }
    if (found.value === null || found.times === 1n) return found
    const product = BigInt(found.value.trim()) * found.times
    return { value: String(product < 0n ? -1n : product), source: found.source }
  }
}

const unknown = (scope: Scope, name: string): KafkaError =>
  scope === 'clientMetrics'
    ? new KafkaError('INVALID_REQUEST', `Unknown client metrics configuration: ${name}`)
    : new KafkaError('INVALID_CONFIG', `Unknown ${scope} config name: ${name}`)

/** The broker's settings behind one of a topic or group; the first that is set counts. */
export function synonymsIn(scope: Exclude<Scope, 'broker'>, name: string): readonly Synonym[] {
  if (scope === 'topic') return synonymsOf[name] ?? []
  if (scope === 'clientMetrics') return []
  const broker = `group.${name}`
  return isSetting('broker', broker) ? [{ name: broker, times: 1n }] : []
}
