/** Of all topics of one request together (Kafka's QuorumController.MAX_RECORDS_PER_USER_OP). */
const mostPartitions = 10_000

/** Whether it is more partitions than one request may make, which fails the request as a whole. */
export const areTooMany = (partitions: number): boolean => partitions > mostPartitions

/** The names that occur more than once. */
export function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(names.filter(name => seen.has(name) || !seen.add(name)))
}
