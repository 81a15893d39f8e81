import { errorCodes, KafkaError } from '../../wire/errors.js'
import { consumerProtocolType, readSubscription, type Subscription } from '../shared/embedded-protocol.js'
import { type Caller, type JoinAnswer, type JoinRequest, protocolsOf } from '../shared/group-requests.js'
import { type Advance, type Circumstances, move, type Stated, state } from './advance.js'
import type { ConsumerImage } from './consumer-image.js'
import { type ConsumerMember, isReconciledTo, newMember, sortedTopics } from './consumer-member.js'
import type { ConsumerSurroundings } from './consumer-surroundings.js'
import type { FactList } from './fact-list.js'
import { checkRoom, memberOf, replaced } from './heartbeat.js'
import { partitionsNamed } from './topics-view.js'

/** The result of a join, once its facts are kept. */
export interface ClassicJoin extends Advance {
  readonly answer: JoinAnswer
  /** The static member whose place this one takes under another id; null for none. */
  readonly predecessor: ConsumerMember | null
  /**
   * The downgrade that follows where no member speaks the newer protocol any more, and whether the members then have to
   * share out the work anew; null for none.
   */
  readonly downgrade: { readonly rebalances: boolean } | null
}

type Request = JoinRequest & { readonly isNew: boolean }

/**
 * Joins a member that speaks the classic protocol to a consumer group (KIP-848). The coordinator shares out the work
 * all the same, so the member is answered at once, and the group has no leader.
 */
export function joinClassically(
  group: ConsumerImage,
  request: Request,
  caller: Pick<Caller, 'clientId' | 'clientHost'>,
  now: Circumstances & { downgrades(replaced: ConsumerMember): boolean },
  around: ConsumerSurroundings,
  facts: FactList,
): ClassicJoin {
  const subscription = subscriptionOf(request)
  const { before, predecessor } = joiner(group, request, facts)
  const about = aboutOf(before, request, subscription, caller)
  const owned = partitionsNamed(subscription.ownedPartitions, around.topics)
  const statement = { before, about, owned, now }
  const stated = state(group, statement, around, facts)
  const downgrade = predecessor !== null && now.downgrades(predecessor)
  const rebalances = downgrade && !isSharedOut(group, stated.epoch, predecessor)
  const advanced = rebalances ? unmoved(stated) : move(group, stated, statement, around, facts)
  return {
    ...advanced,
    predecessor,
    downgrade: downgrade ? { rebalances } : null,
    answer: {
      errorCode: errorCodes.NONE,
      generationId: advanced.member.epoch,
      protocolType: consumerProtocolType,
      protocolName: request.protocols[0]?.name ?? null,
      leader: '',
      memberId: request.memberId,
      members: [],
    },
  }
}

/** Refuses a member that the group does not take in. Its request has an id, its own or one that was made for it. */
export function checkClassicJoin(
  group: ConsumerImage,
  { memberId, protocolType, protocols }: JoinRequest,
  { maxSize, migration }: ConsumerSurroundings,
): void {
  if (!migration.up && !migration.down) {
    throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL', 'The migration of groups is disabled.')
  }
  checkRoom(group, memberId, maxSize)
  const shareOne = protocols.some(({ name }) => group.isCommonProtocol(name))
  if (protocolType === consumerProtocolType && shareOne) return
  throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
}

function subscriptionOf({ protocols }: JoinRequest): Subscription {
  const subscription = readSubscription(protocols[0]?.metadata ?? Buffer.alloc(0))
  if (!subscription)
    throw new KafkaError('UNKNOWN_SERVER_ERROR', 'The metadata of its protocol cannot be read.')
  return subscription
}

/**
 * Tells whether all members but one have what they should have. A classic group does not tell its members that another
 * has let go meanwhile: in Apache Kafka's no member reads those partitions until the group rebalances for another
 * reason.
 */
const isSharedOut = (group: ConsumerImage, epoch: number, except: ConsumerMember): boolean =>
  group.targetEpoch === epoch &&
  [...group.members.values()].every(member => member === except || isReconciledTo(member, epoch))

const unmoved = ({ member, newExpression }: Stated): Advance => ({ member, moved: false, newExpression })

/** The member as it was before it joined, and the static member that it replaces. */
function joiner(
  group: ConsumerImage,
  { memberId, groupInstanceId, isNew }: Request,
  facts: FactList,
): { before: ConsumerMember; predecessor: ConsumerMember | null } {
  if (groupInstanceId === null) {
    return { before: group.members.get(memberId) ?? newMember(memberId), predecessor: null }
  }
  if (!isNew) return { before: memberOf(group, memberId, groupInstanceId), predecessor: null }
  const sitting = group.staticMember(groupInstanceId)
  if (!sitting) return { before: newMember(memberId), predecessor: null }
  return { before: replaced(group, sitting, memberId, facts), predecessor: sitting }
}

const aboutOf = (
  { about }: ConsumerMember,
  request: JoinRequest,
  { topics, rackId }: Subscription,
  { clientId, clientHost }: Pick<Caller, 'clientId' | 'clientHost'>,
): ConsumerMember['about'] => ({
  instanceId: request.groupInstanceId ?? about.instanceId,
  rackId: rackId ?? about.rackId,
  clientId,
  clientHost,
  subscribedTopicNames: sortedTopics(topics),
  subscribedTopicRegex: '',
  rebalanceTimeoutMs:
    request.rebalanceTimeoutMs === -1 ? about.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
  serverAssignor: about.serverAssignor,
  classicMemberMetadata: {
    sessionTimeoutMs: request.sessionTimeoutMs,
    supportedProtocols: protocolsOf(request),
  },
})
