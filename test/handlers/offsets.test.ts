import assert from 'node:assert/strict'
import { test } from 'node:test'
import { joinGroupHandler } from '../../src/handlers/join-group.js'
import { offsetCommitHandler } from '../../src/handlers/offset-commit.js'
import { offsetDeleteHandler } from '../../src/handlers/offset-delete.js'
import { offsetFetchHandler } from '../../src/handlers/offset-fetch.js'
import { errorName, joinRequest } from '../groups/coordinator-world.js'
import { GroupExchange, versionsOf } from './group-exchange.js'

const nobody = { groupId: 'shop', generationIdOrMemberEpoch: -1, memberId: '' }
const unknownId = 'AAAAAAAAAAAAAAAAAAAA_w'

function topicIn(exchange: GroupExchange, version: number, name = 'orders') {
  return version >= 10 ? { topicId: exchange.world.topics.topic(name)?.id ?? unknownId } : { name }
}

function commitIn(exchange: GroupExchange, version: number, partitions = [0], name = 'orders') {
  const of = (partitionIndex: number) => ({
    partitionIndex,
    committedOffset: 7n,
    committedMetadata: 'note',
    ...(version >= 6 ? { committedLeaderEpoch: 3 } : {}),
  })
  const topics = [{ ...topicIn(exchange, version, name), partitions: partitions.map(of) }]
  return exchange.ask(offsetCommitHandler, version, { ...nobody, topics })
}

async function fetchIn(exchange: GroupExchange, version: number, topics: object[] | null) {
  if (version < 8) return exchange.ask(offsetFetchHandler, version, { groupId: 'shop', topics })
  const { groups } = await exchange.ask(offsetFetchHandler, version, {
    groups: [{ groupId: 'shop', topics }],
  })
  return groups[0]
}

test('an offset is committed and fetched in every version, with its epoch and note', async () => {
  for (const version of versionsOf(offsetCommitHandler)) {
    const exchange = new GroupExchange()
    const answer = await commitIn(exchange, version)
    assert.deepEqual(answer.topics[0].partitions, [{ partitionIndex: 0, errorCode: 0 }])
    if (version >= 10) assert.equal(answer.topics[0].topicId, exchange.world.topics.topic('orders')?.id)
    for (const fetchVersion of versionsOf(offsetFetchHandler)) {
      const wanted = [{ ...topicIn(exchange, fetchVersion), partitionIndexes: [0, 1] }]
      const { topics } = await fetchIn(exchange, fetchVersion, wanted)
      const [committed, never] = topics[0].partitions
      const epoch = version >= 6 && fetchVersion >= 5 ? 3 : -1
      assert.deepEqual(
        [committed.committedOffset, committed.metadata, committed.committedLeaderEpoch, committed.errorCode],
        [7n, 'note', epoch, 0],
      )
      assert.deepEqual([never.committedOffset, never.metadata, never.errorCode], [-1n, '', 0])
    }
  }
})

test('all that a group has committed is fetched when no topics are named', async () => {
  const exchange = new GroupExchange()
  await commitIn(exchange, 9, [0, 2])
  for (const version of versionsOf(offsetFetchHandler).filter(each => each >= 2)) {
    const { topics } = await fetchIn(exchange, version, null)
    assert.deepEqual(
      topics[0].partitions.map((each: { partitionIndex: number }) => each.partitionIndex),
      [0, 2],
    )
    if (version >= 10) assert.equal(topics[0].topicId, exchange.world.topics.topic('orders')?.id)
    else assert.equal(topics[0].name, 'orders')
  }
})

test('several groups are asked at once, and each fails for itself', async () => {
  const exchange = new GroupExchange({}, [0, 1, 0])
  const home = ['a', 'b', 'c', 'd'].find(id => exchange.world.coordinator.partitionOf(id) !== 1) ?? ''
  await exchange.world.coordinator.ensureTopic()
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const away = ids.find(id => exchange.world.coordinator.partitionOf(id) === 1) ?? ''
  const here = ids.find(id => exchange.world.coordinator.partitionOf(id) !== 1) ?? home
  const groups = [away, here].map(groupId => ({
    groupId,
    topics: [{ name: 'orders', partitionIndexes: [0] }],
  }))
  const answer = await exchange.ask(offsetFetchHandler, 9, { groups })
  assert.deepEqual(
    answer.groups.map((each: { errorCode: number }) => errorName(each.errorCode)),
    ['NOT_COORDINATOR', 'NONE'],
  )
})

