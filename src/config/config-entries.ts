import { type BrokerConfig, type ConfigSynonym, settingsOf, sources, synonymsIn } from './broker-config.js'
import { type Setting, withoutEffect } from './setting.js'
import { toldBeside } from './synonyms.js'
import { listOf } from './validate.js'

/** One setting as it stands, the way DescribeConfigs tells it. */
export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly source: number
  readonly readOnly: boolean
  readonly sensitive: boolean
  readonly type: number
  /** From the value in force down to the default, in the words and units of each setting. */
  readonly synonyms: readonly ConfigSynonym[]
  readonly documentation: string
}

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

/** All settings of a broker as they stand. */
export function brokerEntries(config: BrokerConfig): ConfigEntry[] {
  return [...settingsOf('broker')].map(setting => {
    const value = config.layers(setting.name)[0]?.value ?? null
    return entry(setting, value, told(config, setting.name), setting.dynamic === undefined)
  })
}

/** What was set at run time for all brokers, and nothing else. */
export function entriesForAll(config: BrokerConfig): ConfigEntry[] {
  return [...settingsOf('broker')].flatMap(setting => {
    const forAll = (layer: ConfigSynonym) => layer.source === sources.dynamicDefault
    const own = config.layers(setting.name).find(forAll)
    return own ? [entry(setting, own.value, told(config, setting.name).filter(forAll), false)] : []
  })
}

/** All settings of a topic or group as they stand with what was set for it. */
export function entriesWith(
  scope: 'topic' | 'group',
  overrides: ReadonlyMap<string, string>,
  config: BrokerConfig,
): ConfigEntry[] {
  return [...settingsOf(scope)].map(setting => {
    const { name } = setting
    const own = overrides.get(name)
    const inherited = toldOf(scope, setting, config)
    if (own === undefined) return entry(setting, config.defaultOf(scope, name), inherited, false)
    const synonym = { name, value: shown(setting, own), source: sources[scope] }
    return entry(setting, own, [synonym, ...inherited], false)
  })
}

function entry(
  setting: Setting,
  value: string | null,
  synonyms: readonly ConfigSynonym[],
  readOnly: boolean,
): ConfigEntry {
  const sensitive = setting.type === 'PASSWORD'
  return {
    name: setting.name,
    value: sensitive || value === null ? null : shown(setting, value),
    source: synonyms[0]?.source ?? sources.default,
    readOnly,
    sensitive,
    type: types[setting.type],
    synonyms: sensitive ? synonyms.map(each => ({ ...each, value: null })) : synonyms,
    documentation: setting.doc ?? withoutEffect,
  }
}

const told = (config: BrokerConfig, name: string): ConfigSynonym[] =>
  toldBeside(name).flatMap(each => config.layers(each))

/** Kafka tells the broker settings behind a topic's or group's; where there are none, a group's has its default. */
function toldOf(scope: 'topic' | 'group', { name, default: value }: Setting, config: BrokerConfig) {
  const [first] = synonymsIn(scope, name)
  if (first) return told(config, first.name)
  return scope === 'group' && value !== null ? [{ name, value, source: sources.default }] : []
}

/** A value as Kafka prints it after it has read it (ConfigDef.convertToString). */
function shown({ type }: Setting, value: string): string {
  switch (type) {
    case 'BOOLEAN':
      return value.trim().toLowerCase()
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return String(BigInt(value.trim()))
    case 'LIST':
      return listOf(value).join(',')
    default:
      return value.trim()
  }
}
