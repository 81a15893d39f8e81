import type { FactCodec } from '../../coordinator/outcome.js'
import type { Fields, Message, ValueOf } from '../../wire/schema.js'
import { decodeMessage, encodeMessage, encodeMessageInTurns, keyOf } from '../../wire/stored-message.js'
import * as records from './group-records.js'

/** The number of times that the members of a group, or the topics that they read, have changed. */
export type StoredEpoch = ValueOf<typeof records.consumerGroupMetadataValue>
export type StoredTopics = ValueOf<typeof records.consumerGroupPartitionMetadataValue>
/** The description that a member gives of itself. */
export type StoredMember = ValueOf<typeof records.consumerGroupMemberMetadataValue>
/** The further description of a member that speaks the classic protocol. */
export type StoredClassic = NonNullable<StoredMember['classicMemberMetadata']>
export type StoredTargetEpoch = ValueOf<typeof records.consumerGroupTargetAssignmentMetadataValue>
export type StoredTarget = ValueOf<typeof records.consumerGroupTargetAssignmentMemberValue>
export type StoredProgress = ValueOf<typeof records.consumerGroupCurrentMemberAssignmentValue>
export type StoredExpression = ValueOf<typeof records.consumerGroupRegularExpressionValue>

interface OfGroup<Kind extends string, Value> {
  readonly kind: Kind
  readonly groupId: string
  readonly value: Value | null
}
interface OfMember<Kind extends string, Value> extends OfGroup<Kind, Value> {
  readonly memberId: string
}

/** A fact about a consumer group, as one record of `__consumer_offsets` holds it. Null takes back the facts before. */
export type ConsumerFact =
  | OfGroup<'consumer-group', StoredEpoch>
  | OfGroup<'consumer-topics', StoredTopics>
  | OfMember<'consumer-member', StoredMember>
  | OfGroup<'consumer-target-epoch', StoredTargetEpoch>
  | OfMember<'consumer-target', StoredTarget>
  | OfMember<'consumer-progress', StoredProgress>
  | (OfGroup<'consumer-expression', StoredExpression> & { readonly regularExpression: string })

interface Form {
  readonly key: Message<Fields>
  readonly value: Message<Fields>
}

const forms: Readonly<Record<ConsumerFact['kind'], Form>> = {
  'consumer-group': {
    key: records.consumerGroupMetadataKey,
    value: records.consumerGroupMetadataValue,
  },
  'consumer-topics': {
    key: records.consumerGroupPartitionMetadataKey,
    value: records.consumerGroupPartitionMetadataValue,
  },
  'consumer-member': {
    key: records.consumerGroupMemberMetadataKey,
    value: records.consumerGroupMemberMetadataValue,
  },
  'consumer-target-epoch': {
    key: records.consumerGroupTargetAssignmentMetadataKey,
    value: records.consumerGroupTargetAssignmentMetadataValue,
  },
  'consumer-target': {
    key: records.consumerGroupTargetAssignmentMemberKey,
    value: records.consumerGroupTargetAssignmentMemberValue,
  },
  'consumer-progress': {
    key: records.consumerGroupCurrentMemberAssignmentKey,
    value: records.consumerGroupCurrentMemberAssignmentValue,
  },
  'consumer-expression': {
    key: records.consumerGroupRegularExpressionKey,
    value: records.consumerGroupRegularExpressionValue,
  },
}

const kinds = new Map(Object.entries(forms).map(([kind, { key }]) => [key.key, kind as ConsumerFact['kind']]))

/** Encodes facts in Kafka's own record format: the fields of a key are those that name what a fact is about. */
export const consumerFacts: Required<FactCodec<ConsumerFact>> = {
  leastBytes({ kind, value }) {
    if (kind === 'consumer-member' && value) return memberBytes(value)
    if (kind === 'consumer-target' && value) return value.topicPartitions.length * topicBytes
    if (kind === 'consumer-progress' && value) return progressBytes(value)
    return kind === 'consumer-expression' && value ? charsOf(value.topics) : 0
  },

  async encodeInTurns(fact, turns) {
    const { key, value } = forms[fact.kind]
    return {
      key: encodeMessage(key, 0, fact),
      value: fact.value && (await encodeMessageInTurns(value, 0, fact.value, turns)),
    }
  },

  encode(fact) {
    const { key, value } = forms[fact.kind]
    return { key: encodeMessage(key, 0, fact), value: fact.value && encodeMessage(value, 0, fact.value) }
  },

  decode(key, value) {
    const kind = kinds.get(keyOf(key))
    if (kind === undefined) return null
    const form = forms[kind]
    return {
      kind,
      ...decodeMessage(form.key, key),
      value: value && decodeMessage(form.value, Buffer.from(value)), // outlives the batch that it is read from
    } as unknown as ConsumerFact
  },
}

/** The least bytes that a topic takes in a target, or in what a member has: its id, the number of its partitions, and one of them. */
const topicBytes = 21

const progressBytes = ({ assignedPartitions, partitionsPendingRevocation }: StoredProgress): number =>
  (assignedPartitions.length + partitionsPendingRevocation.length) * topicBytes

function memberBytes({ subscribedTopicNames, classicMemberMetadata }: StoredMember): number {
  const protocols = classicMemberMetadata?.supportedProtocols ?? []
  return protocols.reduce((sum, { metadata }) => sum + metadata.length, charsOf(subscribedTopicNames))
}

/** The least number of bytes that names take: no character takes less than a byte, and each name has a length. */
function charsOf(names: readonly string[]): number {
  let chars = names.length
  for (const name of names) chars += name.length
  return chars
}

export const isConsumerFact = (fact: { readonly kind: string }): fact is ConsumerFact => fact.kind in forms
