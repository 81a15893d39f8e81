/**
 * The partition of an internal topic that answers for a group or a transactional id: Java's String.hashCode chooses it,
 * as in every Kafka.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitions
}
