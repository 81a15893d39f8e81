import { KafkaError } from '../wire/errors.js'
import { brokerSettings } from './broker-settings.js'
import { groupSettings } from './group-settings.js'
import { ottlaSettings } from './ottla-settings.js'
import { type Scope, type Setting, withoutEffect } from './setting.js'
import { finerThan, synonymsOf } from './synonyms.js'
import type { TopicSettings } from './topic-settings.js'
import { topicSettingsTable } from './topic-settings-table.js'
import { listOf, validate } from './validate.js'

const tables: Readonly<Record<Scope, ReadonlyMap<string, Setting>>> = {
  broker: byName([...brokerSettings, ...ottlaSettings]),
  topic: byName(topicSettingsTable),
  group: byName(groupSettings),
}

function byName(settings: readonly Setting[]): ReadonlyMap<string, Setting> {
  return new Map(settings.map(setting => [setting.name, setting]))
}

export const settingsOf = (scope: Scope): Iterable<Setting> => tables[scope].values()
export const hasEffect = (scope: Scope, name: string): boolean => tables[scope].get(name)?.doc !== undefined
export const isSetting = (scope: Scope, name: string): boolean => tables[scope].has(name)

/** Where a value comes from: DescribeConfigsResponse.ConfigSource of Kafka. */
const sources = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  group: 8,
} as const

/** ConfigDef.Type as DescribeConfigs numbers it. */
const types: Readonly<Record<Setting['type'], number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
}

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

/** One setting as it stands, the way DescribeConfigs tells it. */
export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly source: number
  readonly readOnly: boolean
  readonly sensitive: boolean
  readonly type: number
  /** From the value in force down to the default. */
  readonly synonyms: readonly ConfigSynonym[]
  readonly documentation: string
}

const nothing: ReadonlyMap<string, string> = new Map()

/**
 * The effective settings of a broker: what was changed while it runs, over what it was started with,
 * over the defaults. Asking for a name that is no setting is a bug and throws.
 */
export class BrokerConfig {
  #dynamicDefault = nothing
  #dynamicBroker = nothing

  constructor(
    private readonly given: ReadonlyMap<string, string> = nothing,
    readonly parity = false,
  ) {
    for (const [name, value] of given) if (isSetting('broker', name)) this.validate('broker', name, value)
  }

  /** Settings made at run time, for all brokers and for this one. */
  setDynamic(forAll: ReadonlyMap<string, string>, forThis: ReadonlyMap<string, string>): void {
    this.#dynamicDefault = forAll
    this.#dynamicBroker = forThis
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
    return this.#layers(name)[0]?.value?.trim() ?? null
  }

  list(name: string): readonly string[] {
    return listOf(this.optionalString(name) ?? '')
  }

  /** What a topic with these settings of its own is to be kept by. */
  topicSettings(overrides: ReadonlyMap<string, string>): TopicSettings {
    const text = (name: string): string => overrides.get(name)?.trim() ?? this.defaultOf('topic', name)
    const policies = listOf(text('cleanup.policy'))
    return {
      cleanupPolicy: { compact: policies.includes('compact'), delete: policies.includes('delete') },
      compressionType: text('compression.type') as TopicSettings['compressionType'],
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
      preallocate: text('preallocate') === 'true',
      retentionBytes: BigInt(text('retention.bytes')),
      retentionMs: BigInt(text('retention.ms')),
      segmentBytes: Number(text('segment.bytes')),
      segmentIndexBytes: Number(text('segment.index.bytes')),
      segmentJitterMs: BigInt(text('segment.jitter.ms')),
      segmentMs: BigInt(text('segment.ms')),
    }
  }

  /** Refuses a name that is no setting of the scope, and a value that it cannot have, with INVALID_CONFIG. */
  validate(scope: Scope, name: string, value: string): void {
    const setting = tables[scope].get(name)
    if (!setting) throw new KafkaError('INVALID_CONFIG', `Unknown ${scope} config name: ${name}`)
    validate(setting, value)
  }

