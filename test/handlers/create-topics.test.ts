import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import type { RequestOf } from '../../src/wire/schema.js'
import { errorName } from '../support/error-name.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

type Wanted = RequestOf<typeof createTopics>['topics'][number]

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const topic = (name: string, more: Partial<Wanted> = {}): Wanted => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
})
const byDefault = { numPartitions: -1, replicationFactor: -1 }

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open(options)
  const create = async (wanted: readonly Wanted[], { version = 7, validateOnly = false } = {}) => {
    const { topics } = await served.ask(createTopics, version, {
      topics: wanted,
      timeoutMs: 1000,
      validateOnly,
    })
    return topics
  }
  const names = async () => {
    const { topics } = await served.ask(metadata, 9, { topics: null })
    return topics.map(({ name, partitions }) => `${name}:${partitions.length}`)
  }
  return { served, create, names, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a topic is there for every client when the answer comes', async () => {
  await using world = await opened()
  const other = await RawClient.connect(world.served.port)
  await world.create([topic('orders', { numPartitions: 3 })])
  const { topics } = await other.ask(metadata, 12, {
    topics: [{ name: 'orders' }],
    allowAutoTopicCreation: false,
  })
  assert.equal(errorName(topics[0]), 'NONE')
  assert.deepEqual(
    topics[0]?.partitions.map(partition => partition.leaderId),
    [0, 0, 0],
  )
  other.destroy()
})

test('from version 5 on the answer tells what was made, from version 7 on under which id', async () => {
  await using world = await opened({ set: { 'num.partitions': 4, 'log.retention.hours': 1 } })
  const configs = [{ name: 'segment.ms', value: '5' }]
  const [made] = await world.create([topic('orders', { ...byDefault, configs })])
  assert.deepEqual([made?.numPartitions, made?.replicationFactor], [4, 1])
  assert.equal(made?.topicId, await world.served.topicId('orders'))
  const told = (name: string) => made?.configs?.find(config => config.name === name)
  assert.deepEqual([told('segment.ms')?.value, told('segment.ms')?.configSource], ['5', 1])
  assert.deepEqual([told('retention.ms')?.value, told('retention.ms')?.configSource], ['3600000', 4])
  assert.deepEqual([told('flush.ms')?.configSource, told('flush.ms')?.isSensitive], [5, false])
  const [older] = await world.create([topic('older')], { version: 4 })
  assert.deepEqual([older?.numPartitions, older?.configs], [-1, []])
})

test('of several topics each succeeds or fails for itself', async () => {
  await using world = await opened()
  const answers = await world.create([topic('a'), topic('b', { numPartitions: 0 }), topic('c')])
  assert.deepEqual(answers.map(errorName), ['NONE', 'INVALID_PARTITIONS', 'NONE'])
  assert.deepEqual(await world.names(), ['a:1', 'c:1'])
  assert.deepEqual([answers[1]?.numPartitions, answers[1]?.topicId, answers[1]?.configs], [-1, noId, []])
})

test('a topic that a request names twice is not made, and answered once', async () => {
  await using world = await opened()
  const answers = await world.create([topic('a'), topic('b'), topic('a')])
  assert.deepEqual(
    answers.map(answer => [answer.name, errorName(answer)]),
    [
      ['a', 'INVALID_REQUEST'],
      ['b', 'NONE'],
    ],
  )
  assert.deepEqual(await world.names(), ['b:1'])
})

test('what is only to be checked is not made', async () => {
  await using world = await opened()
  const answers = await world.create([topic('a'), topic('b', { numPartitions: -2 })], { validateOnly: true })
  assert.deepEqual(answers.map(errorName), ['NONE', 'INVALID_PARTITIONS'])
  assert.equal(answers[0]?.numPartitions, 1)
  assert.deepEqual(await world.names(), [])
})

test('a request for more than 10,000 partitions in all makes none', async () => {
  await using world = await opened()
  const answers = await world.create([topic('a', { numPartitions: 9_999 }), topic('b', { numPartitions: 2 })])
  assert.deepEqual(answers.map(errorName), ['POLICY_VIOLATION', 'POLICY_VIOLATION'])
  assert.deepEqual(await world.names(), [])
})

