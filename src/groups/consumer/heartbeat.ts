import { errorCodes, KafkaError } from '../../wire/errors.js'
import { type Advance, advance, type Circumstances } from './advance.js'
import type { ConsumerImage } from './consumer-image.js'
import {
  type ConsumerMember,
  joiningEpoch,
  leavingForAWhileEpoch,
  newMember,
  sortedTopics,
  speaksClassic,
} from './consumer-member.js'
import type { ConsumerHeartbeatAnswer, ConsumerHeartbeatRequest } from './consumer-requests.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import type { FactList } from './fact-list.js'
import { fromListed, listed, type Partitions, sameHeld } from './partitions.js'

/** The result of a heartbeat, once its facts are kept. */
export interface Beat extends Advance {
  readonly answer: ConsumerHeartbeatAnswer
  /** The static member whose place this one takes under another id; null for none. */
  readonly predecessor: ConsumerMember | null
}

/**
 * Takes a heartbeat: a member of a consumer group joins, or says that it is alive, what it reads and what it owns. A
 * member that speaks of an epoch which is not its own is fenced off, and has to join again without any partitions.
 */
export function beat(
  group: ConsumerImage,
  request: ConsumerHeartbeatRequest & { readonly clientId: string; readonly clientHost: string },
  now: Circumstances,
  around: ConsumerSurroundings,
  facts: FactList,
): Beat {
  checkRoom(group, request.memberId, around.maxSize)
  const owned = request.owned ?? (request.topicPartitions && fromListed(request.topicPartitions))
  const { before, predecessor } = speaker(group, request, owned, facts)
  const about = aboutOf(before, request)
  const advanced = advance(group, { before, about, owned, now }, around, facts)
  const { member } = advanced
  const answer = {
    errorCode: errorCodes.NONE,
    memberId: member.id,
    memberEpoch: member.epoch,
    heartbeatIntervalMs: around.heartbeatIntervalMs,
    assignment:
      request.memberEpoch === joiningEpoch ||
      isComplete(request) ||
      !sameHeld(before.assigned, member.assigned)
        ? { topicPartitions: listed(member.assigned) }
        : null,
  }
  return { ...advanced, answer, predecessor }
}

export function checkRoom(group: ConsumerImage, memberId: string, maxSize: number): void {
  if (group.members.size < maxSize || group.members.has(memberId)) return
  const message = `The consumer group has reached its maximum capacity of ${maxSize} members.`
  throw new KafkaError('GROUP_MAX_SIZE_REACHED', message)
}

/** Tells whether a request says everything anew; such a one is answered in full. */
const isComplete = (request: ConsumerHeartbeatRequest): boolean =>
  request.rebalanceTimeoutMs !== -1 &&
  (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
  request.topicPartitions !== null

/** The member as it was before it spoke, and the static member that it replaces. */
function speaker(
  group: ConsumerImage,
  { memberId, memberEpoch, instanceId }: ConsumerHeartbeatRequest,
  owned: Partitions | null,
  facts: FactList,
): { before: ConsumerMember; predecessor: ConsumerMember | null } {
  if (memberEpoch !== joiningEpoch) {
    const before = memberOf(group, memberId, instanceId)
    checkEpoch(before, memberEpoch, owned)
    return { before, predecessor: null }
  }
  const sitting = group.staticMember(instanceId)
  if (!sitting) return { before: group.members.get(memberId) ?? newMember(memberId), predecessor: null }
  if (!speaksClassic(sitting)) checkReleased(sitting, memberId)
  return { before: replaced(group, sitting, memberId, facts), predecessor: sitting }
}

/** The member that a request names; FENCED_INSTANCE_ID when its static name is another's by now. */
export function memberOf(group: ConsumerImage, memberId: string, instanceId: string | null): ConsumerMember {
  if (instanceId === null) {
    const member = group.members.get(memberId)
    if (!member) throw new KafkaError('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of the group.`)
    return member
  }
  const member = group.staticMember(instanceId)
  if (!member) throw new KafkaError('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`)
  checkIsNotFenced(member, memberId)
  return member
}

export function checkIsNotFenced({ id, about }: ConsumerMember, memberId: string): void {
  if (id === memberId) return
  const message = `Static member ${memberId} with instance id ${about.instanceId} was fenced by member ${id}.`
  throw new KafkaError('FENCED_INSTANCE_ID', message)
}

/** Gives the place of a static member to another id, with all that it has, in the epoch of one that joins. */
export function replaced(
  group: ConsumerImage,
  sitting: ConsumerMember,
  id: string,
  facts: FactList,
): ConsumerMember {
  const member = { ...sitting, id, epoch: joiningEpoch, previousEpoch: joiningEpoch }
  facts.forgetMember(sitting.id)
  facts.about(member)
  facts.target(id, group.targetOf(sitting.id))
  facts.progress(member, member)
  return member
}

function checkReleased({ id, epoch, about }: ConsumerMember, memberId: string): void {
  if (epoch === leavingForAWhileEpoch) return
  throw new KafkaError(
    'UNRELEASED_INSTANCE_ID',
    `Static member ${memberId} with instance id ${about.instanceId} cannot join the group because the instance id is owned by ${id} member.`,
  )
}

/**
 * Refuses an epoch that is not the member's. The epoch before it will do when the answer that told the new one may have
 * been lost.
 */
function checkEpoch(member: ConsumerMember, epoch: number, owned: Partitions | null): void {
  if (epoch === member.epoch) return
  const missedAnswer = epoch < member.epoch && epoch === member.previousEpoch && ownsNoMore(owned, member)
  if (missedAnswer) return
  const than = epoch > member.epoch ? 'greater' : 'smaller'
  throw new KafkaError(
    'FENCED_MEMBER_EPOCH',
    `The consumer group member has a ${than} member epoch (${epoch}) than the one known by the group coordinator (${member.epoch}). The member must abandon all its partitions and rejoin.`,
  )
}

const ownsNoMore = (owned: Partitions | null, { assigned }: ConsumerMember): boolean =>
  owned !== null &&
  [...owned].every(([topicId, numbers]) => [...numbers].every(each => assigned.get(topicId)?.has(each)))

/** The member's description after a request, in which null says that nothing has changed. */
function aboutOf(
  { about }: ConsumerMember,
  request: ConsumerHeartbeatRequest & { readonly clientId: string; readonly clientHost: string },
): ConsumerMember['about'] {
  const topics = request.subscribedTopicNames
  return {
    instanceId: request.instanceId ?? about.instanceId,
    rackId: request.rackId ?? about.rackId,
    clientId: request.clientId,
    clientHost: request.clientHost,
    subscribedTopicNames: topics ? sortedTopics(topics) : about.subscribedTopicNames,
    subscribedTopicRegex: request.subscribedTopicRegex ?? about.subscribedTopicRegex,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs === -1 ? about.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? about.serverAssignor,
    classicMemberMetadata: null,
  }
}
