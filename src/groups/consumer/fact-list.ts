import type { ConsumerFact, StoredExpression } from '../stored/consumer-facts.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, storedProgress } from './consumer-member.js'
import { listed, type Partitions } from './partitions.js'
import type { Progress } from './reconcile.js'

/** The facts that a command finds, in the order in which they have to be kept. */
export class FactList {
  readonly all: ConsumerFact[] = []

  constructor(private readonly groupId: string) {}

  epoch(epoch: number, metadataHash: bigint): void {
    this.#add({ kind: 'consumer-group', value: { epoch, metadataHash } })
  }

  about({ id, about }: Pick<ConsumerMember, 'id' | 'about'>): void {
    this.#add({ kind: 'consumer-member', memberId: id, value: about })
  }

  target(memberId: string, partitions: Partitions): void {
    this.#add({ kind: 'consumer-target', memberId, value: { topicPartitions: listed(partitions) } })
  }

  targetEpoch(assignmentEpoch: number, nowMs: number): void {
    const value = { assignmentEpoch, assignmentTimestamp: BigInt(nowMs) }
    this.#add({ kind: 'consumer-target-epoch', value })
  }

  progress({ id }: Pick<ConsumerMember, 'id'>, progress: Progress): void {
    this.#add({ kind: 'consumer-progress', memberId: id, value: storedProgress(progress) })
  }

  expression(regularExpression: string, value: StoredExpression | null): void {
    this.#add({ kind: 'consumer-expression', regularExpression, value })
  }

  /** Takes back all facts about a member. */
  forgetMember(memberId: string): void {
    this.#add({ kind: 'consumer-progress', memberId, value: null })
    this.#add({ kind: 'consumer-target', memberId, value: null })
    this.#add({ kind: 'consumer-member', memberId, value: null })
  }

  /** Takes back what Kafka 4.0 kept of the topics. */
  forgetTopics(): void {
    this.#add({ kind: 'consumer-topics', value: null })
  }

  /** Takes back the group, which has no members any more. */
  forgetGroup(expressions: Iterable<string>): void {
    this.#add({ kind: 'consumer-target-epoch', value: null })
    for (const regularExpression of expressions) this.expression(regularExpression, null)
    this.forgetTopics()
    this.#add({ kind: 'consumer-group', value: null })
  }

  #add(fact: Unnamed<ConsumerFact>): void {
    this.all.push({ ...fact, groupId: this.groupId } as ConsumerFact)
  }
}

/** All facts that restore the durable state of a group. */
export function factsOf(groupId: string, group: ConsumerImage): ConsumerFact[] {
  const facts = new FactList(groupId)
  for (const member of group.members.values()) facts.about(member)
  facts.epoch(group.epoch, group.metadataHash)
  for (const [expression, value] of group.expressions) facts.expression(expression, value)
  for (const [memberId, partitions] of group.targets) facts.target(memberId, partitions)
  facts.targetEpoch(group.targetEpoch, group.targetTimestampMs)
  for (const member of group.members.values()) facts.progress(member, member)
  return facts.all
}

/** A fact without the group that it is about. */
type Unnamed<Fact> = Fact extends ConsumerFact ? Omit<Fact, 'groupId'> : never
