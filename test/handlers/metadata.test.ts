import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const strangeId = 'AAAAAAAAAAAAAAAAAAAAQQ'

type Wanted = { readonly name: string | null; readonly topicId?: string }
interface Wish {
  readonly version?: number
  readonly create?: boolean
}

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a:2', 'b'], ...options })
  const ask = (topics: readonly Wanted[] | null, { version = 12, create = false }: Wish = {}) =>
    served.ask(metadata, version, {
      topics: topics === null ? null : topics.map(topic => ({ topicId: noId, ...topic })),
      ...(version >= 4 ? { allowAutoTopicCreation: create } : {}),
    })
  const errors = async (topics: readonly Wanted[], wish: Wish = {}) =>
    (await ask(topics, wish)).topics.map(topic => [topic.name, errorName(topic)])
  return { served, ask, errors, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('null asks for all topics, an empty list for none, but in version 0 for all', async () => {
  await using world = await opened()
  const names = async (topics: null | [], version: number) =>
    (await world.ask(topics, { version })).topics.map(topic => topic.name)
  assert.deepEqual(await names(null, 1), ['a', 'b'])
  assert.deepEqual(await names([], 1), [])
  assert.deepEqual(await names([], 0), ['a', 'b'])
})

test('every answer names the nodes, the controller and the cluster', async () => {
  await using world = await opened({ brokers: 2 })
  const { brokers, controllerId, clusterId } = await world.ask([])
  assert.deepEqual(
    brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]),
    world.served.broker.brokers.map((address, id) => [id, address]),
  )
  assert.deepEqual([controllerId, clusterId], [0, world.served.broker.clusterId])
})

test('a topic that is missing is made on the way, and the answer has its leaders already', async () => {
  await using world = await opened({ set: { 'num.partitions': 3 } })
  const { topics } = await world.ask([{ name: 'new' }], { create: true })
  assert.equal(errorName(topics[0]), 'NONE')
  assert.deepEqual(
    topics[0]?.partitions.map(({ errorCode, leaderId, isrNodes }) => [errorCode, leaderId, isrNodes]),
    [0, 1, 2].map(() => [0, 0, [0]]),
  )
  assert.equal(errorName(await world.served.write('new', ['at once'])), 'NONE')
})

test('two clients that ask for a missing topic at the same time both get it', async () => {
  await using world = await opened()
  const other = await RawClient.connect(world.served.port)
  const ask = { topics: [{ name: 'new' }], allowAutoTopicCreation: true }
  const answers = await Promise.all([world.served.ask(metadata, 12, ask), other.ask(metadata, 12, ask)])
  const [first, second] = answers.map(({ topics }) => topics[0])
  assert.deepEqual([errorName(first), errorName(second)], ['NONE', 'NONE'])
  assert.equal(first?.topicId, second?.topicId)
  other.destroy()
})

test('names that would collide only with each other are all made', async () => {
  await using world = await opened()
  const wanted = [{ name: 'c.c' }, { name: 'c_c' }]
  assert.deepEqual(await world.errors(wanted, { create: true }), [
    ['c.c', 'NONE'],
    ['c_c', 'NONE'],
  ])
  assert.deepEqual(
    await world.errors([{ name: 'c_c' }, { name: 'a.b' }, { name: 'c.c' }], { create: true }),
    [
      ['c_c', 'NONE'],
      ['a.b', 'NONE'],
      ['c.c', 'NONE'],
    ],
  )
})

test('a request that would make more partitions than one may makes none, as in Kafka', async () => {
  const set = { 'ottla.max.new.partitions.per.request': 6, 'num.partitions': 2 }
  await using world = await opened({ set })
  const wanted = ['w', 'x', 'y', 'z'].map(name => ({ name }))
  const unknown = wanted.map(({ name }) => [name, 'UNKNOWN_TOPIC_OR_PARTITION'])
  assert.deepEqual(await world.errors([...wanted, { name: 'a' }], { create: true }), [
    ['a', 'NONE'],
    ...unknown,
  ])
  assert.deepEqual(await world.errors(wanted), unknown)
  const fewer = wanted.slice(1)
  assert.deepEqual(
    await world.errors(fewer, { create: true }),
    fewer.map(({ name }) => [name, 'NONE']),
  )
})

