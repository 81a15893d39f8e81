import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommitRequest } from '../../src/groups/shared/offset-requests.js'
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
const anybody = { memberId: null, memberEpoch: -1, requireStable: false }

function commitRequest(
  world: CoordinatorWorld,
  changes: Partial<CommitRequest> = {},
  topic = 'orders',
): CommitRequest {
  const { id } = world.topics.topic(topic)!
  const offset = { topic, topicId: id, partition: 0, offset: 7n, leaderEpoch: 2, metadata: 'note' }
  return {
    groupId: 'shop',
    memberId: '',
    groupInstanceId: null,
    generationIdOrMemberEpoch: -1,
    retentionTimeMs: -1n,
    offsets: [offset],
    ...changes,
  }
}

async function fetched(world: CoordinatorWorld, groupId = 'shop') {
  const found = await world.coordinator.fetchOffsets(groupId, null, anybody, ann)
  return found.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, committed }) => `${topic} ${partition}: ${committed?.offset}`),
  )
}

/** A stable group of one, speaking version 3 to be spared the way back with an id. */
async function stableGroup(world: CoordinatorWorld, connectionId = 1) {
  const me = caller('ann', connectionId)
  const { memberId, generationId = 0 } = await world.coordinator.join(joinRequest(), me, 3)
  await world.coordinator.sync(
    syncRequest({ memberId, generationId, assignments: [{ memberId, assignment: Buffer.from('all') }] }),
    me,
  )
  return { memberId, generationId, me }
}

test('the topic is made once, by the first request of many', async () => {
  const world = new CoordinatorWorld()
  assert.equal(world.topics.topic(offsetsTopic), undefined)
  await Promise.all(
    ['a', 'b', 'c'].map(groupId => world.coordinator.fetchOffsets(groupId, null, anybody, ann)),
  )
  assert.equal(world.topics.topic(offsetsTopic)?.partitions.length, 3)
})

test('without a leader for its partition a group has no coordinator', async () => {
  const world = new CoordinatorWorld({}, [-1])
  assert.equal(await outcome(world.coordinator.coordinatorOf('shop')), 'COORDINATOR_NOT_AVAILABLE')
})

test('a node that does not lead the partition of a group is not its coordinator', async () => {
  const world = new CoordinatorWorld({}, [1])
  assert.equal(await world.coordinator.coordinatorOf('shop'), 1)
  assert.equal(await outcome(world.coordinator.join(joinRequest(), ann, 3)), 'NOT_COORDINATOR')
  assert.equal(await outcome(world.coordinator.describe('shop', ann)), 'NOT_COORDINATOR')
  assert.equal(await outcome(world.coordinator.describe('shop', caller('ann', 1, 1))), 'GROUP_ID_NOT_FOUND')
})

test('when leadership moves, parked requests are answered and the new node knows all that was kept', async () => {
  const world = new CoordinatorWorld({ 'group.initial.rebalance.delay.ms': '3000' }, [0])
  await world.coordinator.commit(commitRequest(world), ann, 9)
  const joining = outcome(world.coordinator.join(joinRequest(), ann, 3))
  await settle()
  world.topics.lead(offsetsTopic, 0, 1)
  assert.equal(await joining, 'waits')
  await settle()
  assert.equal(await outcome(world.coordinator.join(joinRequest(), ann, 3)), 'NOT_COORDINATOR')
  const found = await world.coordinator.fetchOffsets('shop', null, anybody, caller('ann', 1, 1))
  assert.equal(found[0]?.partitions[0]?.committed?.offset, 7n)
})

test('a later leader answers parked joins and syncs with NOT_COORDINATOR', async () => {
  const world = new CoordinatorWorld({ 'group.initial.rebalance.delay.ms': '3000' })
  const joining = world.coordinator.join(joinRequest(), ann, 3)
  await settle()
  world.topics.lead('__consumer_offsets', world.coordinator.partitionOf('shop'), 0)
  assert.equal(await outcome(joining), 'NOT_COORDINATOR')
})

