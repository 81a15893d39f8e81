import { readFileSync } from 'node:fs'
import type { Scope } from '../../src/config/setting.js'

/** One setting as Apache Kafka 4.3.1 documents it. */
export interface SettingFact {
  readonly scope: Scope
  readonly name: string
  readonly type: string
  readonly default: string | null
  readonly valid?: string
}

/** Every setting that Kafka documents for brokers, topics and groups, with its default as Kafka tells it. */
export const settingFacts = fixture<readonly SettingFact[]>('configs.json').map(fact => ({
  ...fact,
  default: fact.default?.replace(/^class /, '').replace('e+308', 'E308') ?? null,
}))

/**
 * The way in which each broker setting may change at run time, where it may
 * (DynamicBrokerConfig.dynamicConfigUpdateModes).
 */
export const dynamicFacts = new Map(
  Object.entries(fixture<Record<string, 'per-broker' | 'cluster-wide'>>('dynamic-settings.json')),
)

/** The values tried, and those that Kafka's own ConfigDef accepts; settings are named `scope/name`. */
export const valueFacts = fixture<{
  readonly tried: readonly string[]
  readonly accepted: readonly { readonly values: readonly string[]; readonly of: readonly string[] }[]
}>('accepted-values.json')

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')) as T
}