test('internal topics are marked as such before they are made, and are made as their coordinators need them', async () => {
  await using world = await opened({ set: { 'offsets.topic.num.partitions': 7 } })
  const [before] = (await world.ask([{ name: '__consumer_offsets' }])).topics
  assert.deepEqual([errorName(before), before?.isInternal], ['UNKNOWN_TOPIC_OR_PARTITION', true])
  const [made] = (await world.ask([{ name: '__consumer_offsets' }], { create: true })).topics
  assert.deepEqual([errorName(made), made?.isInternal, made?.partitions.length], ['NONE', true, 7])
})

test('a topic is not made for a client that does not want it, nor where the broker does not', async () => {
  await using world = await opened()
  assert.deepEqual(await world.errors([{ name: 'new' }]), [['new', 'UNKNOWN_TOPIC_OR_PARTITION']])
  await using strict = await opened({ set: { 'auto.create.topics.enable': false } })
  const wish = { create: true }
  assert.deepEqual(await strict.errors([{ name: 'new' }], wish), [['new', 'UNKNOWN_TOPIC_OR_PARTITION']])
})

test('a name that no topic may have gets another error than a missing topic', async () => {
  await using world = await opened()
  for (const create of [true, false]) {
    assert.deepEqual(await world.errors([{ name: 'a b' }, { name: '' }], { create }), [
      ['a b', 'INVALID_TOPIC_EXCEPTION'],
      ['', 'INVALID_TOPIC_EXCEPTION'],
    ])
  }
})

test('the errors of some topics never appear in answers about others', async () => {
  await using world = await opened()
  await world.errors([{ name: 'missing' }, { name: 'a b' }])
  const { topics } = await world.ask(null)
  assert.deepEqual(
    topics.map(topic => [topic.name, errorName(topic)]),
    [
      ['a', 'NONE'],
      ['b', 'NONE'],
    ],
  )
})

test('a topic can be asked for by its id, and names beside ids count for nothing', async () => {
  await using world = await opened()
  const id = await world.served.topicId('a')
  const wanted = [{ name: null, topicId: id }, { name: 'b' }, { name: null, topicId: strangeId }]
  assert.deepEqual(await world.errors(wanted), [
    [null, 'UNKNOWN_TOPIC_ID'],
    ['a', 'NONE'],
  ])
})

test('the id of a topic that is gone is unknown, also when there is one of its name again', async () => {
  await using world = await opened()
  const id = await world.served.topicId('b')
  await world.served.ask(deleteTopics, 1, { topicNames: ['b'], timeoutMs: 1000 })
  await world.served.create('b')
  assert.deepEqual(await world.errors([{ name: null, topicId: id }]), [[null, 'UNKNOWN_TOPIC_ID']])
  assert.notEqual(await world.served.topicId('b'), id)
})

test('versions 10 and 11 have a place for ids, but do not serve them', async () => {
  await using world = await opened()
  const topicId = await world.served.topicId('a')
  for (const version of [10, 11]) {
    assert.equal(
      errorName((await world.ask([{ name: 'a', topicId }], { version })).topics[0]),
      'INVALID_REQUEST',
    )
    assert.equal(errorName((await world.ask([{ name: null }], { version })).topics[0]), 'INVALID_REQUEST')
  }
})

test('replicas on a node that is gone are offline, and a partition without a leader says so', async () => {
  await using world = await opened({ brokers: 2, topics: ['safe:1:2', 'single:2:1'] })
  await world.served.broker.stopNode(1)
  const { brokers, topics } = await world.ask([{ name: 'safe' }, { name: 'single' }])
  assert.deepEqual(
    brokers.map(node => node.nodeId),
    [0],
  )
  const [safe, single] = topics
  const told = safe?.partitions[0]
  assert.deepEqual([told?.leaderId, told?.isrNodes, told?.offlineReplicas], [0, [0], [1]])
  const dead = single?.partitions.find(partition => partition.replicaNodes[0] === 1)
  assert.deepEqual([errorName(single), errorName(dead), dead?.leaderId], ['NONE', 'LEADER_NOT_AVAILABLE', -1])
})

test('the operations that a client may do are listed where it asked for them', async () => {
  await using world = await opened()
  const { topics, clusterAuthorizedOperations } = await world.served.ask(metadata, 10, {
    topics: [{ name: 'a' }],
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
  })
  assert.deepEqual([clusterAuthorizedOperations, topics[0]?.topicAuthorizedOperations], [8096, 3576])
  const without = await world.ask([{ name: 'a' }])
  assert.equal(without.topics[0]?.topicAuthorizedOperations, -(2 ** 31))
})
