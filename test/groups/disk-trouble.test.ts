import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CoordinatorWorld,
  caller,
  joinRequest,
  offsetsTopic,
  outcome,
  settle,
  syncRequest,
} from './coordinator-world.js'

const ann = caller('ann')
const bob = caller('bob', 2)
const anybody = { memberId: null, memberEpoch: -1, requireStable: false }

function commit(
  world: CoordinatorWorld,
  groupId = 'shop',
  offset = 7n,
  topic = 'orders',
): Promise<readonly string[]> {
  const { id = '' } = world.topics.topic(topic) ?? {}
  const orders = { topic, topicId: id, partition: 0, offset, leaderEpoch: -1, metadata: '' }
  const nobody = { memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1, retentionTimeMs: -1n }
  return world.coordinator.commit({ ...nobody, groupId, offsets: [orders] }, ann, 9)
}

async function committed(world: CoordinatorWorld, groupId = 'shop'): Promise<bigint | undefined> {
  const [found] = await world.coordinator.fetchOffsets(groupId, null, anybody, ann)
  return found?.partitions[0]?.committed?.offset
}

async function stable(world: CoordinatorWorld, groupId: string): Promise<string> {
  const { memberId, generationId = 0 } = await world.coordinator.join(joinRequest({ groupId }), ann, 3)
  const assignments = [{ memberId, assignment: Buffer.from('all') }]
  await world.coordinator.sync(syncRequest({ groupId, memberId, generationId, assignments }), ann)
  return memberId
}

/** Follows a request: `said` is its outcome so far. */
function watched<T>(request: Promise<T>): { said: T | string } {
  const watch: { said: T | string } = { said: 'waits' }
  request.then(
    value => {
      watch.said = value
    },
    error => {
      watch.said = error.errorName
    },
  )
  return watch
}

test('with a disk that hangs a commit is answered after its timeout, and counts when the disk has it', async () => {
  const world = new CoordinatorWorld({ 'offsets.commit.timeout.ms': '2000' }, [0])
  await commit(world)
  world.log.hold()
  const late = watched(commit(world, 'shop', 8n))
  await world.advance(1999)
  assert.equal(late.said, 'waits')
  await world.advance(1)
  assert.equal(late.said, 'COORDINATOR_NOT_AVAILABLE')
  assert.equal(await committed(world), 7n)
  world.log.release()
  await settle()
  assert.equal(await committed(world), 8n)
  world.restart()
  assert.equal(await committed(world), 8n)
})

test('with a disk that hangs members of other groups are heard, and committed offsets can be read', async () => {
  const world = new CoordinatorWorld({}, [0])
  await commit(world, 'other')
  const memberId = await stable(world, 'other')
  world.log.hold()
  const late = watched(commit(world))
  const heartbeat = { groupId: 'other', memberId, generationId: 1, groupInstanceId: null }
  assert.equal(await outcome(world.coordinator.heartbeat(heartbeat, ann)), undefined)
  assert.equal((await world.coordinator.describe('other', ann)).groupState, 'Stable')
  assert.equal(await committed(world, 'other'), 7n)
  assert.equal(late.said, 'waits')
})

test('with a disk that hangs members of the very group that waits are heard as well', async () => {
  const world = new CoordinatorWorld({}, [0])
  world.topics.create('payments', [0])
  await commit(world, 'shop', 7n, 'payments')
  const memberId = await stable(world, 'shop')
  world.log.hold()
  const offsets = [{ topic: 'payments', partition: 0 }]
  const deleting = watched(world.coordinator.deleteOffsets('shop', offsets, ann))
  const joining = watched(world.coordinator.join(joinRequest(), bob, 3))
  const heartbeat = { groupId: 'shop', memberId, generationId: 1, groupInstanceId: null }
  assert.equal(await outcome(world.coordinator.heartbeat(heartbeat, ann)), undefined)
  assert.equal(joining.said, 'waits')
  assert.equal(deleting.said, 'waits')
})

