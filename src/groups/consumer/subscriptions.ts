import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf } from './consumer-member.js'
import type { TopicsView } from './topics-view.js'

export type MembersById = ReadonlyMap<string, ConsumerMember>
type Expressions = ConsumerImage['expressions']

/** The members once this one is (or changes) one of them; a static member takes the place of its predecessor. */
export function membersWith(group: ConsumerImage, member: ConsumerMember): MembersById {
  const members = new Map(group.members)
  const predecessor = group.staticMember(member.about.instanceId)
  if (predecessor && predecessor.id !== member.id) members.delete(predecessor.id)
  return members.set(member.id, member)
}

/** The members that go and come when this one is (or changes) one of them. */
export function changeTo(group: ConsumerImage, member: ConsumerMember) {
  const before = group.members.get(member.id)
  const predecessor = group.staticMember(member.about.instanceId)
  const gone = new Set([before, predecessor].filter(each => each !== undefined))
  return { gone: [...gone], come: [member] }
}

/** The ids of the topics that a member reads and that exist: those that it names, and those of its expression. */
export function topicIdsOf(
  member: ConsumerMember,
  expressions: Expressions,
  topics: TopicsView,
): ReadonlySet<string> {
  const named = member.about.subscribedTopicNames
  const found = expressions.get(expressionOf(member) ?? '')?.topics ?? []
  if (found.length === 0) return topics.idsOf(named)
  if (named.length === 0) return topics.idsOf(found)
  return new Set([...topics.idsOf(named), ...topics.idsOf(found)])
}

/**
 * Tells whether all members read the same topics, as far as Kafka looks: they all name the same, or they all have one
 * and the same regular expression and name none.
 */
export function isHomogeneous(members: MembersById): boolean {
  const [first] = members.values()
  if (!first) return true
  const expression = expressionOf(first)
  if (expression !== null && first.about.subscribedTopicNames.length > 0) return false
  if (members.size === 1) return true
  const names = first.about.subscribedTopicNames
  const topics = new Set(names)
  const areSame = (other: readonly string[]) =>
    other === names || (other.length === topics.size && other.every(topic => topics.has(topic)))
  for (const other of members.values()) {
    if (expressionOf(other) !== expression || !areSame(other.about.subscribedTopicNames)) return false
  }
  return true
}
