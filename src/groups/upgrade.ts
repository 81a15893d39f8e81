import { KafkaError } from '../wire/errors.js'
import type { ClassicState } from './classic/classic-group.js'
import { type ClassicMember, metadataOf } from './classic/classic-member.js'
import { type ConsumerMember, newMember, sortedTopics } from './consumer/consumer-member.js'
import type { ConsumerSurroundings } from './consumer/consumer-surroundings.js'
import { FactList } from './consumer/fact-list.js'
import { withEpoch } from './consumer/partitions.js'
import { partitionsNamed } from './consumer/topics-view.js'
import { readAssignment, readSubscription } from './shared/embedded-protocol.js'
import type { ConsumerFact } from './stored/consumer-facts.js'

/**
 * The facts of a consumer group whose members are those of a classic group, with all partitions that they were
 * assigned. They go on speaking the classic protocol, until one after the other comes back with the newer.
 */
export function upgrade(
  groupId: string,
  classic: ClassicState,
  around: ConsumerSurroundings,
): readonly ConsumerFact[] {
  checkUpgrade(groupId, classic, around)
  const { generation } = classic
  const members = classic.members.map(member => upgraded(groupId, member, classic, around))
  const read = members.map(({ about }) => about.subscribedTopicNames)
  const facts = new FactList(groupId)
  for (const member of members) facts.about(member)
  facts.epoch(generation, around.topics.hashOf(read))
  for (const { id, target } of members) facts.target(id, target)
  facts.targetEpoch(generation, 0)
  for (const member of members) facts.progress(member, member)
  return facts.all
}

function checkUpgrade(
  groupId: string,
  { members, usesConsumerProtocol }: ClassicState,
  { migration, maxSize }: ConsumerSurroundings,
): void {
  const but = (why: string) => impossible(groupId, why)
  if (!migration.up) throw but('online upgrade is disabled.')
  if (!usesConsumerProtocol) throw but('the group does not use the consumer embedded protocol.')
  if (members.length > maxSize) throw but('the group size exceeds the consumer group maximum size.')
}

function upgraded(
  groupId: string,
  member: ClassicMember,
  { generation, protocol }: ClassicState,
  { topics }: ConsumerSurroundings,
): ConsumerMember & { target: ReturnType<typeof partitionsNamed> } {
  const subscription = readSubscription(metadataOf(member, protocol))
  const assignment = readAssignment(member.assignment)
  if (!subscription || !assignment) throw impossible(groupId, 'the embedded consumer protocol is malformed.')
  if (assignment.userData !== null && assignment.userData.length > 0) {
    throw impossible(
      groupId,
      'an unsupported custom assignor is in use. Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.',
    )
  }
  const target = partitionsNamed(assignment.assignedPartitions, topics)
  const { instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member
  const fresh = newMember(member.id)
  return {
    ...fresh,
    target,
    epoch: generation,
    previousEpoch: generation,
    assigned: withEpoch(target, generation),
    about: {
      ...fresh.about,
      instanceId,
      rackId: subscription.rackId,
      clientId,
      clientHost,
      subscribedTopicNames: sortedTopics(subscription.topics),
      rebalanceTimeoutMs,
      classicMemberMetadata: { sessionTimeoutMs, supportedProtocols: [...protocols] },
    },
  }
}

const impossible = (groupId: string, why: string): KafkaError =>
  new KafkaError(
    'GROUP_ID_NOT_FOUND',
    `Cannot upgrade classic group ${groupId} to consumer group because ${why}`,
  )
