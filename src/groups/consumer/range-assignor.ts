import type { Assignee, Assignees } from './assignor.js'
import type { Partitions } from './partitions.js'

/** The state of a topic while it is dealt out. */
interface Share {
  readonly partitions: number
  readonly members: number
  next: number
  /** The number of members that still get one partition more than the others. */
  extra: number
}

/**
 * Gives each member a range of consecutive partitions of every topic that it reads, as Kafka's
 * RangeAssignor does: two topics with as many partitions, read by the same members, are shared out
 * alike. Static members come first, by their names, so that a restart changes nothing.
 */
export function assignByRange({ members, partitionCountOf }: Assignees): ReadonlyMap<string, Partitions> {
  const ids = [...members.keys()].sort((a, b) =>
    compare(a, members.get(a) as Assignee, b, members.get(b) as Assignee),
  )
  const readers = new Map<string, number>()
  for (const { topicIds } of members.values()) {
    for (const topicId of topicIds) readers.set(topicId, (readers.get(topicId) ?? 0) + 1)
  }
  const shares = new Map<string, Share>()
  for (const [topicId, count] of readers) {
    const partitions = partitionCountOf(topicId)
    shares.set(topicId, { partitions, members: count, next: 0, extra: partitions % count })
  }
  return new Map(ids.map(id => [id, rangesOf(members.get(id) as Assignee, shares)]))
}

function rangesOf({ topicIds }: Assignee, shares: ReadonlyMap<string, Share>): Partitions {
  const ranges = new Map<string, Set<number>>()
  for (const topicId of topicIds) {
    const range = nextRange(shares.get(topicId) as Share)
    if (range.size > 0) ranges.set(topicId, range)
  }
  return ranges
}

function nextRange(share: Share): Set<number> {
  const count = Math.floor(share.partitions / share.members) + (share.extra > 0 ? 1 : 0)
  if (share.extra > 0) share.extra--
  const range = new Set<number>()
  for (let i = 0; i < count; i++) range.add(share.next++)
  return range
}

function compare(a: string, one: Assignee, b: string, other: Assignee): number {
  if (one.instanceId !== null && other.instanceId !== null) return order(one.instanceId, other.instanceId)
  if (one.instanceId !== null) return -1
  if (other.instanceId !== null) return 1
  return order(a, b)
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