test('followers get a retriable error when their assignment is not kept in time, and get it later', async () => {
  const world = new CoordinatorWorld({ 'group.initial.rebalance.delay.ms': '1' }, [0])
  const joining = [
    world.coordinator.join(joinRequest(), ann, 3),
    world.coordinator.join(joinRequest(), bob, 3),
  ]
  await settle()
  for (let i = 0; i < 5; i++) await world.advance(1)
  const ids = (await Promise.all(joining)).map(each => [each.memberId, each.members.length] as const)
  const [leaderId = ''] = ids.find(([, members]) => members > 0) ?? []
  const [memberId = ''] = ids.find(([, members]) => members === 0) ?? []
  const waiting = watched(world.coordinator.sync(syncRequest({ memberId }), bob))
  world.log.hold()
  const assignments = [{ memberId, assignment: Buffer.from('mine') }]
  const leading = watched(world.coordinator.sync(syncRequest({ memberId: leaderId, assignments }), ann))
  await world.advance(5000)
  assert.equal(leading.said, 'COORDINATOR_NOT_AVAILABLE')
  assert.equal(waiting.said, 'COORDINATOR_NOT_AVAILABLE')
  world.log.release()
  await settle()
  const again = await world.coordinator.sync(syncRequest({ memberId }), bob)
  assert.equal(again.assignment.toString(), 'mine')
})

test('groups of one partition that commit while the disk is busy wait for it together', async () => {
  const world = new CoordinatorWorld({}, [0])
  await commit(world)
  const { appends } = world.log
  world.log.hold()
  const all = Array.from({ length: 20 }, (_, i) => commit(world, `group ${i}`))
  await settle()
  world.log.release()
  assert.deepEqual(new Set((await Promise.all(all)).flat()), new Set(['NONE']))
  assert.equal(world.log.appends - appends, 2)
})

test('members of one group that commit while the disk is busy wait for it together', async () => {
  const world = new CoordinatorWorld({}, [0])
  await commit(world)
  const { appends } = world.log
  world.log.hold()
  const all = Array.from({ length: 20 }, (_, i) => commit(world, 'shop', BigInt(i)))
  await settle()
  world.log.release()
  await Promise.all(all)
  assert.equal(world.log.appends - appends, 2)
  assert.equal(await committed(world), 19n)
})

test('a join is not overtaken by commits of its group that come later', async () => {
  const world = new CoordinatorWorld({}, [0])
  await commit(world)
  world.log.hold()
  const first = watched(commit(world))
  const joining = watched(world.coordinator.join(joinRequest(), bob, 3))
  const second = watched(commit(world))
  await settle()
  assert.deepEqual([first.said, joining.said, second.said], ['waits', 'waits', 'waits'])
  world.log.release()
  await settle()
  assert.notEqual(joining.said, 'waits')
  assert.equal(second.said, 'UNKNOWN_MEMBER_ID')
})

test('more requests than may wait get a retriable error', async () => {
  const world = new CoordinatorWorld({ 'ottla.coordinator.max.waiting.requests': '2' }, [0])
  await commit(world)
  world.log.hold()
  const waiting = [watched(commit(world)), watched(commit(world))]
  assert.equal(await outcome(commit(world)), 'COORDINATOR_LOAD_IN_PROGRESS')
  assert.equal(await committed(world), 7n)
  world.log.release()
  await settle()
  assert.deepEqual(
    waiting.map(({ said }) => said),
    [['NONE'], ['NONE']],
  )
})

