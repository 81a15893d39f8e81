import assert from 'node:assert/strict'
import { test } from 'node:test'
import { offsetsTopic, settle } from '../coordinator-world.js'
import { ConsumerWorld, joining } from './consumer-world.js'

test('in version 0 the coordinator makes up the id of a member', async () => {
  const { beat } = bound(await ConsumerWorld.open())
  const { memberId, memberEpoch } = await beat({ ...joining, memberId: '' }, 0)
  assert.equal(memberId, '1')
  assert.equal(memberEpoch, 2)
})

test('the broker tells members how often to beat, by the setting of the group within the limits of the broker', async () => {
  const world = await ConsumerWorld.open({ 'group.consumer.max.heartbeat.interval.ms': '7000' })
  const { beat } = bound(world)
  const told = async () => (await beat({ ...joining, memberId: 'ann' })).heartbeatIntervalMs
  world.world.topics.set('shop', {})
  assert.equal(await told(), 5000)
  world.world.topics.set('shop', { 'consumer.heartbeat.interval.ms': '700' })
  assert.equal(await told(), 700)
  world.world.topics.set('shop', { 'consumer.heartbeat.interval.ms': '70000' })
  assert.equal(await told(), 7000)
})

test('a session timeout that is changed counts from the next heartbeat on', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins')
  world.world.topics.set('shop', { 'consumer.session.timeout.ms': '1000' })
  assert.deepEqual(await world.play('44999 ms pass', 'ann beats'), ['ann is in epoch 2'])
  assert.deepEqual(await world.play('999 ms pass', 'ann beats'), ['ann is in epoch 2'])
  assert.deepEqual(await world.play('1000 ms pass', 'ann beats'), ['ann is told UNKNOWN_MEMBER_ID'])
})

test('a member ends with its session to the millisecond', async () => {
  const world = await ConsumerWorld.open({ 'consumer.session.timeout.ms': '1000' })
  await world.play('ann joins', '999 ms pass')
  assert.match(String(await world.play('the group is described')), /is Stable/)
  await world.play('1 ms pass')
  assert.match(String(await world.play('the group is described')), /is Empty/)
})

test('a heartbeat of a member that has nothing new to say or to hear writes nothing', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins', 'ann beats')
  const { appends } = world.world.log
  for (let i = 0; i < 10; i++) await world.play('1000 ms pass', 'ann beats')
  assert.equal(world.world.log.appends, appends)
})

test('a heartbeat whose facts cannot be kept changes nothing, and may be repeated', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins')
  world.world.log.failures.push({ kind: 'unavailable' })
  assert.deepEqual(await world.play('bob joins'), ['bob is told NOT_COORDINATOR'])
  assert.match(String(await world.play('the group is described')), /Stable in epoch 2.*ann/)
  assert.deepEqual(await world.play('bob joins'), ['bob is in epoch 3 with nothing'])
})

test('that a member is lost is tried again until it is kept', async () => {
  const world = await ConsumerWorld.open({ 'consumer.session.timeout.ms': '1000' })
  await world.play('ann joins')
  world.world.log.failures.push({ kind: 'unavailable' }, { kind: 'unavailable' })
  await world.play('1000 ms pass')
  assert.match(String(await world.play('the group is described')), /is Stable/)
  await world.play('500 ms pass')
  assert.match(String(await world.play('the group is described')), /is Stable/)
  await world.play('500 ms pass')
  assert.match(String(await world.play('the group is described')), /is Empty/)
})

test('topics of an expression that could not be kept are looked for again', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins matching orders-.*', 'orders-eu is made with 1 partitions', '11000 ms pass')
  world.world.log.failures.push({ kind: 'unavailable' })
  assert.deepEqual(await world.play('ann beats', 'ann beats', 'ann beats'), [
    'ann is in epoch 2 with orders-eu 0',
  ])
})

test('topics of an expression are looked for in turns, and a heartbeat meanwhile is answered', async t => {
  const world = await ConsumerWorld.open()
  for (let i = 0; i < 250; i++) await world.stage.createTopic(`many-${i}`, 1)
  let nowMs = 0
  t.mock.method(performance, 'now', () => (nowMs += 10)) // each look at the time ends a turn
  await world.play('ann joins matching orders')
  assert.deepEqual(await world.play('ann beats'), ['ann is in epoch 1'])
  assert.deepEqual(await world.play('1 ms pass', 'ann beats'), ['ann is in epoch 2 with orders 0 1 2 3'])
})

test('topics are looked up once for all members that read the same', async () => {
  const world = await ConsumerWorld.open()
  const { topics } = world.world
  let looks = 0
  const topic = topics.topic.bind(topics)
  topics.topic = name => {
    if (name.startsWith('orders')) looks++
    return topic(name)
  }
  const looksOf = async (...steps: string[]) => {
    looks = 0
    await world.play(...steps)
    return looks
  }
  await world.play('a-0 joins', 'b-0 joins')
  const withOne = await looksOf('b-0 leaves')
  for (let i = 1; i < 20; i++) await world.play(`a-${i} joins`)
  await world.play('b-1 joins')
  assert.equal(await looksOf('b-1 leaves'), withOne)
})