test('replicas can be placed one by one, whatever the order', async () => {
  await using world = await opened({ brokers: 3 })
  const assignments = [
    { partitionIndex: 1, brokerIds: [2, 1] },
    { partitionIndex: 0, brokerIds: [0, 2] },
  ]
  const [answer] = await world.create([topic('a', { ...byDefault, assignments })])
  assert.deepEqual([errorName(answer), answer?.numPartitions, answer?.replicationFactor], ['NONE', 2, 2])
  const { topics } = await world.served.ask(metadata, 9, { topics: [{ name: 'a' }] })
  const placed = topics[0]?.partitions.map(({ leaderId, replicaNodes }) => [leaderId, replicaNodes])
  assert.deepEqual(placed, [
    [0, [0, 2]],
    [2, [2, 1]],
  ])
})

test('a partition whose replicas are placed twice is refused', async () => {
  await using world = await opened()
  const assignments = [0, 0].map(partitionIndex => ({ partitionIndex, brokerIds: [0] }))
  const [answer] = await world.create([topic('a', { ...byDefault, assignments })])
  assert.equal(errorName(answer), 'INVALID_REPLICA_ASSIGNMENT')
})

test('more replicas than nodes become as many as there are nodes, with --parity an error', async () => {
  await using lenient = await opened()
  const [clamped] = await lenient.create([topic('a', { replicationFactor: 3 })])
  assert.deepEqual([errorName(clamped), clamped?.replicationFactor], ['NONE', 1])
  await using strict = await opened({ parity: true })
  const [refused] = await strict.create([topic('a', { replicationFactor: 3 })])
  assert.equal(errorName(refused), 'INVALID_REPLICATION_FACTOR')
})

test('a setting without a value is refused', async () => {
  await using world = await opened()
  const [answer] = await world.create([topic('a', { configs: [{ name: 'retention.ms', value: null }] })])
  assert.equal(errorName(answer), 'INVALID_CONFIG')
  assert.match(answer?.errorMessage ?? '', /retention\.ms/)
})

test('two clients that make the same topic at the same time make it once', async () => {
  await using world = await opened()
  const other = await RawClient.connect(world.served.port)
  const ask = { topics: [topic('a')], timeoutMs: 1000 }
  const answers = await Promise.all([world.served.ask(createTopics, 7, ask), other.ask(createTopics, 7, ask)])
  const errors = answers.map(({ topics }) => errorName(topics[0])).sort()
  assert.deepEqual(errors, ['NONE', 'TOPIC_ALREADY_EXISTS'])
  other.destroy()
})

test('a topic that is there is not made again', async () => {
  await using world = await opened()
  await world.create([topic('a', { numPartitions: 2 })])
  assert.deepEqual((await world.create([topic('a')])).map(errorName), ['TOPIC_ALREADY_EXISTS'])
  assert.deepEqual(await world.names(), ['a:2'])
})

test('topics of one request may have names that collide', async () => {
  await using world = await opened()
  assert.deepEqual((await world.create([topic('a.b'), topic('a_b')])).map(errorName), ['NONE', 'NONE'])
  assert.deepEqual((await world.create([topic('a.b')])).map(errorName), ['TOPIC_ALREADY_EXISTS'])
})

test('the topic of the metadata is not to be made', async () => {
  await using world = await opened()
  assert.deepEqual((await world.create([topic('__cluster_metadata')])).map(errorName), ['INVALID_REQUEST'])
})

test('the own settings of a topic are answered word for word, and the rest as understood', async () => {
  await using world = await opened()
  const configs = [{ name: 'cleanup.policy', value: ' compact , compact ' }]
  const [made] = await world.create([topic('orders', { configs })])
  const value = (name: string) => made?.configs?.find(each => each.name === name)?.value
  assert.deepEqual([value('cleanup.policy'), value('segment.ms')], [' compact , compact ', '604800000'])
})

test('a topic that is only validated is answered with an id', async () => {
  await using world = await opened()
  const [told] = await world.create([topic('orders')], { validateOnly: true })
  assert.notEqual(told?.topicId, noId)
})

test('too few replicas are reported before too few partitions', async () => {
  await using world = await opened()
  const answers = await world.create([topic('orders', { numPartitions: 0, replicationFactor: 0 })])
  assert.deepEqual(answers.map(errorName), ['INVALID_REPLICATION_FACTOR'])
})
