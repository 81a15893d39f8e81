import type { BrokerConfig } from '../config/broker-config.js'

/** Whether it is more partitions than one request may make, which fails the request as a whole. */
export const areTooMany = (partitions: number, config: BrokerConfig): boolean =>
  partitions > config.number('ottla.max.new.partitions.per.request')

/** The names that occur more than once. */
export function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(names.filter(name => seen.has(name) || !seen.add(name)))
}
