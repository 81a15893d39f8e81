import type { ErrorName } from '../../wire/errors.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf, leavingForAWhileEpoch, speaksClassic } from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import type { FactList } from './fact-list.js'
import { withEpoch, withoutEpochs } from './partitions.js'

/** Takes members out: their partitions are free, and a new epoch of the group begins. */
export function remove(
  group: ConsumerImage,
  leaving: readonly ConsumerMember[],
  around: ConsumerSurroundings,
  facts: FactList,
): void {
  const readers = new Map<string, number>()
  for (const member of leaving) {
    facts.forgetMember(member.id)
    const expression = expressionOf(member)
    if (expression !== null) readers.set(expression, (readers.get(expression) ?? 0) + 1)
  }
  for (const [expression, times] of readers) {
    if (times === group.readersOf(expression)) facts.expression(expression, null)
  }
  const read = group.namesReadAfter({ gone: leaving, come: [] })
  facts.epoch(group.epoch + 1, around.topics.hashOf(read))
}

/** The member that an administrator, or a classic client, means; static members may be named by that name alone. */
export function leaver(
  group: ConsumerImage,
  memberId: string,
  instanceId: string | null,
): ConsumerMember | ErrorName {
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId)
  if (!member) return 'UNKNOWN_MEMBER_ID'
  const isFenced = instanceId !== null && memberId !== '' && memberId !== member.id
  return isFenced ? 'FENCED_INSTANCE_ID' : member
}

/** Lets a static member go away for a while; it keeps its partitions until its session ends. */
export function release(member: ConsumerMember, facts: FactList): void {
  const assigned = withEpoch(withoutEpochs(member.assigned), 0)
  facts.progress(member, { ...member, epoch: leavingForAWhileEpoch, assigned, revoking: new Map() })
}

/** Takes back the group, with all its members. */
export function forget(group: ConsumerImage, facts: FactList): void {
  for (const id of group.members.keys()) facts.forgetMember(id)
  facts.forgetGroup(group.expressions.keys())
}

/** Tells whether some members stay when these are gone, and all of them speak the classic protocol. */
export function onlyClassicStay(group: ConsumerImage, gone: readonly ConsumerMember[]): boolean {
  const staying = group.members.size - gone.length
  return staying > 0 && group.classicMemberCount - gone.filter(speaksClassic).length === staying
}