test('a commit under way while leadership moves is not missed by the replay', async () => {
  const world = new CoordinatorWorld()
  await world.coordinator.fetchOffsets('shop', null, anybody, ann)
  world.log.hold()
  const committing = outcome(world.coordinator.commit(commitRequest(world), ann, 9))
  await settle()
  world.topics.lead('__consumer_offsets', world.coordinator.partitionOf('shop'), 0)
  const fetching = fetched(world)
  await settle()
  world.log.release()
  await committing
  assert.deepEqual(await fetching, ['orders 0: 7'])
})

test('stopping answers parked requests, serves none after, and leaves no timer that acts', async () => {
  const world = new CoordinatorWorld({ 'group.initial.rebalance.delay.ms': '3000' })
  const joining = world.coordinator.join(joinRequest(), ann, 3)
  await settle()
  world.coordinator.stop()
  assert.equal(await outcome(joining), 'NOT_COORDINATOR')
  assert.equal(await outcome(world.coordinator.join(joinRequest(), ann, 3)), 'NOT_COORDINATOR')
  const { appends } = world.log
  await world.advance(100_000_000)
  assert.equal(world.log.appends, appends)
})

test('offsets of a group without members are kept, and there after a crash', async () => {
  const world = new CoordinatorWorld()
  assert.deepEqual(await world.coordinator.commit(commitRequest(world), ann, 9), ['NONE'])
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
  world.restart()
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
  assert.deepEqual(
    (await world.coordinator.list(ann)).map(group => ({ ...group })),
    [{ groupId: 'shop', protocolType: '', groupState: 'Empty', groupType: 'classic' }],
  )
})

const append = { generationIdOrMemberEpoch: 1, memberId: 'ann' }
const refusals = [
  [{ kind: 'unavailable' }, 'NOT_COORDINATOR'],
  [{ kind: 'unknown' }, 'COORDINATOR_NOT_AVAILABLE'],
  [{ kind: 'rejected', error: 'NOT_ENOUGH_REPLICAS' }, 'COORDINATOR_NOT_AVAILABLE'],
  [{ kind: 'rejected', error: 'UNKNOWN_TOPIC_OR_PARTITION' }, 'COORDINATOR_NOT_AVAILABLE'],
  [{ kind: 'rejected', error: 'NOT_LEADER_OR_FOLLOWER' }, 'NOT_COORDINATOR'],
  [{ kind: 'rejected', error: 'MESSAGE_TOO_LARGE' }, 'UNKNOWN_SERVER_ERROR'],
] as const
for (const [failure, error] of refusals) {
  test(`a commit that the log answers with ${'error' in failure ? failure.error : failure.kind} is answered ${error}, and forgotten`, async () => {
    const world = new CoordinatorWorld()
    world.log.failures.push(failure)
    assert.equal(await outcome(world.coordinator.commit(commitRequest(world), ann, 9)), error)
    assert.deepEqual(await fetched(world), [])
    assert.deepEqual(await world.coordinator.commit(commitRequest(world), ann, 9), ['NONE'])
  })
}

test('commits in the name of a member are checked against the group', async () => {
  const world = new CoordinatorWorld()
  const commit = (changes: Partial<CommitRequest>, version = 9) =>
    outcome(world.coordinator.commit(commitRequest(world, changes), ann, version))
  assert.equal(await commit(append), 'GROUP_ID_NOT_FOUND')
  assert.equal(await commit(append, 8), 'ILLEGAL_GENERATION')
  const { memberId } = await stableGroup(world)
  assert.equal(await commit({}), 'UNKNOWN_MEMBER_ID')
  assert.equal(await commit(append), 'UNKNOWN_MEMBER_ID')
  assert.equal(await commit({ memberId, generationIdOrMemberEpoch: 2 }), 'ILLEGAL_GENERATION')
  assert.equal(
    await commit({ memberId, groupInstanceId: 'one', generationIdOrMemberEpoch: 1 }),
    'UNKNOWN_MEMBER_ID',
  )
  assert.deepEqual(await commit({ memberId, generationIdOrMemberEpoch: 1 }), ['NONE'])
  await world.coordinator.join(joinRequest({ memberId }), ann, 3)
  assert.equal(await commit({ memberId, generationIdOrMemberEpoch: 2 }), 'REBALANCE_IN_PROGRESS')
})