test('after a crash members go on where they were', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins', 'ann beats', 'bob joins', 'ann beats', 'bob commits orders 3')
  const before = await world.play('the group is described')
  await world.play('the broker restarts')
  assert.deepEqual(await world.play('the group is described'), before)
  assert.deepEqual(await world.play('ann beats'), ['ann is in epoch 3'])
  assert.deepEqual(await world.play('bob beats'), ['bob is in epoch 3 with orders 2 3'])
  assert.deepEqual(await world.play('bob asks for offsets'), ['bob finds orders 3 at 7'])
})

test('after a crash sessions, and the time to let go, begin anew', async () => {
  const world = await ConsumerWorld.open({ 'consumer.session.timeout.ms': '5000' })
  await world.play('ann joins within 2000', 'bob joins', 'ann beats', '1900 ms pass')
  await world.play('the broker restarts', 'the group is described')
  assert.deepEqual(await world.play('1900 ms pass', 'ann beats holding on'), ['ann is in epoch 2'])
  assert.deepEqual(await world.play('100 ms pass', 'ann beats'), ['ann is told UNKNOWN_MEMBER_ID'])
  assert.match(String(await world.play('3000 ms pass', 'the group is described')), /is Empty/)
})

test('a dynamic member whose connection is closed is taken out after a grace, a static one is not', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins', 'bob joins as seat-1', 'cat joins')
  for (const connection of [1, 2]) world.world.coordinator.connectionClosed(connection)
  await world.play('6000 ms pass')
  await settle()
  const members = (await world.play('the group is described')).slice(1).map(line => line.split(' ')[0])
  assert.deepEqual(members, ['bob', 'cat'])
})

test('racks count: when those of a topic change, its partitions are shared out anew', async () => {
  const world = await ConsumerWorld.open()
  await world.play('ann joins', 'ann beats')
  world.world.racks.set(1, 'north')
  world.world.topics.place('orders', 0, [1])
  assert.deepEqual(await world.play('ann beats'), ['ann is in epoch 3'])
})

test('a member tells its rack, and who reads what', async () => {
  const world = await ConsumerWorld.open()
  const { beat } = bound(world)
  await beat({ ...joining, memberId: 'ann', rackId: 'north', subscribedTopicRegex: 'pay.*' })
  const { members } = await world.world.coordinator.describeConsumers('shop', caller)
  assert.deepEqual(
    members.map(({ rackId, subscribedTopicNames, subscribedTopicRegex, clientHost }) => ({
      rackId,
      subscribedTopicNames,
      subscribedTopicRegex,
      clientHost,
    })),
    [
      {
        rackId: 'north',
        subscribedTopicNames: ['orders'],
        subscribedTopicRegex: 'pay.*',
        clientHost: '/10.0.0.7',
      },
    ],
  )
})

test('what is read and had of a topic that is gone is not shown, and no member is to have it', async () => {
  const world = await ConsumerWorld.open()
  await world.play('payments is made with 2 partitions', 'ann joins reading orders,payments')
  world.world.topics.delete('payments')
  assert.deepEqual(await world.play('the group is described'), [
    'the group is Stable in epoch 2, assigned in epoch 2 by uniform',
    'ann in epoch 2 has orders 0 1 2 3',
  ])
  assert.deepEqual(await world.play('ann beats'), ['ann is in epoch 2 with orders 0 1 2 3'])
})

test('a group that is deleted is gone with its offsets, also after a crash', async () => {
  const world = await ConsumerWorld.open()
  const { coordinator } = world.world
  await world.play('ann joins', 'ann commits orders 0')
  await assert.rejects(coordinator.delete('shop', caller), { errorName: 'NON_EMPTY_GROUP' })
  await world.play('ann leaves')
  await coordinator.delete('shop', caller)
  assert.deepEqual(await world.play('the group is described'), ['the describer is told GROUP_ID_NOT_FOUND'])
  await world.play('the broker restarts')
  assert.deepEqual(await world.play('ann asks for offsets in epoch -1'), ['ann finds nothing'])
  assert.deepEqual(await world.world.coordinator.list(caller), [])
})

test('a group takes one record for each thing that changes', async () => {
  const world = await ConsumerWorld.open()
  const records = () => {
    const { coordinator, topics, log } = world.world
    return log.records({
      topicId: topics.topic(offsetsTopic)?.id as string,
      partition: coordinator.partitionOf('shop'),
    })
  }
  await world.play('ann joins')
  assert.equal(
    records(),
    5,
    'the member, the epoch of the group, a target, its epoch, and what the member has',
  )
  await world.play('ann leaves')
  assert.equal(records(), 9, 'three of the member are taken back, and the group has a new epoch')
})

const caller = {
  clientId: 'admin',
  clientHost: '/10.0.0.7',
  connection: { id: 99, isClosed: false },
  nodeId: 0,
}

const bound = (world: ConsumerWorld) => ({ beat: world.beat.bind(world) })
