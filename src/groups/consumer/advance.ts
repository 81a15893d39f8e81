import type { ConsumerImage } from './consumer-image.js'
import {
  type ConsumerMember,
  isReconciledTo,
  sameAbout,
  sameProgress,
  sameTopics,
} from './consumer-member.js'
import { expressionChange } from './expressions.js'
import type { FactList } from './fact-list.js'
import { nextTarget } from './next-target.js'
import type { Partitions } from './partitions.js'
import { reconcile } from './reconcile.js'
import { type Members, membersWith, topicIdsOf, topicsOfAll } from './subscriptions.js'
import type { ConsumerSurroundings } from './surroundings.js'
import { metadataHash } from './topics-view.js'

/** A member that says something of itself. */
export interface Statement {
  readonly before: ConsumerMember
  readonly about: ConsumerMember['about']
  /** What it says that it owns; null when it does not say. */
  readonly owned: Partitions | null
  /** Topics have changed since the group last looked. */
  readonly topicsChanged: boolean
  readonly nowMs: number
}

export interface Advance {
  /** The member as it is when the facts are kept. */
  readonly member: ConsumerMember
  /** What it has is not what it had. */
  readonly moved: boolean
  /** Nobody had its regular expression before. */
  readonly newExpression: boolean
}

/**
 * One step of a group, made by one member: what it says of itself may change what the group reads and
 * so begin a new epoch of the group; a new epoch takes a new target; and the member moves on towards
 * the target as far as the others let it.
 */
export function advance(
  group: ConsumerImage,
  statement: Statement,
  around: ConsumerSurroundings,
  facts: FactList,
): Advance {
  const { before, nowMs } = statement
  const member = { ...before, about: statement.about }
  if (!sameAbout(before.about, member.about)) facts.about(member)
  const topicsChanged = !sameTopics(before.about.subscribedTopicNames, member.about.subscribedTopicNames)
  const expression = expressionChange(group, before, member, { around, facts })
  const members = membersWith(group, member)
  const begins = topicsChanged || expression.resolved
  const epoch =
    begins || statement.topicsChanged ? nextEpoch(group, members, begins, around, facts) : group.epoch
  const target = nextTarget(group, member, members, epoch, { nowMs, around, facts })
  const subscriptionChanged = topicsChanged || expression.changed
  if (!subscriptionChanged && isReconciledTo(member, target.epoch)) {
    return { member, moved: false, newExpression: false }
  }
  const progress = reconcile(member, {
    ...target,
    topicIds: topicIdsOf(member, group.expressions, around.topics),
    subscriptionChanged,
    owned: statement.owned,
    hasOwner: (topicId, partition) => group.ownerOf(topicId, partition) !== undefined,
  })
  const moved = !sameProgress(member, progress)
  if (moved) facts.progress(member, progress)
  return { member: { ...member, ...progress }, moved, newExpression: expression.isNew }
}

/** Also without a change of the subscriptions a new epoch begins when the topics have other partitions than before. */
function nextEpoch(
  group: ConsumerImage,
  members: Members,
  begins: boolean,
  around: ConsumerSurroundings,
  facts: FactList,
): number {
  const hash = metadataHash(topicsOfAll(members, group.expressions), around.topics)
  const next = begins || hash !== group.metadataHash ? group.epoch + 1 : group.epoch
  if (next > group.epoch) facts.epoch(next, hash)
  if (group.hasTopicsRecord) facts.forgetTopics()
  return next
}
