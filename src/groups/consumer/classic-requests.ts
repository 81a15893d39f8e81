import { errorCodes, KafkaError } from '../../wire/errors.js'
import { consumerProtocolType, writeAssignment } from '../shared/embedded-protocol.js'
import type { HeartbeatRequest, SyncAnswer, SyncRequest } from '../shared/group-requests.js'
import type { StoredClassic } from '../stored/consumer-facts.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, speaksClassic } from './consumer-member.js'
import { memberOf } from './heartbeat.js'
import { namesOf, type TopicsView } from './topics-view.js'

/** A member of a consumer group that speaks the classic protocol. */
export interface ClassicSpeaker extends ConsumerMember {
  readonly about: ConsumerMember['about'] & { readonly classicMemberMetadata: StoredClassic }
}

type Request = Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>

/** The member that a request of the classic protocol names, if the request is of its epoch. */
export function classicMemberOf(
  group: ConsumerImage,
  { memberId, groupInstanceId, generationId }: Request,
): ClassicSpeaker {
  const member = memberOf(group, memberId, groupInstanceId)
  if (!speaksClassic(member)) throw new KafkaError('UNKNOWN_MEMBER_ID')
  if (member.epoch !== generationId) throw new KafkaError('ILLEGAL_GENERATION')
  return member as ClassicSpeaker
}

/** Refuses a sync with another protocol than the one that the member was told when it joined. */
export function checkProtocol(member: ClassicSpeaker, { protocolType, protocolName }: SyncRequest): void {
  const [protocol] = member.about.classicMemberMetadata.supportedProtocols
  const isOther =
    (protocolType !== null && protocolType !== consumerProtocolType) ||
    (protocolName !== null && protocolName !== protocol?.name)
  if (isOther) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
}

/** Tells whether the member should join again rather than take what it is assigned now. */
export const isBehind = (group: ConsumerImage, { epoch, state }: ConsumerMember): boolean =>
  group.targetEpoch > epoch && state !== 'unrevoked'

/**
 * Tells whether the member has to join again to learn something new: a new target, that it has to let go, or that it
 * may have more.
 */
export const hasToJoin = (group: ConsumerImage, member: ConsumerMember): boolean =>
  member.epoch < group.targetEpoch ||
  member.state === 'unrevoked' ||
  (member.state === 'unreleased' && !waitsForOthers(group, member))

function waitsForOthers(group: ConsumerImage, { id, assigned }: ConsumerMember): boolean {
  return [...group.targetOf(id)].some(([topicId, partitions]) =>
    [...partitions].some(
      each => !assigned.get(topicId)?.has(each) && group.ownerOf(topicId, each) !== undefined,
    ),
  )
}

/** The member's assignment, in the version of the classic protocol that it speaks. */
export function syncAnswer(
  { assigned, about }: ClassicSpeaker,
  { protocolType, protocolName }: SyncRequest,
  topics: TopicsView,
): SyncAnswer {
  const [protocol] = about.classicMemberMetadata.supportedProtocols
  return {
    errorCode: errorCodes.NONE,
    protocolType,
    protocolName,
    assignment: writeAssignment(namesOf(assigned, topics), protocol?.metadata ?? Buffer.alloc(2)),
  }
}
