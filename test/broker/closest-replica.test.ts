import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { Broker, type BrokerOptions } from '../../src/index.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorNameOf } from '../support/error-name.js'
import { record } from '../support/log-world.js'
import { RawClient } from '../support/raw-client.js'

const byRack = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }

/** Three nodes in racks of their own, a partition with two replicas that holds a record, and clients of each node. */
async function opened(options: BrokerOptions = { set: byRack }) {
  const brokers = ['a', 'b', 'c'].map(rack => ({ rack }))
  const broker = await Broker.create({ brokers, topics: ['t:1:2'], keepAlive: true, ...options })
  const clients = await Promise.all(broker.brokers.map(each => RawClient.connect(Number(each.split(':')[1]))))
  const { topics } = await clients[0]!.ask(metadata, 9, { topics: null })
  const { leaderId, replicaNodes } = topics[0]!.partitions[0]!
  const follower = replicaNodes.find(id => id !== leaderId) as number
  const stranger = [0, 1, 2].find(id => !replicaNodes.includes(id)) as number
  const records = await buildBatch({ records: [record('x', Date.now())] })
  await clients[leaderId]!.ask(produce, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
  })
  const read = async (node: number, rackId: string, { version = 12, fetchOffset = 0n } = {}) => {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1000 }]
    const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 't', partitions }] }
    const { responses } = await clients[node]!.ask(fetch, version, {
      ...request,
      ...(rackId ? { rackId } : {}),
    })
    const { errorCode, preferredReadReplica, records, highWatermark } = responses[0]!.partitions[0]!
    const bytes = (records as Buffer | null)?.length ?? 0
    return {
      error: errorNameOf(errorCode),
      preferred: preferredReadReplica,
      hasRecords: bytes > 0,
      highWatermark,
    }
  }
  const close = async () => {
    for (const client of clients) client.destroy()
    await broker.stop()
  }
  const rackOf = (id: number) => brokers[id]!.rack
  return { broker, clients, read, leader: leaderId, follower, stranger, rackOf, [Symbol.asyncDispose]: close }
}

test('a consumer in the rack of a follower is sent there, and reads there', async () => {
  await using world = await opened()
  const { leader, follower, read, rackOf } = world
  const nothing = { error: 'NONE', preferred: follower, hasRecords: false, highWatermark: 1n }
  for (const version of [11, 12]) assert.deepEqual(await read(leader, rackOf(follower), { version }), nothing)
  assert.deepEqual(await read(follower, rackOf(follower)), { ...nothing, preferred: -1, hasRecords: true })
})

test('a consumer stays with a leader in its rack, where no replica is in its rack, or where it names none', async () => {
  await using world = await opened()
  const { leader, stranger, read, rackOf } = world
  const here = { error: 'NONE', preferred: -1, hasRecords: true, highWatermark: 1n }
  for (const rack of [rackOf(leader), rackOf(stranger), 'nowhere', ''])
    assert.deepEqual(await read(leader, rack), here)
})

test('no consumer is sent to a follower that is gone', async () => {
  await using world = await opened()
  await world.broker.stopNode(world.follower)
  assert.equal((await world.read(world.leader, world.rackOf(world.follower))).preferred, -1)
})

test('the leader answers for an offset out of range', async () => {
  await using world = await opened()
  const { error } = await world.read(world.leader, world.rackOf(world.follower), { fetchOffset: 9n })
  assert.equal(error, 'OFFSET_OUT_OF_RANGE')
})

test('without the selector no consumer is sent to a follower', async () => {
  await using world = await opened({})
  assert.equal((await world.read(world.leader, world.rackOf(world.follower))).preferred, -1)
})

test('clients from before version 11 read from the leader only, and a node without a replica serves none', async () => {
  await using world = await opened()
  assert.equal((await world.read(world.follower, '', { version: 10 })).error, 'NOT_LEADER_OR_FOLLOWER')
  assert.equal((await world.read(world.stranger, '')).error, 'NOT_LEADER_OR_FOLLOWER')
})

test('in a session the client hears each time where it had better read', async () => {
  await using world = await opened()
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  const wait = { maxWaitMs: 0, minBytes: 1, rackId: world.rackOf(world.follower) }
  const first = { ...wait, sessionEpoch: 0, topics: [{ topic: 't', partitions }] }
  const { sessionId } = await world.clients[world.leader]!.ask(fetch, 12, first)
  assert.ok(sessionId > 0)
  const next = { ...wait, sessionId, sessionEpoch: 1, topics: [] }
  const { responses } = await world.clients[world.leader]!.ask(fetch, 12, next)
  assert.equal(responses[0]?.partitions[0]?.preferredReadReplica, world.follower)
})

test('kafkajs with a rack reads from the follower', async () => {
  await using world = await opened()
  const kafka = new Kafka({ brokers: world.broker.brokers, logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({
    groupId: 'g',
    rackId: world.rackOf(world.follower),
    maxWaitTimeInMs: 100,
  })
  await consumer.connect()
  const askedFollower = new Promise<void>(resolve => {
    consumer.on(consumer.events.FETCH, ({ payload }) => {
      if (Number((payload as unknown as { nodeId: string }).nodeId) === world.follower) resolve()
    })
  })
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  const value = await new Promise(resolve => {
    consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) }).catch(resolve)
  })
  assert.equal(value, 'x')
  await askedFollower
  await consumer.disconnect()
})
