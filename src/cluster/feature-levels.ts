import type { MetadataDraft } from './metadata-serde.js'

/**
 * The features that are in force in a cluster which Ottla began (KIP-584). Without a `metadata.version`
 * Apache Kafka does not touch the metadata; what Ottla does not have stays off until someone upgrades it.
 */
const levels = {
  'metadata.version': 30, // 4.3-IV0
  'group.version': 1, // consumer groups of KIP-848
  'transaction.version': 2, // an epoch for each transaction, KIP-890
} as const

export const featureFacts = (): MetadataDraft[] =>
  Object.entries(levels).map(([name, featureLevel]) => ({
    kind: 'featureLevel',
    value: { name, featureLevel },
  }))
