import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf } from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import { FactList } from './fact-list.js'
import { hashOfTopics } from './subscriptions.js'

/** The least time between two searches for topics, however the subscriptions change. */
const leastRefreshIntervalMs = 10_000

export interface ExpressionChange {
  /** True where the member has another regular expression than before. */
  readonly changed: boolean
  /** True where the member has another one, and the topics that it stands for are known. */
  readonly resolved: boolean
  /** True where no member had it before. */
  readonly isNew: boolean
}

/** The effect of a member's change to another regular expression. */
export function expressionChange(
  group: ConsumerImage,
  before: ConsumerMember,
  after: ConsumerMember,
  { around, facts }: { around: ConsumerSurroundings; facts: FactList },
): ExpressionChange {
  const [old, now] = [expressionOf(before), expressionOf(after)]
  if (old === now) return { changed: false, resolved: false, isNew: false }
  if (old !== null && group.readersOf(old) === 1) facts.expression(old, null)
  if (now === null) return { changed: true, resolved: true, isNew: false }
  const isNew = group.readersOf(now) === 0
  if (isNew) around.compile(now)
  return { changed: true, resolved: !isNew && group.expressions.has(now), isNew }
}

/** Tells whether the topics that the group's regular expressions stand for have to be found anew. */
export function needsRefresh(
  group: ConsumerImage,
  { hasNew, topicsAddedSince, nowMs }: { hasNew: boolean; topicsAddedSince: boolean; nowMs: number },
  around: ConsumerSurroundings,
): boolean {
  if (!hasNew && !group.hasExpressions) return false
  const [any] = group.expressions.values()
  if (!any) return true
  const ageMs = nowMs - Number(any.timestamp)
  if (ageMs <= leastRefreshIntervalMs) return false
  const unresolved = [...group.members.values()].some(member => {
    const expression = expressionOf(member)
    return expression !== null && !group.expressions.has(expression)
  })
  return hasNew || unresolved || topicsAddedSince || ageMs > around.expressionRefreshMs
}

/** Finds the topics that the regular expressions of all members stand for now. */
export function resolveExpressions(
  groupId: string,
  group: ConsumerImage,
  nowMs: number,
  around: ConsumerSurroundings,
): FactList {
  const facts = new FactList(groupId)
  const expressions = new Map(group.expressions)
  let differs = false
  for (const expression of new Set([...group.members.values()].flatMap(each => expressionOf(each) ?? []))) {
    const topics = matching(expression, around)
    const old = group.expressions.get(expression)?.topics ?? []
    differs ||= topics.length !== old.length || topics.some(topic => !old.includes(topic))
    const value = { topics, version: BigInt(around.topics.version), timestamp: BigInt(nowMs) }
    expressions.set(expression, value)
    facts.expression(expression, value)
  }
  const hash = hashOfTopics(group.members, expressions, around.topics)
  if (differs || hash !== group.metadataHash) facts.epoch(group.epoch + 1, hash)
  return facts
}

/** The topics that match an expression. One that came from elsewhere and no longer compiles stands for none. */
function matching(expression: string, around: ConsumerSurroundings): string[] {
  try {
    const matches = around.compile(expression)
    return [...around.topics.names()].filter(matches).sort()
  } catch {
    return []
  }
}
