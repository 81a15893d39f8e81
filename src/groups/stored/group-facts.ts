import type { FactCodec, Outcome } from '../../coordinator/outcome.js'
import type { ValueOf } from '../../wire/schema.js'
import { decodeMessage, encodeMessage, encodeMessageInTurns, keyOf } from '../../wire/stored-message.js'
import { type ConsumerFact, consumerFacts, isConsumerFact } from './consumer-facts.js'
import { groupMetadataKey, groupMetadataValue, offsetCommitValue } from './group-records.js'
import { OffsetCodec } from './offset-codec.js'

/** A group as of its last finished rebalance. */
export type StoredGroup = ValueOf<typeof groupMetadataValue>
export type StoredMember = StoredGroup['members'][number]
/** A committed offset. */
export type StoredOffset = ValueOf<typeof offsetCommitValue>

/**
 * A fact about a group, as one record of `__consumer_offsets` holds it. A value of null takes back the facts before.
 */
export type GroupFact =
  | { readonly kind: 'group'; readonly groupId: string; readonly value: StoredGroup | null }
  | {
      readonly kind: 'offset'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      readonly value: StoredOffset | null
    }
  | ConsumerFact

export type GroupOutcome = Outcome<GroupFact>

/** The outcome that has nothing to keep. */
export const nothing: GroupOutcome = { facts: [] }

/** A group of which only its existence is known. */
export const noGeneration = (nowMs: number): StoredGroup => ({
  protocolType: '',
  generation: 0,
  protocol: null,
  leader: null,
  currentStateTimestamp: BigInt(nowMs),
  members: [],
})

const offsetCommitType = 1
const groupMetadataType = 2

/** The last version of a group's value without tagged fields: the one that every Kafka reads. */
const groupVersion = 3
/** The one version of an offset's value that has an expiry of its own. */
const expiringOffsetVersion = 1

/** The bytes of a record and of the fields of a committed offset whose length never changes. */
const offsetBytes = 41

/** The least number of bytes that a record of a committed offset takes. */
export const leastOffsetBytes = (groupId: string, topic: string, metadata: string): number =>
  offsetBytes + groupId.length + topic.length + metadata.length

const offsetCodec = new OffsetCodec()

/** Encodes facts in Kafka's own record format, and decodes them. */
export const groupFacts: FactCodec<GroupFact> = {
  leastBytes(fact) {
    if (fact.value === null) return 0
    if (fact.kind === 'offset') return leastOffsetBytes(fact.groupId, fact.topic, fact.value.metadata)
    if (fact.kind !== 'group') return consumerFacts.leastBytes(fact)
    return fact.value.members.reduce(
      (sum, each) => sum + each.subscription.length + each.assignment.length,
      0,
    )
  },

  async encodeInTurns(fact, turns) {
    if (isConsumerFact(fact)) return consumerFacts.encodeInTurns(fact, turns)
    if (fact.kind !== 'group' || fact.value === null) return this.encode(fact)
    return {
      key: encodeMessage(groupMetadataKey, 0, { group: fact.groupId }),
      value: await encodeMessageInTurns(groupMetadataValue, groupVersion, fact.value, turns),
    }
  },

  encode(fact) {
    if (isConsumerFact(fact)) return consumerFacts.encode(fact)
    const { groupId: group } = fact
    if (fact.kind === 'group') {
      return {
        key: encodeMessage(groupMetadataKey, 0, { group }),
        value: fact.value && encodeMessage(groupMetadataValue, groupVersion, fact.value),
      }
    }
    return {
      key: offsetCodec.writeKey(group, fact.topic, fact.partition),
      value: fact.value && encodedOffset(fact.value),
    }
  },

  decode(key, value) {
    switch (keyOf(key)) {
      case offsetCommitType: {
        const { group, topic, partition } = offsetCodec.key(key)
        return {
          kind: 'offset',
          groupId: group,
          topic,
          partition,
          value: value && offsetCodec.value(value),
        }
      }
      case groupMetadataType: {
        const { group } = decodeMessage(groupMetadataKey, key)
        return {
          kind: 'group',
          groupId: group,
          value: value && owned(decodeMessage(groupMetadataValue, value)),
        }
      }
      default:
        return consumerFacts.decode(key, value)
    }
  },
}

const encodedOffset = (value: StoredOffset): Buffer =>
  value.expireTimestamp === -1n
    ? offsetCodec.writeValue(value)
    : encodeMessage(offsetCommitValue, expiringOffsetVersion, value)

/** Copies a group's bytes, since members outlive the batch, or the request, that they were read from. */
export const owned = (group: StoredGroup): StoredGroup => ({
  ...group,
  members: group.members.map(member => ({
    ...member,
    subscription: Buffer.from(member.subscription),
    assignment: Buffer.from(member.assignment),
  })),
})
