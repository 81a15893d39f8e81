import type { Assignee, Assignor } from './assignor.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf } from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import type { FactList } from './fact-list.js'
import { inHashOrder } from './java-hash.js'
import { noPartitions, type Partitions, samePartitions } from './partitions.js'
import { isHomogeneous, type MembersById, topicIdsOf } from './subscriptions.js'

export interface MemberTarget {
  readonly epoch: number
  readonly partitions: Partitions
}

/**
 * The partitions that a member should have in this epoch of the group. When the target is not known yet, it is found
 * for all members at once, unless the last one is too young; that one then holds for a while.
 */
export function nextTarget(
  group: ConsumerImage,
  member: ConsumerMember,
  membersNow: () => MembersById,
  epoch: number,
  { nowMs, around, facts }: { nowMs: number; around: ConsumerSurroundings; facts: FactList },
): MemberTarget {
  if (group.targetEpoch >= epoch || isTooYoung(group.targetTimestampMs, around.assignmentIntervalMs, nowMs)) {
    return { epoch: group.targetEpoch, partitions: formerTarget(group, member) }
  }
  const members = membersNow()
  const assign = around.assignors.get(assignorName(members, around.assignors)) as Assignor
  const targets = assign({
    homogeneous: isHomogeneous(members),
    partitionCountOf: topicId => around.topics.withId(topicId)?.partitions.length ?? 0,
    members: assigneesOf(group, members, around),
  })
  for (const id of members.keys()) {
    const old = group.targets.get(id)
    const found = targets.get(id) ?? noPartitions
    if (old === undefined || !samePartitions(old, found)) facts.target(id, found)
  }
  facts.targetEpoch(epoch, nowMs)
  return { epoch, partitions: targets.get(member.id) ?? noPartitions }
}

/** The members as assignors see them. Those with the same subscription share the set of its topics. */
function assigneesOf(
  group: ConsumerImage,
  members: MembersById,
  { topics }: ConsumerSurroundings,
): Map<string, Assignee> {
  const assignees = new Map<string, Assignee>()
  const ofExpression = new Map<string | null, Map<readonly string[], ReadonlySet<string>>>()
  for (const member of members.values()) {
    const { subscribedTopicNames: names, instanceId } = member.about
    const expression = expressionOf(member)
    const known = ofExpression.get(expression) ?? new Map<readonly string[], ReadonlySet<string>>()
    const topicIds = known.get(names) ?? topicIdsOf(member, group.expressions, topics)
    ofExpression.set(expression, known.set(names, topicIds))
    assignees.set(member.id, { instanceId, topicIds, assigned: formerTarget(group, member) })
  }
  return assignees
}

/** The last target of a member; a static member that is back under another id has that of its predecessor. */
const formerTarget = (group: ConsumerImage, { id, about }: ConsumerMember): Partitions =>
  group.targetOf(group.staticMember(about.instanceId)?.id ?? id)

const isTooYoung = (targetTimestampMs: number, intervalMs: number, nowMs: number): boolean =>
  targetTimestampMs > 0 && nowMs < targetTimestampMs + intervalMs

/** The assignor that most members ask for, if any of them asks for one; otherwise the default. */
export function assignorName(members: MembersById, assignors: ReadonlyMap<string, Assignor>): string {
  const votes = new Map<string, number>()
  for (const { about } of members.values()) {
    const name = about.serverAssignor
    if (name !== null && assignors.has(name)) votes.set(name, (votes.get(name) ?? 0) + 1)
  }
  const [winner] = inHashOrder(votes.keys()).sort((a, b) => (votes.get(b) ?? 0) - (votes.get(a) ?? 0))
  const [fallback] = assignors.keys()
  return winner ?? (fallback as string)
}