test('a node that is not the coordinator says so where each version looks for it', async () => {
  for (const version of versionsOf(offsetFetchHandler)) {
    const exchange = new GroupExchange({}, [1])
    const answer = await fetchIn(exchange, version, [
      { ...topicIn(exchange, version), partitionIndexes: [0] },
    ])
    const code = version === 1 ? answer.topics[0].partitions[0].errorCode : answer.errorCode
    assert.equal(errorName(code), 'NOT_COORDINATOR')
  }
  for (const version of versionsOf(offsetCommitHandler)) {
    const { topics } = await commitIn(new GroupExchange({}, [1]), version)
    assert.equal(errorName(topics[0].partitions[0].errorCode), 'NOT_COORDINATOR')
  }
})

test('partitions that do not exist fail for themselves, the others are committed', async () => {
  for (const version of versionsOf(offsetCommitHandler)) {
    const exchange = new GroupExchange()
    const { topics } = await commitIn(exchange, version, [9, 0, -1])
    assert.deepEqual(
      topics[0].partitions.map((each: { errorCode: number }) => errorName(each.errorCode)),
      ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION', 'NONE'],
    )
  }
})

test('an unknown topic is answered by its name, or by its id from version 10 on', async () => {
  for (const version of versionsOf(offsetCommitHandler)) {
    const { topics } = await commitIn(new GroupExchange(), version, [0], 'none')
    const expected = version >= 10 ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION'
    assert.equal(errorName(topics[0].partitions[0].errorCode), expected)
  }
  const wanted = [{ topicId: unknownId, partitionIndexes: [0] }]
  const { topics } = await fetchIn(new GroupExchange(), 10, wanted)
  assert.equal(errorName(topics[0].partitions[0].errorCode), 'UNKNOWN_TOPIC_ID')
})

test('what was committed for an older topic of the same name is not there', async () => {
  const exchange = new GroupExchange()
  await commitIn(exchange, 9)
  exchange.world.topics.delete('orders')
  exchange.world.topics.create('orders', [0])
  const { topics } = await fetchIn(exchange, 9, [{ name: 'orders', partitionIndexes: [0] }])
  assert.equal(topics[0].partitions[0].committedOffset, -1n)
})

test('a client without a member id cannot commit while the group has members', async () => {
  const exchange = new GroupExchange()
  await exchange.ask(joinGroupHandler, 3, joinRequest())
  const { topics } = await commitIn(exchange, 9)
  assert.equal(errorName(topics[0].partitions[0].errorCode), 'UNKNOWN_MEMBER_ID')
})

test('offsets are deleted unless the group reads the topic', async () => {
  const exchange = new GroupExchange()
  exchange.world.topics.create('bills', [0])
  await commitIn(exchange, 9)
  await commitIn(exchange, 9, [0], 'bills')
  await exchange.ask(joinGroupHandler, 3, joinRequest())
  const topics = ['orders', 'bills', 'none'].map(name => ({ name, partitions: [{ partitionIndex: 0 }] }))
  const answer = await exchange.ask(offsetDeleteHandler, 0, { groupId: 'shop', topics })
  assert.deepEqual(
    answer.topics.map((each: { partitions: { errorCode: number }[] }) =>
      errorName(each.partitions[0]!.errorCode),
    ),
    ['UNKNOWN_TOPIC_OR_PARTITION', 'GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'],
  )
  const none = await exchange.ask(offsetDeleteHandler, 0, { groupId: 'none', topics })
  assert.equal(errorName(none.errorCode), 'GROUP_ID_NOT_FOUND')
})

test('where a request names more partitions than a group takes at once, each is answered in its place, and each topic once', async () => {
  const exchange = new GroupExchange()
  await commitIn(exchange, 8, [0])
  const partitionIndexes = Array.from({ length: 2500 }, (_, i) => i)
  const asked = ['gone', 'orders', 'letters'].map(name => ({ name, partitionIndexes }))
  const { groups } = await exchange.ask(offsetFetchHandler, 8, {
    groups: [{ groupId: 'shop', topics: [{ name: 'empty', partitionIndexes: [] }, ...asked] }],
  })
  const topics: { name: string; partitions: { partitionIndex: number; committedOffset: bigint }[] }[] =
    groups[0].topics
  assert.deepEqual(
    topics.map(({ name, partitions }) => [name, partitions.length]),
    [
      ['empty', 0],
      ['gone', 2500],
      ['orders', 2500],
      ['letters', 2500],
    ],
  )
  for (const { name, partitions } of topics.slice(1)) {
    assert.deepEqual(
      partitions.map(({ partitionIndex }) => partitionIndex),
      partitionIndexes,
    )
    const committed = partitions.filter(({ committedOffset }) => committedOffset === 7n)
    assert.equal(committed.length, name === 'orders' ? 1 : 0)
  }
})
