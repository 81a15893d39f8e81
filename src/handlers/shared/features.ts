/**
 * The features that the cluster has switched on (KIP-584), each with the versions it could have. With group.version 1
 * there are consumer groups (KIP-848), and a client that knows transaction.version 2 need not add partitions to its
 * transactions (KIP-890). Tools read the release of the cluster off metadata.version; kraft.version is the version of
 * the metadata journal (KIP-853).
 */
export const features = [
  { name: 'metadata.version', minVersion: 7, maxVersion: 30, inForce: 30 },
  { name: 'kraft.version', minVersion: 0, maxVersion: 1, inForce: 1 },
  { name: 'group.version', minVersion: 0, maxVersion: 1, inForce: 1 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, inForce: 2 },
] as const

/** Before this version clients fail on a feature that may be off altogether, that is at 0 (KAFKA-17492). */
const zeroSince = 4

export function featuresFor(version: number) {
  return {
    supportedFeatures: features
      .filter(({ minVersion }) => minVersion > 0 || version >= zeroSince)
      .map(({ name, minVersion, maxVersion }) => ({ name, minVersion, maxVersion })),
    finalizedFeaturesEpoch: 0n,
    finalizedFeatures: features.map(({ name, inForce }) => ({
      name,
      minVersionLevel: inForce,
      maxVersionLevel: inForce,
    })),
  }
}
