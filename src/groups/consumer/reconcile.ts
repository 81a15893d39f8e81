import type { HeldPartitions, Partitions } from './partitions.js'

/**
 * The state of a member on the way to its target.
 *
 *     stable      it has all that it should have
 *     unrevoked   it has yet to let go of partitions that are another's now
 *     unreleased  it waits for partitions that others have yet to let go
 */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased'

/** The partitions of a member, with its epoch and state. */
export interface Progress {
  readonly epoch: number
  /** The epoch before, in which a member that missed the last answer may still speak. */
  readonly previousEpoch: number
  readonly state: MemberState
  readonly assigned: HeldPartitions
  /** The partitions that it was told to let go, and may still have. */
  readonly revoking: HeldPartitions
}

/** The partitions that a member should have, with what decides how far it may go towards them. */
export interface Target {
  readonly epoch: number
  readonly partitions: Partitions
  /** The topics that the member reads now, which may be more or fewer than when the target was found. */
  readonly topicIds: ReadonlySet<string>
  readonly subscriptionChanged: boolean
  /** The partitions that the member says it owns; null when it does not say. */
  readonly owned: Partitions | null
  hasOwner(topicId: string, partition: number): boolean
}

const nothing: HeldPartitions = new Map()

/**
 * The next step of a member towards its target, as Kafka's CurrentAssignmentBuilder takes it: first it lets go of what
 * is another's, and only then does it get what is free. A member that cannot move stays as it is. No member ever gets a
 * partition that another has not let go of.
 */
export function reconcile(member: Progress, target: Target): Progress {
  const { state, epoch, revoking } = member
  if (state === 'stable' && epoch === target.epoch) return withoutUnsubscribed(member, target)
  if (state === 'unrevoked' && stillOwns(target.owned, revoking)) return withoutUnsubscribed(member, target)
  return advanced(member, target)
}

/** Tells whether a member may still own some of the partitions. One that has said nothing may own all of them. */
const stillOwns = (owned: Partitions | null, partitions: HeldPartitions): boolean =>
  owned === null ||
  [...partitions].some(([topicId, numbers]) =>
    [...numbers.keys()].some(each => owned.get(topicId)?.has(each)),
  )

/** Lets go of topics that the member no longer reads, without waiting for a new target. */
function withoutUnsubscribed(member: Progress, { topicIds, subscriptionChanged, owned }: Target): Progress {
  const dropped = [...member.assigned].filter(([topicId]) => !topicIds.has(topicId))
  if (!subscriptionChanged || dropped.length === 0) return member
  const assigned = new Map([...member.assigned].filter(([topicId]) => topicIds.has(topicId)))
  const revoking = new Map(member.revoking)
  for (const [topicId, numbers] of dropped) {
    revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...numbers]))
  }
  const next = { ...member, previousEpoch: member.epoch, assigned }
  return stillOwns(owned, revoking) ? { ...next, state: 'unrevoked', revoking } : next
}

function advanced(member: Progress, target: Target): Progress {
  const kept = new Map<string, Map<number, number>>()
  const revoking = new Map<string, Map<number, number>>()
  for (const [topicId, numbers] of member.assigned) {
    const wanted = wantedOf(topicId, target)
    for (const [partition, epoch] of numbers) {
      put(wanted?.has(partition) ? kept : revoking, topicId, partition, epoch)
    }
  }
  const next = { previousEpoch: member.epoch, assigned: kept }
  if (revoking.size > 0 && stillOwns(target.owned, revoking)) {
    return { ...next, epoch: member.epoch, state: 'unrevoked', revoking }
  }
  const waits = takeFree(member, target, kept)
  return { ...next, epoch: target.epoch, state: waits ? 'unreleased' : 'stable', revoking: nothing }
}

/**
 * Adds free partitions to those that the member keeps. Returns true where the member waits for some that are not free.
 */
function takeFree(member: Progress, target: Target, kept: Map<string, Map<number, number>>): boolean {
  let waits = false
  for (const topicId of target.partitions.keys()) {
    for (const partition of wantedOf(topicId, target) ?? []) {
      if (kept.get(topicId)?.has(partition)) continue
      const own = member.revoking.get(topicId)?.has(partition) ?? false
      if (own || !target.hasOwner(topicId, partition)) put(kept, topicId, partition, target.epoch)
      else waits = true
    }
  }
  return waits
}

const wantedOf = (topicId: string, { partitions, topicIds }: Target): ReadonlySet<number> | undefined =>
  topicIds.has(topicId) ? partitions.get(topicId) : undefined

function put(
  held: Map<string, Map<number, number>>,
  topicId: string,
  partition: number,
  epoch: number,
): void {
  const numbers = held.get(topicId)
  if (numbers) numbers.set(partition, epoch)
  else held.set(topicId, new Map<number, number>().set(partition, epoch))
}
