import type { ConsumerImage } from './consumer-image.js'
import {
  type ConsumerMember,
  isReconciledTo,
  sameAbout,
  sameProgress,
  sameTopics,
} from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import { expressionChange } from './expressions.js'
import type { FactList } from './fact-list.js'
import { nextTarget } from './next-target.js'
import type { Partitions } from './partitions.js'
import { reconcile } from './reconcile.js'
import { changeTo, type MembersById, membersWith, topicIdsOf } from './subscriptions.js'

/** A statement of a member: its subscription and the partitions that it owns. */
export interface Statement {
  readonly before: ConsumerMember
  readonly about: ConsumerMember['about']
  /** The partitions that the member says it owns; null when it does not say. */
  readonly owned: Partitions | null
  readonly now: Circumstances
}

/** The circumstances in which a member speaks. */
export interface Circumstances {
  readonly nowMs: number
  /** True where topics have changed since the group last looked. */
  readonly topicsChanged: boolean
  /** True where the group has to share out its work anew, whatever the member says. */
  readonly unsettled: boolean
}

/** The state of a group and its member after a statement. */
export interface Stated {
  readonly member: ConsumerMember
  /** Gives all members, with this one as it is now. */
  members(): MembersById
  /** The epoch of the group, perhaps a new one. */
  readonly epoch: number
  readonly subscriptionChanged: boolean
  /** True where no member had this one's regular expression before. */
  readonly newExpression: boolean
}

export interface Advance {
  /** The member as it is when the facts are kept. */
  readonly member: ConsumerMember
  /** True where the partitions that the member has are not those that it had. */
  readonly moved: boolean
  readonly newExpression: boolean
}

/**
 * One step of a group, made by one member. Its statement may change the topics that the group reads and so begin a new
 * epoch of the group; a new epoch takes a new target; and the member moves on towards the target as far as the others
 * let it.
 */
export const advance = (
  group: ConsumerImage,
  statement: Statement,
  around: ConsumerSurroundings,
  facts: FactList,
): Advance => move(group, state(group, statement, around, facts), statement, around, facts)

/** Makes the first half of a step: takes in the member's statement. */
export function state(
  group: ConsumerImage,
  { before, about, now }: Statement,
  around: ConsumerSurroundings,
  facts: FactList,
): Stated {
  const member = { ...before, about }
  if (!sameAbout(before.about, about)) facts.about(member)
  const topicsChanged = !sameTopics(before.about.subscribedTopicNames, about.subscribedTopicNames)
  const expression = expressionChange(group, before, member, { around, facts })
  const begins = topicsChanged || expression.resolved || now.unsettled
  return {
    member,
    members: () => membersWith(group, member),
    epoch: begins || now.topicsChanged ? nextEpoch(group, member, begins, around, facts) : group.epoch,
    subscriptionChanged: topicsChanged || expression.changed,
    newExpression: expression.isNew,
  }
}

/** Makes the second half: the member moves on. */
export function move(
  group: ConsumerImage,
  { member, members, epoch, subscriptionChanged, newExpression }: Stated,
  { owned, now }: Pick<Statement, 'owned' | 'now'>,
  around: ConsumerSurroundings,
  facts: FactList,
): Advance {
  const target = nextTarget(group, member, members, epoch, { nowMs: now.nowMs, around, facts })
  if (!subscriptionChanged && isReconciledTo(member, target.epoch)) {
    return { member, moved: false, newExpression: false }
  }
  const progress = reconcile(member, {
    ...target,
    topicIds: topicIdsOf(member, group.expressions, around.topics),
    subscriptionChanged,
    owned,
    hasOwner: (topicId, partition) => group.ownerOf(topicId, partition) !== undefined,
  })
  const moved = !sameProgress(member, progress)
  if (moved) facts.progress(member, progress)
  return { member: { ...member, ...progress }, moved, newExpression }
}

/**
 * The epoch after a statement. Also without a change of the subscriptions a new one begins, when the topics have other
 * partitions than before.
 */
function nextEpoch(
  group: ConsumerImage,
  member: ConsumerMember,
  begins: boolean,
  around: ConsumerSurroundings,
  facts: FactList,
): number {
  const hash = around.topics.hashOf(group.namesReadAfter(changeTo(group, member)))
  const next = begins || hash !== group.metadataHash ? group.epoch + 1 : group.epoch
  if (next > group.epoch) facts.epoch(next, hash)
  if (group.hasTopicsRecord) facts.forgetTopics()
  return next
}
