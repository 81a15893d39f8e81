import { type ErrorName, KafkaError } from '../../wire/errors.js'
import type { CommitIdentity } from '../group-requests.js'
import type { OffsetToCommit } from '../offset-requests.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, speaksClassic } from './consumer-member.js'

/** The version of OffsetCommit that speaks of member epochs; TxnOffsetCommit does in all its versions. */
export const memberEpochsSince = 9

/**
 * Whether these offsets may be committed in this name. A member that has not heard of its new epoch yet
 * may still commit what it has had since the epoch it speaks of, so that nothing is read twice for want
 * of a heartbeat (KIP-1251).
 */
export function checkCommit(
  group: ConsumerImage,
  { memberId, generationIdOrMemberEpoch: epoch }: CommitIdentity,
  offsets: readonly OffsetToCommit[],
  version: number,
): void {
  if (epoch < 0 && group.members.size === 0) return
  const member = found(group, memberId)
  if (!speaksClassic(member) && version < memberEpochsSince) {
    throw new KafkaError('UNSUPPORTED_VERSION')
  }
  if (epoch > member.epoch) throw stale(member)
  if (epoch < member.epoch) for (const offset of offsets) checkHeldSince(member, offset, epoch)
}

/** Whoever names no member may read all. */
export function checkFetch(group: ConsumerImage, memberId: string | null, epoch: number): void {
  if (memberId === null && epoch < 0) return
  const member = found(group, memberId ?? '')
  if (member.epoch !== epoch) throw stale(member)
}

function found(group: ConsumerImage, memberId: string): ConsumerMember {
  const member = group.members.get(memberId)
  if (!member) throw new KafkaError('UNKNOWN_MEMBER_ID')
  return member
}

function checkHeldSince(member: ConsumerMember, { topicId, partition }: OffsetToCommit, epoch: number): void {
  const since = member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition)
  if (since === undefined || epoch < since) throw stale(member)
}

/** Each protocol has its own word for it. */
function stale(member: ConsumerMember): KafkaError {
  const error: ErrorName = speaksClassic(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  return new KafkaError(error)
}
