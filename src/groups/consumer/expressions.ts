import { Turns } from '../../time/turns.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, expressionOf, sameTopics } from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import { FactList } from './fact-list.js'

/** The least time between two searches for topics, however the subscriptions change. */
const leastRefreshIntervalMs = 10_000

/** The number of names that are compared before a look at the time. */
const namesAtOnce = 100

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
  const unresolved = [...group.expressionsRead].some(expression => !group.expressions.has(expression))
  return hasNew || unresolved || topicsAddedSince || ageMs > around.expressionRefreshMs
}

/** The facts that keep what a search has found; an expression that nobody reads any more is left out. */
export function foundBy(
  { found, version }: ExpressionSearch,
  groupId: string,
  group: ConsumerImage,
  nowMs: number,
  around: ConsumerSurroundings,
): FactList {
  const facts = new FactList(groupId)
  const expressions = new Map(group.expressions)
  let differs = false
  for (const [expression, topics] of found) {
    if (group.readersOf(expression) === 0) continue
    differs ||= !haveSameTopics(group.expressions.get(expression)?.topics ?? [], topics)
    const value = { topics, version: BigInt(version), timestamp: BigInt(nowMs) }
    expressions.set(expression, value)
    facts.expression(expression, value)
  }
  const hash = around.topics.hashOf(group.namesReadAfter({ gone: [], come: [] }, expressions))
  if (differs || hash !== group.metadataHash) facts.epoch(group.epoch + 1, hash)
  return facts
}

/** Tells whether two lists have the same topics; most often they have them in the same order. */
function haveSameTopics(a: readonly string[], b: readonly string[]): boolean {
  if (sameTopics(a, b)) return true
  const [old, now] = [new Set(a), new Set(b)]
  return old.size === now.size && b.every(topic => old.has(topic))
}

/** Searches for the topics that regular expressions stand for: step by step, as there may be very many of both. */
export class ExpressionSearch {
  /** The version of the topics that are looked through. */
  readonly version: number
  /** The topics of each expression that was looked for. */
  readonly found = new Map<string, string[]>()
  readonly #names: readonly string[]
  readonly #steps: Generator<void>

  constructor(
    expressions: Iterable<string>,
    private readonly around: ConsumerSurroundings,
  ) {
    this.version = around.topics.version
    this.#names = [...around.topics.names()]
    this.#steps = this.#search([...expressions])
  }

  /** Goes on until the present turn of the event loop is over; true when all is found. */
  goOn(turns = new Turns()): boolean {
    for (;;) {
      if (this.#steps.next().done) return true
      if (turns.isOver) return false
    }
  }

  *#search(expressions: readonly string[]): Generator<void> {
    for (const expression of expressions) {
      const matches = this.#compiled(expression)
      const topics: string[] = []
      for (const [i, name] of this.#names.entries()) {
        if (matches(name)) topics.push(name)
        if (i % namesAtOnce === namesAtOnce - 1) yield
      }
      topics.sort()
      this.found.set(expression, topics)
      yield* this.around.topics.preparing(topics)
    }
  }

  /** An expression that came from elsewhere and no longer compiles stands for no topic. */
  #compiled(expression: string): (name: string) => boolean {
    try {
      return this.around.compile(expression)
    } catch {
      return () => false
    }
  }
}
