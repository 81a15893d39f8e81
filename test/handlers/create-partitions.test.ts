import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const wish = (name: string, count: number, replicas: readonly (readonly number[])[] | null = null) => ({
  name,
  count,
  assignments: replicas?.map(brokerIds => ({ brokerIds })) ?? null,
})

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ topics: ['a:2', 'b'], ...options })
  const grow = async (topics: readonly ReturnType<typeof wish>[], validateOnly = false) => {
    const { results } = await served.ask(createPartitions, 3, { topics, timeoutMs: 1000, validateOnly })
    return results
  }
  const partitions = async (name: string) => {
    const { topics } = await served.ask(metadata, 9, { topics: [{ name }] })
    return topics[0]?.partitions ?? []
  }
  return { served, grow, partitions, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a topic grows to the number given, and its new partitions take records at once', async () => {
  await using world = await opened()
  await world.served.write('a', ['kept'])
  assert.deepEqual((await world.grow([wish('a', 4)])).map(errorName), ['NONE'])
  assert.equal((await world.partitions('a')).length, 4)
  assert.deepEqual(await world.served.values('a'), ['kept'])
  const answer = await world.served.produce('a', null, { index: 3 })
  assert.notEqual(errorName(answer), 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('a topic never shrinks, and does not grow to what it is', async () => {
  await using world = await opened()
  for (const count of [2, 1, 0, -1]) {
    const [answer] = await world.grow([wish('a', count)])
    assert.equal(errorName(answer), 'INVALID_PARTITIONS', `to ${count}`)
  }
  assert.equal((await world.partitions('a')).length, 2)
})

test('of several topics each succeeds or fails for itself, and one named twice fails', async () => {
  await using world = await opened()
  const answers = await world.grow([wish('a', 3), wish('nope', 2), wish('b', 2), wish('a', 4)])
  assert.deepEqual(
    answers.map(answer => [answer.name, errorName(answer)]),
    [
      ['a', 'INVALID_REQUEST'],
      ['nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['b', 'NONE'],
    ],
  )
  assert.equal((await world.partitions('a')).length, 2)
})

test('what is only to be checked stays as it is', async () => {
  await using world = await opened()
  const answers = await world.grow([wish('a', 3), wish('b', 1)], true)
  assert.deepEqual(answers.map(errorName), ['NONE', 'INVALID_PARTITIONS'])
  assert.equal((await world.partitions('a')).length, 2)
})

test('replicas of the new partitions can be placed one by one', async () => {
  await using world = await opened({ brokers: 3, topics: ['a:1:2'] })
  const placed = [
    [2, 0],
    [1, 2],
  ]
  assert.deepEqual((await world.grow([wish('a', 3, placed)])).map(errorName), ['NONE'])
  const now = (await world.partitions('a')).slice(1)
  assert.deepEqual(
    now.map(({ leaderId, replicaNodes, isrNodes }) => [leaderId, replicaNodes, isrNodes]),
    placed.map(replicas => [replicas[0], replicas, replicas]),
  )
})

test('replicas must be as many as elsewhere, on nodes that are there, for each new partition', async () => {
  await using world = await opened({ brokers: 2, topics: ['a:1:2'] })
  const wrong = [
    [],
    [
      [0, 1],
      [1, 0],
    ],
    [[0]],
    [[0, 0]],
    [[0, 7]],
    [[]],
  ]
  for (const replicas of wrong) {
    const [answer] = await world.grow([wish('a', 2, replicas)])
    assert.equal(errorName(answer), 'INVALID_REPLICA_ASSIGNMENT', JSON.stringify(replicas))
  }
})

test('a request for more than 10,000 new partitions in all makes none', async () => {
  await using world = await opened()
  const answers = await world.grow([wish('a', 9_003), wish('b', 1_001)])
  assert.deepEqual(answers.map(errorName), ['UNKNOWN_SERVER_ERROR', 'UNKNOWN_SERVER_ERROR'])
  assert.equal((await world.partitions('b')).length, 1)
})

test('two clients that let a topic grow at the same time let it grow once', async () => {
  await using world = await opened()
  const other = await RawClient.connect(world.served.port)
  const ask = { topics: [wish('a', 3)], timeoutMs: 1000, validateOnly: false }
  const answers = await Promise.all([
    world.served.ask(createPartitions, 3, ask),
    other.ask(createPartitions, 3, ask),
  ])
  const errors = answers.map(({ results }) => errorName(results[0])).sort()
  assert.deepEqual(errors, ['INVALID_PARTITIONS', 'NONE'])
  assert.equal((await world.partitions('a')).length, 3)
  other.destroy()
})
