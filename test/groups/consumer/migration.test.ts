import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../../src/groups/shared/embedded-protocol.js'
import { encodeMessage } from '../../../src/wire/stored-message.js'
import { caller, joinRequest, outcome, syncRequest } from '../coordinator-world.js'
import { ConsumerWorld, joining } from './consumer-world.js'

const goesOver = ['bob joins classically', 'bob syncs', 'bob commits orders 0', 'ann joins']
const goesBack = ['ann joins', 'bob joins classically', 'bob syncs', 'bob commits orders 0', 'ann leaves']

test('a group that has gone over is a consumer group after a crash as well, with its offsets', async () => {
  const world = await ConsumerWorld.open()
  await world.play(...goesOver)
  const before = await world.play('the group is described')
  await world.play('the broker restarts')
  assert.deepEqual(await world.play('the group is described'), before)
  assert.deepEqual(await world.play('bob beats'), ['bob is told REBALANCE_IN_PROGRESS'])
  assert.deepEqual(await world.play('ann asks for offsets'), ['ann finds orders 0 at 7'])
})

test('a group that has gone back is a classic group after a crash as well, with its offsets and work to share out', async () => {
  const world = await ConsumerWorld.open()
  await world.play(...goesBack, 'the broker restarts')
  assert.deepEqual(await world.play('the group is described'), [
    'the group is a classic one, PreparingRebalance',
    'bob has orders 2 3',
  ])
  assert.deepEqual(await world.play('bob beats'), ['bob is told REBALANCE_IN_PROGRESS'])
  assert.deepEqual(await world.play('bob asks for offsets'), ['bob finds orders 0 at 7'])
  assert.deepEqual(await world.play('bob joins classically'), [
    'bob is in generation 4 by range, and leads 1',
  ])
})

test('there and back, as often as one likes', async () => {
  const world = await ConsumerWorld.open()
  await world.play('bob joins classically', 'bob syncs', 'bob commits orders 0')
  for (let i = 0; i < 3; i++) {
    await world.play('ann joins', 'bob joins classically', 'bob syncs', 'ann beats', 'the broker restarts')
    assert.match(String(await world.play('groups are listed')), /consumer/)
    await world.play('ann leaves', 'bob joins classically', 'bob syncs', 'the broker restarts')
    assert.match(String(await world.play('groups are listed')), /classic/)
  }
  assert.deepEqual(await world.play('bob asks for offsets'), ['bob finds orders 0 at 7'])
})

test('what cannot be kept leaves the group as it was', async () => {
  const world = await ConsumerWorld.open()
  await world.play('bob joins classically', 'bob syncs')
  world.world.log.failures.push({ kind: 'unavailable' })
  assert.deepEqual(await world.play('ann joins'), ['ann is told NOT_COORDINATOR'])
  assert.deepEqual(await world.play('bob beats'), ['bob is alive'])
  await world.play('ann joins')
  world.world.log.failures.push({ kind: 'unavailable' })
  assert.deepEqual(await world.play('ann leaves'), ['ann is told NOT_COORDINATOR'])
  assert.match(String(await world.play('the group is described')), /Reconciling in epoch 2.*ann.*bob/)
})

test('a group that goes over in the middle of a rebalance shares out its work anew', async () => {
  const world = await ConsumerWorld.open({ 'consumer.assignment.interval.ms': '1000' })
  await world.play('ann joins', 'bob joins classically as seat-1', 'bob syncs', 'ann leaves')
  assert.match(String(await world.play('the group is described')), /PreparingRebalance,bob has nothing/)
  await world.play('bob restarts')
  assert.deepEqual(await world.play('bob joins as seat-1'), ['bob is in epoch 4 with orders 0 1 2 3'])
})

