import type { FeatureName } from '../../engine/features.js'
import type { MetadataStore } from '../../engine/metadata-store.js'

interface Feature {
  readonly name: FeatureName
  readonly minVersion: number
  readonly maxVersion: number
  /** The level that is in force whatever the metadata tell; without it theirs counts. */
  readonly always?: number
}

/**
 * The features of the cluster (KIP-584), each with the versions it could have. With group.version 1 there are consumer
 * groups (KIP-848), and a client that knows transaction.version 2 need not add partitions to its transactions
 * (KIP-890). Tools read the release of the cluster off metadata.version; kraft.version is the version of the metadata
 * journal (KIP-853). With eligible.leader.replicas.version 1 there is one min.insync.replicas for all brokers
 * (KIP-966).
 */
export const features: readonly Feature[] = [
  { name: 'metadata.version', minVersion: 7, maxVersion: 30 },
  { name: 'kraft.version', minVersion: 0, maxVersion: 1, always: 1 },
  { name: 'group.version', minVersion: 0, maxVersion: 1, always: 1 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, always: 2 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1 },
]

export const levelInForce = ({ name, always }: Feature, metadata: MetadataStore): number =>
  always ?? metadata.featureLevel(name)

/** Before this version clients fail on a feature that may be off altogether, that is at 0 (KAFKA-17492). */
const zeroSince = 4

export function featuresFor(version: number, metadata: MetadataStore) {
  const inForce = features.map(feature => ({ name: feature.name, level: levelInForce(feature, metadata) }))
  return {
    supportedFeatures: features
      .filter(({ minVersion }) => minVersion > 0 || version >= zeroSince)
      .map(({ name, minVersion, maxVersion }) => ({ name, minVersion, maxVersion })),
    finalizedFeaturesEpoch: 0n,
    finalizedFeatures: inForce
      .filter(({ level }) => level > 0)
      .map(({ name, level }) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
  }
}