test('a commit keeps the session, as a heartbeat does', async () => {
  const world = new CoordinatorWorld()
  const { memberId } = await stableGroup(world)
  await world.advance(9_999)
  await world.coordinator.commit(commitRequest(world, { memberId, generationIdOrMemberEpoch: 1 }), ann, 9)
  await world.advance(9_999)
  assert.equal((await world.coordinator.describe('shop', ann)).groupState, 'Stable')
  await world.advance(1)
  assert.equal((await world.coordinator.describe('shop', ann)).groupState, 'Empty')
})

test('metadata of an offset may be as long as the setting says, no longer', async () => {
  const world = new CoordinatorWorld({ 'offset.metadata.max.bytes': '4' })
  const [offset] = commitRequest(world).offsets
  const offsets = [offset!, { ...offset!, partition: 1, metadata: 'notes' }]
  const outcomes = await world.coordinator.commit(commitRequest(world, { offsets }), ann, 9)
  assert.deepEqual(outcomes, ['NONE', 'OFFSET_METADATA_TOO_LARGE'])
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
})

test('offsets of a deleted topic are gone, also of groups that are not in memory', async () => {
  const world = new CoordinatorWorld()
  await world.coordinator.commit(commitRequest(world), ann, 9)
  await world.coordinator.commit(commitRequest(world, { groupId: 'other' }), ann, 9)
  world.topics.delete('orders')
  world.coordinator.topicDeleted()
  await settle()
  assert.deepEqual(await fetched(world), [])
  world.topics.create('orders', [0])
  await world.coordinator.commit(commitRequest(world), ann, 9)
  world.coordinator.stop()
  world.topics.delete('orders')
  world.topics.create('orders', [0])
  world.restart()
  assert.deepEqual(await fetched(world), [])
})

test('a look for the offsets of a deleted topic that fails is made again, from the beginning', async t => {
  const world = new CoordinatorWorld({}, [0])
  await world.coordinator.commit(commitRequest(world), ann, 9)
  world.topics.delete('orders')
  const lookUp = t.mock.method(world.topics, 'topic', () => {
    throw new Error('a look that fails')
  })
  world.coordinator.topicDeleted()
  await settle()
  lookUp.mock.restore()
  assert.deepEqual(
    world.background.failing.map(({ name, message }) => [name, message]),
    [['Forgetting the offsets of deleted topics', 'a look that fails']],
  )
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
  await world.advance(100)
  assert.deepEqual(world.background.failing, [])
  assert.deepEqual(await fetched(world), [])
})

test('of very many groups each forgets a deleted topic, over several turns of the event loop', async () => {
  const world = new CoordinatorWorld({}, [0])
  const groups = Array.from({ length: 1200 }, (_, i) => `group-${i}`)
  for (const groupId of groups) await world.coordinator.commit(commitRequest(world, { groupId }), ann, 9)
  const left = async () => {
    const found = await Promise.all(groups.map(groupId => fetched(world, groupId)))
    return found.filter(({ length }) => length > 0).length
  }
  world.topics.delete('orders')
  world.coordinator.topicDeleted()
  assert.ok((await left()) >= 700)
  for (let i = 0; i < 10; i++) await settle()
  assert.equal(await left(), 0)
})

test('offsets that are not needed any more expire, and the group with them', async () => {
  const world = new CoordinatorWorld({
    'offsets.retention.minutes': '60',
    'offsets.retention.check.interval.ms': '60000',
  })
  await world.coordinator.commit(commitRequest(world), ann, 9)
  await world.advance(59 * 60_000)
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
  await world.advance(60_000)
  assert.deepEqual(await fetched(world), [])
  assert.deepEqual(await world.coordinator.list(ann), [])
  world.restart()
  assert.deepEqual(await world.coordinator.list(ann), [])
})

test('offsets of a group at work do not expire, those of topics that it gave up do', async () => {
  const world = new CoordinatorWorld({
    'offsets.retention.minutes': '60',
    'offsets.retention.check.interval.ms': '60000',
  })
  world.topics.create('bills', [0])
  const { memberId, generationId } = await stableGroup(world)
  const identity = { memberId, generationIdOrMemberEpoch: generationId }
  await world.coordinator.commit(commitRequest(world, identity), ann, 9)
  await world.coordinator.commit(commitRequest(world, identity, 'bills'), ann, 9)
  for (let i = 0; i < 61 * 12; i++) {
    await world.coordinator.heartbeat({ groupId: 'shop', memberId, generationId, groupInstanceId: null }, ann)
    await world.advance(5_000)
  }
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
})

