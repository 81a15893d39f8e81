import type { ConsumerFact, StoredExpression } from '../stored/consumer-facts.js'
import {
  type ConsumerMember,
  expressionOf,
  isReconciledTo,
  newMember,
  restoredProgress,
  speaksClassic,
} from './consumer-member.js'
import { Counted } from './counted.js'
import { fromListed, type HeldPartitions, noPartitions, type Partitions } from './partitions.js'

/** The state of a group, as in Kafka's ConsumerGroupState. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' | 'Dead'

type Names = readonly string[]

/** The length above which lists are told apart without being looked at. */
const longList = 100
const keyOfNames = (names: Names): unknown => (names.length > longList ? names : JSON.stringify(names))
const namesOf = ({ about }: ConsumerMember): Names => about.subscribedTopicNames
const withNames = (member: ConsumerMember, names: Names): ConsumerMember => ({
  ...member,
  about: { ...member.about, subscribedTopicNames: names as string[] },
})
const classicProtocolsOf = ({ about }: ConsumerMember): ReadonlySet<string> =>
  new Set(about.classicMemberMetadata?.supportedProtocols.map(({ name }) => name))
const expressionsOf = (member: ConsumerMember): readonly string[] => {
  const expression = expressionOf(member)
  return expression === null ? [] : [expression]
}

/** The epoch of a member whose progress was taken back. */
const gone = -1

/**
 * The durable state of a consumer group: its members, the partitions that each should have and those that each has.
 * `apply` alone changes it, so that a replay of the facts gives the same image again.
 */
export class ConsumerImage {
  /** The group's epoch, which rises with every change of the members or of the topics that they read. */
  epoch = 1
  metadataHash = 0n
  /** The epoch of the group for which the targets were found, and the time at which they were. */
  targetEpoch = 1
  targetTimestampMs = 0
  /** True where Kafka 4.0 left a record that later versions take back. */
  hasTopicsRecord = false
  readonly members = new Map<string, ConsumerMember>()
  readonly targets = new Map<string, Partitions>()
  /** The topics that each regular expression stands for. */
  readonly expressions = new Map<string, StoredExpression>()
  readonly #idOfInstance = new Map<string, string>()
  readonly #owners = new Map<string, Map<number, string>>()
  /** The regular expressions, and the lists of names, to which members subscribe. */
  readonly #expressionsRead = new Counted<string>(expression => expression)
  readonly #namesRead = new Counted<Names>(keyOfNames)
  /** The members that speak the classic protocol, and the ways of assigning that they know. */
  #classicMembers = 0
  readonly #classicProtocols = new Counted<string>(name => name)
  #subscribed: ReadonlySet<string> | null = null
  #deleted = false

