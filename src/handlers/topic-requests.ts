import { KafkaError } from '../wire/errors.js'

/** Of all topics of one request together (Kafka's QuorumController.MAX_RECORDS_PER_USER_OP). */
const mostPartitions = 10_000

/** Throws POLICY_VIOLATION, for the request as a whole, where it would make more partitions than one request may. */
export function checkPartitionsInAll(count: number): void {
  if (count <= mostPartitions) return
  throw new KafkaError('POLICY_VIOLATION', 'Excessively large number of partitions per request.')
}

/** The names that occur more than once. */
export function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(names.filter(name => seen.has(name) || !seen.add(name)))
}
