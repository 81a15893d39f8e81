/** Which partition of `__consumer_offsets` answers for a group: Java's String.hashCode, as every Kafka has it. */
export function partitionOf(groupId: string, partitions: number): number {
  let hash = 0
  for (let i = 0; i < groupId.length; i++) hash = (Math.imul(hash, 31) + groupId.charCodeAt(i)) | 0
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitions
}
