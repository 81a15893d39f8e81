import type { BrokerConfig } from '../../config/broker-config.js'
import type { Turns } from '../../time/turns.js'

/** Tells whether these are more partitions than one request may make, which fails the request as a whole. */
export const areTooMany = (partitions: number, config: BrokerConfig): boolean =>
  partitions > config.number('ottla.max.new.partitions.per.request')

/** Returns the names that occur more than once. */
export async function repeated<T>(
  all: readonly T[],
  nameOf: (each: T) => string,
  turns: Turns,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const each of all) {
    const name = nameOf(each)
    if (seen.has(name)) twice.add(name)
    else seen.add(name)
    const pause = turns.pause()
    if (pause) await pause
  }
  return twice
}