  /** Refuses what may not be changed while the broker runs, or not for all brokers at once. */
  checkDynamic(name: string, forAll: boolean): void {
    const setting = tables.broker.get(name)
    if (!setting) return
    if (!setting.dynamic) {
      throw new KafkaError('INVALID_REQUEST', `Cannot update these configs dynamically: ${name}`)
    }
    if (forAll && setting.dynamic === 'per-broker') {
      throw new KafkaError('INVALID_REQUEST', `Cannot update per-broker configs at default level: ${name}`)
    }
  }

  isList(scope: Scope, name: string): boolean {
    return tables[scope].get(name)?.type === 'LIST'
  }

  /** What a setting is where the resource has none of its own. */
  defaultOf(scope: Scope, name: string): string {
    if (scope === 'broker') return this.optionalString(name) ?? ''
    return this.#inherited(scope, name)[0]?.value ?? ''
  }

  /** All settings of a scope as they stand, for a topic or group with what was set for it. */
  entries(scope: Scope, overrides: ReadonlyMap<string, string> = nothing): ConfigEntry[] {
    const entries: ConfigEntry[] = []
    for (const setting of tables[scope].values()) {
      const { name } = setting
      const own = overrides.get(name)
      const source = scope === 'topic' ? sources.topic : sources.group
      const synonyms =
        scope === 'broker'
          ? this.#layers(name)
          : [...(own === undefined ? [] : [{ name, value: own, source }]), ...this.#inherited(scope, name)]
      entries.push({
        name,
        value: synonyms[0]?.value ?? null,
        source: synonyms[0]?.source ?? sources.default,
        readOnly: scope === 'broker' && setting.dynamic === undefined,
        sensitive: setting.type === 'PASSWORD',
        type: types[setting.type],
        synonyms,
        documentation: setting.doc ?? withoutEffect,
      })
    }
    return entries
  }

  /** What a topic or group inherits: broker settings in Kafka's order, then the default. */
  #inherited(scope: Scope, name: string): ConfigSynonym[] {
    const inherited: ConfigSynonym[] = []
    const from =
      scope === 'topic'
        ? (synonymsOf[name] ?? [])
        : [{ name: `group.${name}`, times: 1n }].filter(s => tables.broker.has(s.name))
    for (const { name: broker, times } of from) {
      for (const layer of this.#ownLayers(broker)) {
        const { value } = layer
        inherited.push({
          ...layer,
          value: value !== null && times !== 1n ? String(BigInt(value) * times) : value,
        })
      }
    }
    const set = inherited.filter(layer => layer.source !== sources.default)
    const defaults = inherited.filter(layer => layer.source === sources.default && layer.value !== null)
    if (defaults.length > 0) return [...set, ...defaults.slice(0, 1)]
    return [...set, { name, value: tables[scope].get(name)?.default ?? null, source: sources.default }]
  }

  /** The values of a broker setting, the one in force first, coarser synonyms behind finer ones. */
  #layers(name: string): ConfigSynonym[] {
    return (finerThan[name] ?? [name]).flatMap(each => this.#ownLayers(each))
  }

  #ownLayers(name: string): ConfigSynonym[] {
    const setting = tables.broker.get(name)
    if (!setting) throw new RangeError(`there is no setting ${name}`)
    const layers: ConfigSynonym[] = []
    const add = (value: string | null | undefined, source: number) => {
      if (value !== undefined && value !== null) layers.push({ name, value, source })
    }
    add(this.#dynamicBroker.get(name), sources.dynamicBroker)
    add(this.#dynamicDefault.get(name), sources.dynamicDefault)
    add(this.given.get(name), sources.staticBroker)
    add(this.parity && setting.parity !== undefined ? setting.parity : setting.default, sources.default)
    return layers
  }
}
