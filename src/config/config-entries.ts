import {
  type BrokerConfig,
  type ConfigSynonym,
  settingOf,
  settingsOf,
  sources,
  synonymsIn,
} from './broker-config.js'
import { type Scope, type Setting, withoutEffect } from './setting.js'
import { toldBeside } from './synonyms.js'
import { listOf } from './validate.js'

/** One setting as it stands, in the form in which DescribeConfigs tells it. */
export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  readonly source: number
  readonly readOnly: boolean
  readonly sensitive: boolean
  readonly type: number
  /** The values from the one in force down to the default, in the words and units of each setting. */
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

/** All settings of a node as they stand; `own` are those made for it at run time. */
export function brokerEntries(config: BrokerConfig, own?: ReadonlyMap<string, string>): ConfigEntry[] {
  return [...config.names(own)].map(name => {
    const value = config.layers(name, own)[0]?.value ?? null
    return brokerEntry(name, value, told(config, name, own))
  })
}

/** The settings that were made at run time for all brokers, and no others. */
export function entriesForAll(config: BrokerConfig): ConfigEntry[] {
  return [...config.names()].flatMap(name => {
    const forAll = (layer: ConfigSynonym) => layer.source === sources.dynamicDefault
    const own = config.layers(name).find(forAll)
    return own ? [brokerEntry(name, own.value, told(config, name).filter(forAll))] : []
  })
}

/** Hides the value of a name that is no setting, since it might be a secret. */
function brokerEntry(name: string, value: string | null, synonyms: readonly ConfigSynonym[]): ConfigEntry {
  const setting = settingOf('broker', name)
  if (setting) return entry(setting, value, synonyms, setting.dynamic === undefined)
  const hidden = synonyms.map(each => ({ ...each, value: null }))
  const source = synonyms[0]?.source ?? sources.default
  const unknown = { readOnly: true, sensitive: true, type: 0, documentation: withoutEffect }
  return { name, value: null, source, synonyms: hidden, ...unknown }
}

/** All settings of a topic, group or subscription as they stand with what was set for it. */
export function entriesWith(
  scope: Exclude<Scope, 'broker'>,
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

/** The synonyms that Kafka tells: by source, from the first value on that the setting has under its own name. */
function told(config: BrokerConfig, name: string, own?: ReadonlyMap<string, string>): ConfigSynonym[] {
  const all = toldBeside(name).flatMap(each => config.layers(each, own))
  const bySource = all.toSorted((a, b) => a.source - b.source)
  const first = bySource.findIndex(each => each.name === name)
  return first < 0 ? [] : bySource.slice(first)
}

/**
 * Kafka tells the broker settings behind a topic's or group's setting; where there are none, a group's has its default.
 */
function toldOf(scope: Exclude<Scope, 'broker'>, { name, default: value }: Setting, config: BrokerConfig) {
  const [first] = synonymsIn(scope, name)
  if (first) return told(config, first.name)
  return scope === 'group' && value !== null ? [{ name, value, source: sources.default }] : []
}

/** Prints a value as Kafka does after it has read it (ConfigDef.convertToString). */
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
    case 'DOUBLE':
      return asJavaPrints(Number(value))
    default:
      return value.trim()
  }
}

/** Prints a number as Double.toString of Java does, as far as settings need it. */
function asJavaPrints(number: number): string {
  const text = String(number).replace(/e\+?/, 'E')
  return Number.isInteger(number) && !text.includes('E') ? `${text}.0` : text
}
