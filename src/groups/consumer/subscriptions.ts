import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf } from './consumer-member.js'
import { idsOf, type TopicsView } from './topics-view.js'

export type Members = ReadonlyMap<string, ConsumerMember>
type Expressions = ConsumerImage['expressions']

/** The members when this one is (or changes) one of them; a static member takes the place of its predecessor. */
export function membersWith(group: ConsumerImage, member: ConsumerMember): Members {
  const members = new Map(group.members)
  const predecessor = group.staticMember(member.about.instanceId)
  if (predecessor && predecessor.id !== member.id) members.delete(predecessor.id)
  return members.set(member.id, member)
}

/** The topics that a member reads: those that it names, and those that its regular expression stands for. */
export function topicsOf(member: ConsumerMember, expressions: Expressions): string[] {
  const found = expressions.get(expressionOf(member) ?? '')?.topics ?? []
  return [...member.about.subscribedTopicNames, ...found]
}

export const topicIdsOf = (
  member: ConsumerMember,
  expressions: Expressions,
  topics: TopicsView,
): Set<string> => idsOf(topicsOf(member, expressions), topics)

/** The topics that anybody reads. */
export const topicsOfAll = (members: Members, expressions: Expressions): Set<string> =>
  new Set([...members.values()].flatMap(member => topicsOf(member, expressions)))

/**
 * Whether all members read the same topics, as far as Kafka looks: they all name the same, or they all
 * have one and the same regular expression and name none.
 */
export function isHomogeneous(members: Members): boolean {
  const [first, ...others] = members.values()
  if (!first) return true
  const expression = expressionOf(first)
  const topics = new Set(first.about.subscribedTopicNames)
  if (expression !== null && topics.size > 0) return false
  return others.every(
    other =>
      expressionOf(other) === expression &&
      other.about.subscribedTopicNames.length === topics.size &&
      other.about.subscribedTopicNames.every(topic => topics.has(topic)),
  )
}
