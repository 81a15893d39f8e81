import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerHeartbeatRequest } from '../../../src/groups/consumer/consumer-requests.js'
import { checkHeartbeat } from '../../../src/groups/consumer/heartbeat-checks.js'

const join: ConsumerHeartbeatRequest = {
  groupId: 'shop',
  memberId: 'ann',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 1000,
  subscribedTopicNames: ['orders'],
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: [],
}
const beat = {
  ...join,
  memberEpoch: 1,
  rebalanceTimeoutMs: -1,
  subscribedTopicNames: null,
  topicPartitions: null,
}
const check = (request: ConsumerHeartbeatRequest, version = 1) =>
  checkHeartbeat(request, version, ['uniform', 'range'])

const refusals: Readonly<Record<string, [ConsumerHeartbeatRequest, string]>> = {
  'a group without a name': [{ ...beat, groupId: ' ' }, "GroupId can't be empty."],
  'a member without an id': [{ ...beat, memberId: '' }, "MemberId can't be empty."],
  'a static name of nothing': [{ ...beat, instanceId: '' }, "InstanceId can't be empty."],
  'a rack of nothing': [{ ...beat, rackId: '' }, "RackId can't be empty."],
  'an epoch below -2': [{ ...beat, memberEpoch: -3 }, 'MemberEpoch is invalid.'],
  'a dynamic member that leaves for a while': [{ ...beat, memberEpoch: -2 }, "InstanceId can't be null."],
  'a join without a rebalance timeout': [
    { ...join, rebalanceTimeoutMs: -1 },
    'RebalanceTimeoutMs must be provided in first request.',
  ],
  'a join that does not say what it owns': [
    { ...join, topicPartitions: null },
    'TopicPartitions must be empty when (re-)joining.',
  ],
  'a join that owns something': [
    { ...join, topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [0] }] },
    'TopicPartitions must be empty when (re-)joining.',
  ],
  'a join that reads nothing': [
    { ...join, subscribedTopicNames: null },
    'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
  ],
}

for (const [what, [request, message]] of Object.entries(refusals)) {
  test(`${what} is refused`, () => {
    assert.throws(() => check(request), { errorName: 'INVALID_REQUEST', message })
  })
}

test('an assignor that is not configured is not supported', () => {
  assert.throws(() => check({ ...join, serverAssignor: 'sticky' }), {
    errorName: 'UNSUPPORTED_ASSIGNOR',
    message: 'ServerAssignor sticky is not supported. Supported assignors: uniform, range.',
  })
  check({ ...join, serverAssignor: 'range' })
})

test('joining, staying and leaving need nothing more', () => {
  check(join)
  check({ ...join, subscribedTopicNames: null, subscribedTopicRegex: 'o.*' })
  check(beat)
  check({ ...beat, memberEpoch: -1 })
  check({ ...beat, memberEpoch: -2, instanceId: 'seat' })
})

test('in version 0 a member that joins may have no id yet', () => {
  check({ ...join, memberId: '' }, 0)
  assert.throws(() => check({ ...beat, memberId: '' }, 0), { errorName: 'INVALID_REQUEST' })
})
