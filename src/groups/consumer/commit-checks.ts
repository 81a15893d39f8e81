import { type ErrorName, KafkaError } from '../../wire/errors.js'
import type { CommitIdentity } from '../shared/group-requests.js'
import type { OffsetToCommit } from '../shared/offset-requests.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, speaksClassic } from './consumer-member.js'

const memberEpochsSince = 9

/**
 * Refuses a commit of these offsets (OffsetCommit) in a name that may not make it. A member that has not heard of its
 * new epoch yet may still commit what it has had since the epoch it speaks of, so that nothing is read twice for want
 * of a heartbeat (KIP-1251).
 */
export function checkCommit(
  group: ConsumerImage,
  request: CommitIdentity,
  offsets: readonly OffsetToCommit[],
  version: number,
): void {
  if (isNobody(group, request)) return
  const member = found(group, request.memberId)
  if (!speaksClassic(member) && version < memberEpochsSince) throw new KafkaError('UNSUPPORTED_VERSION')
  checkEpochs(member, request.generationIdOrMemberEpoch, offsets)
}

/**
 * Refuses a commit of offsets within a transaction (TxnOffsetCommit). Older clients do not name their member, and all
 * of them know only generations.
 */
export function checkTransactionalCommit(
  group: ConsumerImage,
  request: CommitIdentity,
  offsets: readonly OffsetToCommit[],
): void {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch } = request
  if (isNobody(group, request) || (epoch === -1 && memberId === '' && groupInstanceId === null)) return
  const member = found(group, memberId)
  try {
    checkEpochs(member, epoch, offsets)
  } catch (thrown) {
    throw thrown instanceof KafkaError ? new KafkaError('ILLEGAL_GENERATION') : thrown
  }
}

/** Refuses a fetch of offsets in a name that may not make it. A client that names no member may read all. */
export function checkFetch(group: ConsumerImage, memberId: string | null, epoch: number): void {
  if (memberId === null && epoch < 0) return
  const member = found(group, memberId ?? '')
  if (member.epoch !== epoch) throw stale(member)
}

const isNobody = (group: ConsumerImage, { generationIdOrMemberEpoch: epoch }: CommitIdentity): boolean =>
  epoch < 0 && group.members.size === 0

function found(group: ConsumerImage, memberId: string): ConsumerMember {
  const member = group.members.get(memberId)
  if (!member) throw new KafkaError('UNKNOWN_MEMBER_ID')
  return member
}

function checkEpochs(member: ConsumerMember, epoch: number, offsets: readonly OffsetToCommit[]): void {
  if (epoch > member.epoch) throw stale(member)
  if (epoch < member.epoch) for (const offset of offsets) checkHeldSince(member, offset, epoch)
}

function checkHeldSince(member: ConsumerMember, { topicId, partition }: OffsetToCommit, epoch: number): void {
  const since = member.assigned.get(topicId)?.get(partition) ?? member.revoking.get(topicId)?.get(partition)
  if (since === undefined || epoch < since) throw stale(member)
}

/** The error for an old epoch: each protocol has its own. */
function stale(member: ConsumerMember): KafkaError {
  const error: ErrorName = speaksClassic(member) ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH'
  return new KafkaError(error)
}
