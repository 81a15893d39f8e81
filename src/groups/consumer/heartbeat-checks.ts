import { KafkaError } from '../../wire/errors.js'
import { joiningEpoch, leavingEpoch, leavingForAWhileEpoch } from './consumer-member.js'
import type { ConsumerHeartbeatRequest } from './consumer-requests.js'
import { assignorsNamed } from './settings.js'

const ownIdsSince = 1

/** Refuses a heartbeat that makes no sense by itself, before any group is asked. */
export function checkHeartbeat(
  request: ConsumerHeartbeatRequest,
  version: number,
  assignors: readonly string[],
): void {
  const { memberEpoch } = request
  if (version >= ownIdsSince || memberEpoch > 0 || memberEpoch === leavingEpoch) {
    checkNotBlank(request.memberId, 'MemberId')
  }
  checkNotBlank(request.groupId, 'GroupId')
  checkNotBlank(request.instanceId, 'InstanceId')
  checkNotBlank(request.rackId, 'RackId')
  if (memberEpoch === joiningEpoch) checkJoin(request)
  else if (memberEpoch === leavingForAWhileEpoch && request.instanceId === null) {
    throw new KafkaError('INVALID_REQUEST', "InstanceId can't be null.")
  } else if (memberEpoch < leavingForAWhileEpoch) {
    throw new KafkaError('INVALID_REQUEST', 'MemberEpoch is invalid.')
  }
  checkAssignor(request.serverAssignor, [...assignorsNamed(assignors).keys()])
}

function checkNotBlank(text: string | null, name: string): void {
  if (text?.trim() === '') throw new KafkaError('INVALID_REQUEST', `${name} can't be empty.`)
}

function checkJoin(request: ConsumerHeartbeatRequest): void {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) {
    throw new KafkaError('INVALID_REQUEST', 'RebalanceTimeoutMs must be provided in first request.')
  }
  if (topicPartitions?.length !== 0) {
    throw new KafkaError('INVALID_REQUEST', 'TopicPartitions must be empty when (re-)joining.')
  }
  if (subscribedTopicNames === null && subscribedTopicRegex === null) {
    const message = 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
    throw new KafkaError('INVALID_REQUEST', message)
  }
}

function checkAssignor(assignor: string | null, known: readonly string[]): void {
  if (assignor === null || known.includes(assignor)) return
  const message = `ServerAssignor ${assignor} is not supported. Supported assignors: ${known.join(', ')}.`
  throw new KafkaError('UNSUPPORTED_ASSIGNOR', message)
}