test('a group that goes back before all have what they are to have shares out its work anew', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins as seat-1', 'bob joins classically', 'bob syncs', 'ann restarts')
  await world.play('ann joins classically as seat-1')
  assert.match(String(await world.play('the group is described')), /classic one, PreparingRebalance/)
  assert.deepEqual(await world.play('bob beats'), ['bob is told REBALANCE_IN_PROGRESS'])
  await world.play('ann joins classically', 'bob joins classically', 'ann syncs')
  assert.deepEqual(await world.play('bob syncs'), ['bob has orders 2 3', 'ann has orders 0 1'])
})

test('a group that goes over shares out the partitions that came since it last shared out', async () => {
  const world = await ConsumerWorld.open()
  await world.play('bob joins classically as seat-1', 'bob syncs', 'orders grows to 6 partitions')
  await world.play('bob restarts')
  assert.deepEqual(await world.play('bob joins as seat-1'), ['bob is in epoch 2 with orders 0 1 2 3 4 5'])
})

test('a group of classic members alone goes back when the last one of the newer protocol is lost', async () => {
  const world = await ConsumerWorld.open({ 'consumer.session.timeout.ms': '1000' })
  await world.play('ann joins', 'bob joins classically', 'bob syncs', '1000 ms pass')
  assert.deepEqual(await world.play('the group is described'), [
    'the group is a classic one, PreparingRebalance',
    'bob has orders 2 3',
  ])
})

test('a consumer group that is too large for a classic one stays what it is', async () => {
  const world = await ConsumerWorld.open({ 'group.max.size': '1' })
  await world.play('ann joins', 'bob joins classically', 'cat joins classically', 'ann leaves')
  assert.match(String(await world.play('groups are listed')), /consumer/)
  await world.play('cat leaves')
  assert.match(String(await world.play('groups are listed')), /classic/)
})

const readable = encodeMessage(consumerProtocolSubscription, 3, {
  topics: ['orders'],
  ownedPartitions: [],
  rackId: null,
})
const custom = encodeMessage(consumerProtocolAssignment, 3, {
  assignedPartitions: [],
  userData: Buffer.from('mine'),
})

for (const [what, how] of Object.entries({
  'no consumers': { protocolType: 'connect', metadata: readable, assignment: Buffer.alloc(0) },
  'consumers that nobody can read': {
    protocolType: 'consumer',
    metadata: Buffer.from([0]),
    assignment: Buffer.alloc(0),
  },
  'consumers with a custom assignor': { protocolType: 'consumer', metadata: readable, assignment: custom },
})) {
  test(`a classic group of ${what} does not go over, and works on`, async () => {
    const world = await ConsumerWorld.open()
    const { coordinator } = world.world
    const me = caller('bob', 7)
    const protocols = [{ name: 'range', metadata: how.metadata }]
    const { memberId } = await coordinator.join(
      joinRequest({ protocolType: how.protocolType, protocols, sessionTimeoutMs: 60_000 }),
      me,
      3,
    )
    const assignments = [{ memberId, assignment: how.assignment }]
    await coordinator.sync(syncRequest({ memberId, generationId: 1, assignments }), me)
    const { errorCode, errorMessage } = await world.beat({ ...joining, memberId: 'ann' })
    assert.equal(errorCode, 69)
    assert.match(errorMessage ?? '', /^Cannot upgrade classic group shop to consumer group because /)
    const beat = { groupId: 'shop', memberId, generationId: 1, groupInstanceId: null }
    assert.equal(await outcome(coordinator.heartbeat(beat, me)), undefined)
  })
}

test('a member of a version of the consumer protocol to come is understood', async () => {
  const world = await ConsumerWorld.open()
  const { coordinator } = world.world
  const metadata = Buffer.concat([readable, Buffer.from('more')])
  metadata.writeInt16BE(9)
  const join = joinRequest({ protocols: [{ name: 'range', metadata }] })
  await world.play('ann joins')
  const { memberId, generationId = -1 } = await coordinator.join(join, caller('bob', 7), 3)
  const { assignment } = await coordinator.sync(syncRequest({ memberId, generationId }), caller('bob', 7))
  assert.equal(Buffer.from(assignment).readInt16BE(), 3)
})
