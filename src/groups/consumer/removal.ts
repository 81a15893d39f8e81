import type { ErrorName } from '../../wire/errors.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf, leavingForAWhileEpoch, speaksClassic } from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import type { FactList } from './fact-list.js'
import { withEpoch, withoutEpochs } from './partitions.js'
import { hashOfTopics } from './subscriptions.js'

/** Takes members out: their partitions are free, and a new epoch of the group begins. */
export function remove(
  group: ConsumerImage,
  leaving: readonly ConsumerMember[],
  around: ConsumerSurroundings,
  facts: FactList,
): void {
  const members = new Map(group.members)
  for (const { id } of leaving) {
    facts.forgetMember(id)
    members.delete(id)
  }
  const expressions = new Map(group.expressions)
  const read = new Set([...members.values()].map(expressionOf))
  for (const expression of new Set(leaving.flatMap(member => expressionOf(member) ?? []))) {
    if (read.has(expression)) continue
    facts.expression(expression, null)
    expressions.delete(expression)
  }
  facts.epoch(group.epoch + 1, hashOfTopics(members, expressions, around.topics))
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
  const staying = [...group.members.values()].filter(({ id }) => !gone.some(each => each.id === id))
  return staying.length > 0 && staying.every(speaksClassic)
}