test('only an empty group can be deleted, with all that it has committed', async () => {
  const world = new CoordinatorWorld()
  assert.equal(await outcome(world.coordinator.delete('shop', ann)), 'GROUP_ID_NOT_FOUND')
  const { memberId, generationId } = await stableGroup(world)
  await world.coordinator.commit(
    commitRequest(world, { memberId, generationIdOrMemberEpoch: generationId }),
    ann,
    9,
  )
  assert.equal(await outcome(world.coordinator.delete('shop', ann)), 'NON_EMPTY_GROUP')
  await world.coordinator.leave('shop', [{ memberId, groupInstanceId: null, reason: null }], ann)
  await world.coordinator.delete('shop', ann)
  assert.equal(await outcome(world.coordinator.describe('shop', ann)), 'GROUP_ID_NOT_FOUND')
  assert.deepEqual(await fetched(world), [])
  world.restart()
  assert.equal(await outcome(world.coordinator.describe('shop', ann)), 'GROUP_ID_NOT_FOUND')
})

test('offsets of subscribed topics cannot be deleted, others can', async () => {
  const world = new CoordinatorWorld()
  world.topics.create('bills', [0])
  const wanted = [
    { topic: 'orders', partition: 0 },
    { topic: 'bills', partition: 0 },
  ]
  assert.equal(await outcome(world.coordinator.deleteOffsets('shop', wanted, ann)), 'GROUP_ID_NOT_FOUND')
  await world.coordinator.commit(commitRequest(world), ann, 9)
  await world.coordinator.commit(commitRequest(world, {}, 'bills'), ann, 9)
  await stableGroup(world)
  assert.deepEqual(await world.coordinator.deleteOffsets('shop', wanted, ann), [
    'GROUP_SUBSCRIBED_TO_TOPIC',
    'NONE',
  ])
  assert.deepEqual(await fetched(world), ['orders 0: 7'])
})

test('offsets of a group at work that is no consumer group cannot be deleted', async () => {
  const world = new CoordinatorWorld()
  const joining = joinRequest({ protocolType: 'connect' })
  await world.coordinator.join(joining, ann, 3)
  assert.equal(await outcome(world.coordinator.deleteOffsets('shop', [], ann)), 'NON_EMPTY_GROUP')
})

test('the coordinator reports the client of a member that is gone, however it went', async () => {
  const world = new CoordinatorWorld()
  const { memberId } = await stableGroup(world)
  await world.coordinator.leave('shop', [{ memberId, groupInstanceId: null, reason: null }], ann)
  assert.deepEqual(world.left, ['ann'])
  await stableGroup(world, 5)
  world.coordinator.connectionClosed(5)
  await world.advance(6000)
  assert.deepEqual(world.left, ['ann', 'ann'])
})

test('a group that grew over a lowered limit is rebalanced when it is replayed', async () => {
  const world = new CoordinatorWorld()
  const { memberId } = await stableGroup(world)
  const bob = world.coordinator.join(joinRequest(), caller('bob', 2), 3)
  await world.coordinator.join(joinRequest({ memberId }), ann, 3)
  const bobs = (await bob).memberId
  await world.coordinator.sync(syncRequest({ memberId, generationId: 2, assignments: [] }), ann)
  world.config.setDynamic(new Map([['group.max.size', '1']]), new Map())
  world.restart()
  assert.equal((await world.coordinator.describe('shop', ann)).groupState, 'PreparingRebalance')
  const joining = outcome(world.coordinator.join(joinRequest({ memberId }), ann, 9))
  const refused = await outcome(world.coordinator.join(joinRequest({ memberId: bobs }), caller('bob', 2), 9))
  assert.equal(refused, 'GROUP_MAX_SIZE_REACHED')
  assert.notEqual(await joining, 'GROUP_MAX_SIZE_REACHED')
  assert.equal((await world.coordinator.describe('shop', ann)).members.length, 1)
})
