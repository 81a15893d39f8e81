import type { Assignee, Assignees } from './assignor.js'
import { inHashOrder } from './java-hash.js'
import type { Partitions } from './partitions.js'
import { assignToDifferentSubscriptions } from './uneven-subscriptions.js'

type Place = readonly [topicId: string, partition: number]
type Draft = Map<string, Partitions>

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
  const { free, all } = freeIn(first.topicIds, partitionCountOf, takenFrom(members))
  const share = Math.floor(all / members.size)
  const draft: Draft = new Map()
  const hungry: { id: string; lacks: number }[] = []
  let extra = all % members.size
  let left = members.size
  for (const id of inHashOrder(members.keys())) {
    const { kept, over, lacks } = trimmed(members.get(id) as Assignee, share + (extra > 0 ? 1 : 0), first)
    draft.set(id, kept)
    for (const each of over) free.push(each)
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

/** The partitions that no member has, in order, and the number of all that there are. */
function freeIn(
  topicIds: Iterable<string>,
  partitionCountOf: Assignees['partitionCountOf'],
  taken: Partitions,
): { free: Place[]; all: number } {
  const free: Place[] = []
  let all = 0
  for (const topicId of topicIds) {
    const count = partitionCountOf(topicId)
    const has = taken.get(topicId)
    all += count
    for (let i = 0; i < count; i++) if (!has?.has(i)) free.push([topicId, i])
  }
  return { free, all }
}

const nothing: readonly Place[] = []

/** The partitions that a member keeps, those that are too many, and the number that it may still get. */
function trimmed(
  { assigned }: Assignee,
  share: number,
  { topicIds }: Pick<Assignee, 'topicIds'>,
): { kept: Partitions; over: readonly Place[]; lacks: number } {
  const had = sizeOf(assigned)
  // Most often a member keeps all that it had: then nothing is made anew for it.
  if (had <= share && readsAll(assigned, topicIds))
    return { kept: assigned, over: nothing, lacks: share - had }
  const kept = new Map<string, Set<number>>()
  const over: Place[] = []
  let lacks = share
  for (const [topicId, partitions] of assigned) {
    if (!topicIds.has(topicId)) continue
    const inOrder = [...partitions].sort((a, b) => a - b)
    const keeps = inOrder.slice(0, lacks)
    if (keeps.length > 0) kept.set(topicId, new Set(keeps))
    for (let i = keeps.length; i < inOrder.length; i++) over.push([topicId, inOrder[i] as number])
    lacks -= keeps.length
  }
  return { kept, over, lacks }
}

function sizeOf(assigned: Partitions): number {
  let size = 0
  for (const partitions of assigned.values()) size += partitions.size
  return size
}

function readsAll(assigned: Partitions, topicIds: ReadonlySet<string>): boolean {
  for (const topicId of assigned.keys()) if (!topicIds.has(topicId)) return false
  return true
}

function feed(draft: Draft, hungry: readonly { id: string; lacks: number }[], free: readonly Place[]): void {
  let next = 0
  for (const { id, lacks } of hungry) {
    const end = Math.min(next + lacks, free.length)
    if (next === end) return
    const assigned = copied(draft.get(id) as Partitions)
    while (next < end) {
      const [topicId, partition] = free[next++] as Place
      const partitions = assigned.get(topicId)
      if (partitions) partitions.add(partition)
      else assigned.set(topicId, new Set<number>().add(partition))
    }
    draft.set(id, assigned)
  }
}

function copied(partitions: Partitions): Map<string, Set<number>> {
  const copy = new Map<string, Set<number>>()
  for (const [topicId, numbers] of partitions) copy.set(topicId, new Set(numbers))
  return copy
}

/** The partitions that members have. A topic's are copied only where several members have some of them. */
function takenFrom(members: Assignees['members']): Partitions {
  const taken = new Map<string, ReadonlySet<number>>()
  const copies = new Map<string, Set<number>>()
  for (const { assigned } of members.values()) {
    for (const [topicId, partitions] of assigned) {
      const known = taken.get(topicId)
      if (!known) {
        taken.set(topicId, partitions)
        continue
      }
      const copy = copies.get(topicId) ?? new Set(known)
      for (const partition of partitions) copy.add(partition)
      taken.set(topicId, copy)
      copies.set(topicId, copy)
    }
  }
  return taken
}
