import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerOptions } from '../../src/index.js'
import { alterPartitionReassignments } from '../../src/wire/apis/alter-partition-reassignments.js'
import { listPartitionReassignments } from '../../src/wire/apis/list-partition-reassignments.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

async function opened(options: BrokerOptions = {}) {
  const served = await ServedBroker.open({ brokers: 3, ...options })
  await served.create('a', {}, { replicationFactor: 2 })
  const move = async (
    replicas: readonly number[] | null,
    { name = 'a', partitionIndex = 0, allowReplicationFactorChange = true } = {},
  ) => {
    const { errorCode, responses } = await served.ask(alterPartitionReassignments, 1, {
      timeoutMs: 1000,
      allowReplicationFactorChange,
      topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
    })
    assert.equal(errorCode, 0)
    return errorName(responses[0]?.partitions[0])
  }
  const partition = async () => {
    const { topics } = await served.ask(metadata, 9, { topics: [{ name: 'a' }] })
    const found = topics[0]?.partitions[0]
    if (!found) throw new Error('the partition is gone')
    return found
  }
  return { served, move, partition, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('replicas are where they were moved to when the answer comes, and none is under way', async () => {
  await using world = await opened()
  const { replicaNodes } = await world.partition()
  const target = [0, 1, 2].filter(id => !replicaNodes.includes(id)).concat(replicaNodes[1] as number)
  assert.equal(await world.move(target), 'NONE')
  const moved = await world.partition()
  assert.deepEqual([moved.replicaNodes, moved.isrNodes, moved.leaderId], [target, target, target[0]])
  const { topics, errorCode } = await world.served.ask(listPartitionReassignments, 0, {
    timeoutMs: 1000,
    topics: null,
  })
  assert.deepEqual([errorCode, topics], [0, []])
})

test('a leader that keeps its replica goes on leading, in the same epoch', async () => {
  await using world = await opened()
  const before = await world.partition()
  const other = [0, 1, 2].find(id => !before.replicaNodes.includes(id)) as number
  await world.move([other, before.leaderId])
  const { leaderId, leaderEpoch } = await world.partition()
  assert.deepEqual([leaderId, leaderEpoch], [before.leaderId, before.leaderEpoch])
})

test('a leader whose replica is taken away is followed by another, in the next epoch', async () => {
  await using world = await opened()
  const before = await world.partition()
  await world.move([before.replicaNodes[1] as number])
  const { leaderId, leaderEpoch } = await world.partition()
  assert.deepEqual([leaderId, leaderEpoch], [before.replicaNodes[1], before.leaderEpoch + 1])
})

test('records move with their partition', async () => {
  await using world = await opened({ brokers: 2 })
  const { leaderId } = await world.partition()
  if (leaderId !== 0) await world.move([0])
  await world.served.write('a', ['kept'])
  await world.move([1])
  await world.move([0])
  assert.deepEqual(await world.served.values('a'), ['kept'])
})

test('how many replicas there are stays, where the client says so', async () => {
  await using world = await opened()
  const fixed = { allowReplicationFactorChange: false }
  assert.equal(await world.move([0, 1, 2], fixed), 'INVALID_REPLICATION_FACTOR')
  assert.equal(await world.move([1, 2], fixed), 'NONE')
})

test('replicas that cannot be are refused', async () => {
  await using world = await opened()
  const before = await world.partition()
  for (const replicas of [[], [0, 0], [7], [-1]]) {
    assert.equal(await world.move(replicas), 'INVALID_REPLICA_ASSIGNMENT', JSON.stringify(replicas))
  }
  assert.equal(await world.move([0], { name: 'nope' }), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.equal(await world.move([0], { partitionIndex: 9 }), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.deepEqual(await world.partition(), before)
})

test('there is never a move to call off', async () => {
  await using world = await opened()
  assert.equal(await world.move(null), 'NO_REASSIGNMENT_IN_PROGRESS')
})