test('a partition that cannot be read refuses its own groups, and is read again after pauses that grow', async () => {
  const world = new CoordinatorWorld({}, [0, 0, 0])
  await commit(world)
  await commit(world, 'other')
  const [there = 0, here] = ['shop', 'other'].map(groupId => world.coordinator.partitionOf(groupId))
  assert.notEqual(there, here)
  world.log.unreadable.add(there)
  world.restart()
  assert.equal(await outcome(commit(world)), 'NOT_COORDINATOR')
  assert.equal(await committed(world, 'other'), 7n)
  assert.match(String(world.background.failing[0]?.name), new RegExp(`${offsetsTopic}-${there}`))
  const triedMs: number[] = []
  const startMs = world.clock.now()
  for (let { attempts = 0 } = world.background.failing[0] ?? {}, i = 0; i < 20; i++) {
    await world.advance(100)
    const now = world.background.failing[0]?.attempts ?? 0
    if (now > attempts) triedMs.push(world.clock.now() - startMs)
    attempts = now
  }
  assert.deepEqual(triedMs, [100, 300, 700, 1500])
  world.log.unreadable.clear()
  await world.advance(2000)
  assert.equal(await committed(world), 7n)
  assert.deepEqual(world.background.failing, [])
})

test('groups are listed, and offsets expire, though one partition cannot be read', async () => {
  const world = new CoordinatorWorld({ 'offsets.retention.minutes': '1' }, [0, 0, 0])
  await commit(world)
  await commit(world, 'other')
  world.log.unreadable.add(world.coordinator.partitionOf('shop'))
  world.restart()
  const listed = await world.coordinator.list({ nodeId: 0 })
  assert.deepEqual(
    listed.map(({ groupId }) => groupId),
    ['other'],
  )
  await world.advance(600_000)
  assert.deepEqual(await world.coordinator.list({ nodeId: 0 }), [])
})

test('a client does not wait for a replay longer than for anything else', async () => {
  const world = new CoordinatorWorld({}, [0])
  await commit(world)
  world.log.hold()
  const late = watched(commit(world))
  await settle()
  assert.equal(late.said, 'waits')
  world.topics.lead(offsetsTopic, 0, 1)
  await settle()
  assert.equal(late.said, 'NOT_COORDINATOR')
  const asked = watched(world.coordinator.describe('shop', caller('ann', 1, 1)))
  await settle()
  await world.advance(5000)
  assert.equal(asked.said, 'COORDINATOR_LOAD_IN_PROGRESS')
  world.log.release()
  await settle()
  const [found] = await world.coordinator.fetchOffsets('shop', null, anybody, caller('ann', 1, 1))
  assert.equal(found?.partitions[0]?.committed?.offset, 7n)
})

test('what is being committed for a topic while it is deleted is taken back', async () => {
  const world = new CoordinatorWorld({}, [0])
  await commit(world, 'other')
  world.log.hold()
  const committing = watched(commit(world))
  await settle()
  world.topics.delete('orders')
  world.coordinator.topicDeleted()
  world.log.release()
  await settle()
  assert.deepEqual(committing.said, ['NONE'])
  assert.equal(await committed(world), undefined)
})

test('a round of expiry that waits for its disk is not joined by the next ones', async () => {
  const world = new CoordinatorWorld({ 'offsets.retention.minutes': '1' }, [0])
  for (let i = 0; i < 5; i++) await commit(world, `group ${i}`)
  const { appends } = world.log
  world.log.hold()
  for (let i = 0; i < 5; i++) await world.advance(600_000)
  world.log.release()
  await settle()
  assert.equal(world.log.appends - appends, 2)
  assert.deepEqual(await world.coordinator.list({ nodeId: 0 }), [])
})

test('members that the newer protocol has are heard while another group waits for the disk', async () => {
  const world = new CoordinatorWorld({}, [0])
  const request = {
    groupId: 'newer',
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
  await world.coordinator.consumerHeartbeat(request, ann)
  world.log.hold()
  const late = watched(commit(world))
  const beat = { ...request, memberEpoch: 1, rebalanceTimeoutMs: -1, subscribedTopicNames: null }
  const answer = await outcome(world.coordinator.consumerHeartbeat({ ...beat, topicPartitions: null }, ann))
  assert.notEqual(answer, 'waits')
  assert.equal(late.said, 'waits')
})
