import type { GroupFact, GroupOutcome } from '../stored/group-facts.js'

/** The number of facts that are kept at once, which takes a few milliseconds. */
const factsAtOnce = 1000

/**
 * Keeps facts about offsets, more than a few in one part after the other, so that others are served in between. Where a
 * part fails those before it stay kept, as with a request that was sent in parts, and no client is told of success. The
 * facts in `last` are kept with the last part, all or none.
 */
export function inParts<T>(
  all: readonly T[],
  factOf: (each: T) => GroupFact,
  then: Omit<GroupOutcome, 'facts'>,
  last: readonly GroupFact[] = [],
): GroupOutcome {
  const part = (from: number): GroupOutcome => {
    const to = from + factsAtOnce
    if (to >= all.length) return { ...then, facts: [...all.slice(from).map(factOf), ...last] }
    return { ...then, facts: all.slice(from, to).map(factOf), kept: () => part(to) }
  }
  return part(0)
}
