import { errorCodes } from '../../wire/errors.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, speaksClassic } from './consumer-member.js'
import type { DescribedConsumerGroup } from './consumer-requests.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import { assignorName } from './next-target.js'
import type { HeldPartitions, Partitions } from './partitions.js'
import { namesOf, type TopicsView } from './topics-view.js'

type DescribedMember = DescribedConsumerGroup['members'][number]
type Assignment = DescribedMember['assignment']

const classicMember = 0
const consumerMember = 1

/** The description of a group as it is at one moment, whose members are put into words when they are asked for. */
export interface Description {
  readonly group: Omit<DescribedConsumerGroup, 'members'>
  readonly members: Iterable<DescribedMember>
}

/** Describes a group for administrators. Partitions of topics that are gone are not shown. */
export function describe(groupId: string, group: ConsumerImage, around: ConsumerSurroundings): Description {
  const members = Array.from(group.members.values(), member => ({
    member,
    target: group.targetOf(member.id),
  }))
  return {
    group: {
      errorCode: errorCodes.NONE,
      groupId,
      groupState: group.state,
      groupEpoch: group.epoch,
      assignmentEpoch: group.targetEpoch,
      assignorName: assignorName(group.members, around.assignors),
    },
    members: each(members, around.topics),
  }
}

interface Seen {
  readonly member: ConsumerMember
  readonly target: Partitions
}

/** Describes members that were seen before: a member does not change, another takes its place. */
function* each(members: readonly Seen[], topics: TopicsView): Generator<DescribedMember> {
  for (const seen of members) yield describeMember(seen, topics)
}

function describeMember({ member, target }: Seen, topics: TopicsView): DescribedMember {
  const { id, epoch, about, assigned, revoking } = member
  return {
    memberId: id,
    instanceId: about.instanceId,
    rackId: about.rackId,
    memberEpoch: epoch,
    clientId: about.clientId,
    clientHost: about.clientHost,
    subscribedTopicNames: about.subscribedTopicNames,
    subscribedTopicRegex: about.subscribedTopicRegex,
    assignment: named(both(assigned, revoking), topics),
    targetAssignment: named(target, topics),
    memberType: speaksClassic(member) ? classicMember : consumerMember,
  }
}

/** All partitions that a member has: it still has those that it was told to let go. */
function both(assigned: HeldPartitions, revoking: HeldPartitions): HeldPartitions {
  const all = new Map(assigned)
  for (const [topicId, numbers] of revoking) {
    all.set(topicId, new Map([...(all.get(topicId) ?? []), ...numbers]))
  }
  return all
}

const named = (partitions: Partitions | HeldPartitions, topics: TopicsView): Assignment => ({
  topicPartitions: namesOf(partitions, topics).map(({ topic, ...each }) => ({ ...each, topicName: topic })),
})
