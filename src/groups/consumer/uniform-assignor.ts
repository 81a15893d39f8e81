import type { Assignee, Assignees } from './assignor.js'
import { inHashOrder } from './java-hash.js'
import type { Partitions } from './partitions.js'
import { assignToDifferentSubscriptions } from './uneven-subscriptions.js'

type Place = readonly [topicId: string, partition: number]
type Draft = Map<string, Map<string, Set<number>>>

/**
 * Gives every member as many partitions as any other, give or take one, and moves no more of them than
 * that takes, as Kafka's UniformAssignor does.
 */
export function assignUniformly(to: Assignees): ReadonlyMap<string, Partitions> {
  return to.homogeneous ? assignToSameSubscription(to) : assignToDifferentSubscriptions(to)
}

/** Lets each member keep what it had, up to its share; the rest fills up the others. */
function assignToSameSubscription({ members, partitionCountOf }: Assignees): ReadonlyMap<string, Partitions> {
  const [first] = members.values()
  if (!first || first.topicIds.size === 0) return new Map()
  const partitions = [...first.topicIds].flatMap(topicId =>
    Array.from({ length: partitionCountOf(topicId) }, (_, i): Place => [topicId, i]),
  )
  const share = Math.floor(partitions.length / members.size)
  const draft: Draft = new Map()
  const taken = takenFrom(members)
  const free = partitions.filter(([topicId, partition]) => !taken.get(topicId)?.has(partition))
  const hungry: { id: string; lacks: number }[] = []
  let extra = partitions.length % members.size
  let left = members.size
  for (const id of inHashOrder(members.keys())) {
    const { kept, over, lacks } = trimmed(members.get(id) as Assignee, share + (extra > 0 ? 1 : 0), first)
    draft.set(id, kept)
    free.push(...over)
    // Members that have the odd partition already keep it, if enough members remain to have one each.
    const takesExtra = extra > 0 && !(lacks > 0 && left > extra)
    const wants = extra > 0 && !takesExtra ? lacks - 1 : lacks
    if (wants > 0) hungry.push({ id, lacks: wants })
    if (takesExtra) extra--
    left--
  }
  feed(draft, hungry, free)
  return draft
}

/** The partitions that a member keeps, those that are too many, and the number that it may still get. */
function trimmed({ assigned }: Assignee, share: number, { topicIds }: Pick<Assignee, 'topicIds'>) {
  const kept = new Map<string, Set<number>>()
  const over: Place[] = []
  let lacks = share
  for (const [topicId, partitions] of assigned) {
    if (!topicIds.has(topicId)) continue
    const inOrder = [...partitions].sort((a, b) => a - b)
    const keeps = inOrder.slice(0, lacks)
    if (keeps.length > 0) kept.set(topicId, new Set(keeps))
    over.push(...inOrder.slice(lacks).map((partition): Place => [topicId, partition]))
    lacks -= keeps.length
  }
  return { kept, over, lacks }
}

function feed(draft: Draft, hungry: readonly { id: string; lacks: number }[], free: readonly Place[]): void {
  let next = 0
  for (const { id, lacks } of hungry) {
    const assigned = draft.get(id) as Map<string, Set<number>>
    for (const [topicId, partition] of free.slice(next, next + lacks)) {
      const partitions = assigned.get(topicId) ?? new Set()
      assigned.set(topicId, partitions.add(partition))
    }
    next += lacks
  }
}

function takenFrom(members: Assignees['members']): Partitions {
  const taken = new Map<string, Set<number>>()
  for (const { assigned } of members.values()) {
    for (const [topicId, partitions] of assigned) {
      const all = taken.get(topicId) ?? new Set()
      for (const partition of partitions) all.add(partition)
      taken.set(topicId, all)
    }
  }
  return taken
}