  get state(): ConsumerGroupState {
    if (this.#deleted) return 'Dead'
    if (this.members.size === 0) return 'Empty'
    if (this.epoch > this.targetEpoch) return 'Assigning'
    const reconciled = [...this.members.values()].every(member => isReconciledTo(member, this.targetEpoch))
    return reconciled ? 'Stable' : 'Reconciling'
  }

  /** The topics that members read, by their names or by regular expressions. */
  get subscribedTopics(): ReadonlySet<string> {
    if (this.#subscribed) return this.#subscribed
    const names = new Set<string>()
    for (const list of this.#namesRead) for (const name of list) names.add(name)
    for (const { topics } of this.expressions.values()) for (const name of topics) names.add(name)
    this.#subscribed = names
    return names
  }

  /** Tells whether all members that speak the classic protocol know this way of assigning partitions. */
  isCommonProtocol(name: string): boolean {
    return this.#classicProtocols.timesOf(name) === this.#classicMembers
  }

  get classicMemberCount(): number {
    return this.#classicMembers
  }

  /** The regular expressions to which members subscribe, each once. */
  get expressionsRead(): Iterable<string> {
    return this.#expressionsRead
  }

  get hasExpressions(): boolean {
    return this.#expressionsRead.size > 0
  }

  /**
   * The lists of names that members read once these are gone and others have come: those that they give, each once, and
   * the topics that their regular expressions stand for.
   */
  *namesReadAfter(
    { gone, come }: { readonly gone: readonly ConsumerMember[]; readonly come: readonly ConsumerMember[] },
    expressions: ReadonlyMap<string, StoredExpression> = this.expressions,
  ): Generator<Names> {
    yield* this.#namesRead.changed(gone.map(namesOf), come.map(namesOf))
    const read = this.#expressionsRead.changed(gone.flatMap(expressionsOf), come.flatMap(expressionsOf))
    for (const expression of read) yield expressions.get(expression)?.topics ?? []
  }

  staticMember(instanceId: string | null): ConsumerMember | undefined {
    return instanceId === null ? undefined : this.members.get(this.#idOfInstance.get(instanceId) ?? '')
  }

  targetOf(memberId: string): Partitions {
    return this.targets.get(memberId) ?? noPartitions
  }

  /** The member that has a partition, or was told to let it go and has not said that it did. */
  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition)
  }

  readersOf(expression: string): number {
    return this.#expressionsRead.timesOf(expression)
  }

  apply(fact: ConsumerFact): void {
    this.#subscribed = null
    switch (fact.kind) {
      case 'consumer-group':
        this.#deleted = fact.value === null
        this.epoch = fact.value?.epoch ?? this.epoch
        this.metadataHash = fact.value?.metadataHash ?? this.metadataHash
        return
      case 'consumer-topics':
        this.hasTopicsRecord = fact.value !== null
        return
      case 'consumer-target-epoch':
        this.targetEpoch = fact.value?.assignmentEpoch ?? gone
        this.targetTimestampMs = Number(fact.value?.assignmentTimestamp ?? 0n)
        return
      case 'consumer-target':
        if (fact.value) this.targets.set(fact.memberId, fromListed(fact.value.topicPartitions))
        else this.targets.delete(fact.memberId)
        return
      case 'consumer-expression':
        if (fact.value) this.expressions.set(fact.regularExpression, fact.value)
        else this.expressions.delete(fact.regularExpression)
        return
      default:
        this.#applyToMember(fact)
    }
  }

  #applyToMember(fact: ConsumerFact & { readonly kind: 'consumer-member' | 'consumer-progress' }): void {
    const before = this.members.get(fact.memberId)
    if (fact.value === null) {
      if (before && fact.kind === 'consumer-member') this.#replace(before, null)
      else if (before)
        this.#replace(before, { ...newMember(fact.memberId), about: before.about, epoch: gone })
      return
    }
    const member = before ?? newMember(fact.memberId)
    const change = fact.kind === 'consumer-member' ? { about: fact.value } : restoredProgress(fact.value)
    this.#replace(before, { ...member, ...change })
  }

  #replace(before: ConsumerMember | undefined, after: ConsumerMember | null): void {
    if (before) this.#unindex(before)
    if (before && !after) this.members.delete(before.id)
    if (after) {
      const names = this.#namesRead.add(namesOf(after))
      const member = names === namesOf(after) ? after : withNames(after, names)
      this.members.set(after.id, member)
      this.#index(member)
    }
  }

  #index(member: ConsumerMember): void {
    const { instanceId } = member.about
    if (instanceId !== null) this.#idOfInstance.set(instanceId, member.id)
    for (const expression of expressionsOf(member)) this.#expressionsRead.add(expression)
    if (speaksClassic(member)) this.#classicMembers++
    for (const name of classicProtocolsOf(member)) this.#classicProtocols.add(name)
    for (const held of [member.assigned, member.revoking]) this.#own(held, member.id)
  }

  #unindex(member: ConsumerMember): void {
    const { instanceId } = member.about
    if (instanceId !== null && this.#idOfInstance.get(instanceId) === member.id) {
      this.#idOfInstance.delete(instanceId)
    }
    this.#namesRead.delete(namesOf(member))
    for (const expression of expressionsOf(member)) this.#expressionsRead.delete(expression)
    if (speaksClassic(member)) this.#classicMembers--
    for (const name of classicProtocolsOf(member)) this.#classicProtocols.delete(name)
    for (const held of [member.assigned, member.revoking]) this.#disown(held, member.id)
  }

  #own(held: HeldPartitions, memberId: string): void {
    for (const [topicId, partitions] of held) {
      const owners = this.#owners.get(topicId) ?? new Map<number, string>()
      this.#owners.set(topicId, owners)
      for (const partition of partitions.keys()) owners.set(partition, memberId)
    }
  }

  #disown(held: HeldPartitions, memberId: string): void {
    for (const [topicId, partitions] of held) {
      const owners = this.#owners.get(topicId)
      for (const partition of partitions.keys()) {
        if (owners?.get(partition) === memberId) owners.delete(partition)
      }
      if (owners?.size === 0) this.#owners.delete(topicId)
    }
  }
}
