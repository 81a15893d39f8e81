import type { BrokerConfig } from '../config/broker-config.js'
import { type FeatureName, minInsyncReplicas } from '../engine/features.js'
import { resourceTypes } from '../wire/resource-types.js'
import type { MetadataImage } from './metadata-image.js'
import type { MetadataDraft } from './metadata-serde.js'

/**
 * The features that are in force in a cluster which Ottla began (KIP-584). Without a `metadata.version`
 * Apache Kafka does not touch the metadata; what Ottla does not have stays off until someone upgrades it.
 */
const levels = {
  'metadata.version': 30, // 4.3-IV0
  'group.version': 1, // consumer groups of KIP-848
  'transaction.version': 2, // an epoch for each transaction, KIP-890
} as const satisfies Partial<Record<FeatureName, number>>

/** The feature that Kafka gives to new clusters only, from 4.1 on (KIP-966). */
const elr: FeatureName = 'eligible.leader.replicas.version'

/**
 * The facts that a journal begins with. A journal that is older than the features gets the levels without which nothing
 * goes, and what its cluster has not asked for stays off.
 */
export function firstFacts(isNew: boolean, config: BrokerConfig): MetadataDraft[] {
  const facts = [...firstLevels(isNew)].map(([name, level]) => featureFact(name, level))
  return isNew ? [...facts, leastInsyncFact('', staticMinimum(config))] : facts
}

/** The levels that a journal begins with. */
export const firstLevels = (isNew: boolean): ReadonlyMap<FeatureName, number> =>
  new Map(Object.entries(isNew ? { ...levels, [elr]: 1 } : levels) as [FeatureName, number][])

/**
 * The facts of a change of levels. With eligible leader replicas the least number of replicas in sync has to be the
 * same for all brokers, as a setting that outlives them: it is kept then, and those of single brokers go
 * (ConfigurationControlManager.maybeGenerateElrSafetyRecords).
 */
export function levelFacts(
  changes: ReadonlyMap<FeatureName, number>,
  image: MetadataImage,
  config: BrokerConfig,
): MetadataDraft[] {
  const begins = (changes.get(elr) ?? 0) > 0
  const safety = begins ? safetyFacts(image, config) : []
  return [...safety, ...[...changes].map(([name, level]) => featureFact(name, level))]
}

function safetyFacts(image: MetadataImage, config: BrokerConfig): MetadataDraft[] {
  const isKept = (name: string) => image.overrides({ kind: 'broker', name }).has(minInsyncReplicas)
  const single = image.configured('broker').filter(name => name !== '' && isKept(name))
  const facts = single.map(name => leastInsyncFact(name, null))
  return isKept('') ? facts : [leastInsyncFact('', staticMinimum(config)), ...facts]
}

/** The value that the broker was started with, or the default. */
const staticMinimum = (config: BrokerConfig): string => String(Number(config.given(minInsyncReplicas)))

const leastInsyncFact = (resourceName: string, value: string | null): MetadataDraft => ({
  kind: 'config',
  value: { resourceType: resourceTypes.broker, resourceName, name: minInsyncReplicas, value },
})

const featureFact = (name: string, featureLevel: number): MetadataDraft => ({
  kind: 'featureLevel',
  value: { name, featureLevel },
})
