import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../../src/random/ids.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.js'
import { syncGroup } from '../../src/wire/apis/sync-group.js'
import { txnOffsetCommit } from '../../src/wire/apis/txn-offset-commit.js'
import { errorName, joinRequest } from '../groups/coordinator-world.js'
import { ServedBroker } from '../support/served-broker.js'
import { TransactionalProducer } from './transactional-producer.js'

async function opened(transactionVersion: 1 | 2 = 2) {
  const served = await ServedBroker.open()
  await served.create('orders')
  const producer = new TransactionalProducer(served, 'shop', transactionVersion)
  await producer.init()
  return { served, producer }
}

async function fetched(served: ServedBroker, requireStable = false) {
  const { groups } = await served.ask(offsetFetch, 9, {
    groups: [{ groupId: 'readers', topics: [{ name: 'orders', partitionIndexes: [0] }] }],
    requireStable,
  })
  const { committedOffset, errorCode } = groups[0]?.topics[0]?.partitions[0] ?? {}
  return errorCode === 0 ? committedOffset : errorName(errorCode as number)
}

test('offsets count once their transaction is committed, in every version', async () => {
  for (const version of [0, 1, 2, 3, 4, 5, 6]) {
    const { served, producer } = await opened(version >= 5 ? 2 : 1)
    await using _ = served
    if (version < 5) await producer.addOffsets('readers')
    assert.equal(await producer.commitOffset('readers', 'orders', 7n, { version }), 'NONE')
    assert.equal(await fetched(served), -1n)
    await producer.commit()
    assert.equal(await fetched(served), 7n)
  }
})

test('offsets of an aborted transaction never count', async () => {
  const { served, producer } = await opened()
  await using _ = served
  await producer.commitOffset('readers', 'orders', 7n)
  await producer.commit()
  await producer.commitOffset('readers', 'orders', 9n)
  await producer.abort()
  assert.equal(await fetched(served, true), 7n)
})

test('a client that requires stable offsets hears that they are pending until the transaction has ended', async () => {
  const { served, producer } = await opened()
  await using _ = served
  await producer.commitOffset('readers', 'orders', 7n)
  await producer.commit()
  await producer.commitOffset('readers', 'orders', 9n)
  assert.equal(await fetched(served, true), 'UNSTABLE_OFFSET_COMMIT')
  assert.equal(await fetched(served), 7n)
  await producer.commit()
  assert.equal(await fetched(served, true), 9n)
})

test('older clients have to add the offsets to the transaction first', async () => {
  const { served, producer } = await opened(1)
  await using _ = served
  assert.equal(await producer.commitOffset('readers', 'orders', 7n, { version: 4 }), 'TRANSACTION_ABORTABLE')
  assert.equal(await producer.commitOffset('readers', 'orders', 7n, { version: 3 }), 'INVALID_TXN_STATE')
  assert.equal(await fetched(served, true), -1n)
})

test('an empty transactional id is an invalid request, whatever else is wrong with the producer', async () => {
  for (const version of [0, 4, 5]) {
    const { served, producer } = await opened()
    await using _ = served
    const nameless = new TransactionalProducer(served, '')
    nameless.producerId = producer.producerId
    assert.equal(await nameless.commitOffset('readers', 'orders', 7n, { version }), 'INVALID_REQUEST')
  }
})

test('a producer that was replaced commits no offsets', async () => {
  for (const version of [1, 2] as const) {
    const { served, producer } = await opened(version)
    await using _ = served
    await new TransactionalProducer(served, 'shop').init()
    assert.equal(await producer.commitOffset('readers', 'orders', 7n), 'INVALID_PRODUCER_EPOCH')
    assert.equal(await fetched(served, true), -1n)
  }
})

test('the member has to be one of the group, in its present generation', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const joined = await served.ask(joinGroup, 3, { ...joinRequest(), groupId: 'readers' })
  const { memberId, generationId } = joined
  await served.ask(syncGroup, 3, { groupId: 'readers', generationId, memberId, assignments: [] })
  const commit = (member: { memberId: string; generationIdOrMemberEpoch: number }) =>
    producer.commitOffset('readers', 'orders', 7n, member)
  assert.equal(await commit({ memberId, generationIdOrMemberEpoch: generationId }), 'NONE')
  assert.equal(await commit({ memberId, generationIdOrMemberEpoch: generationId - 1 }), 'ILLEGAL_GENERATION')
  assert.equal(
    await commit({ memberId: 'eve', generationIdOrMemberEpoch: generationId }),
    'UNKNOWN_MEMBER_ID',
  )
  assert.equal(await commit({ memberId: '', generationIdOrMemberEpoch: -1 }), 'NONE')
})

test('a topic that does not exist fails, by name and by id', async () => {
  const { served, producer } = await opened()
  await using _ = served
  assert.equal(await producer.commitOffset('readers', 'elsewhere', 7n), 'UNKNOWN_TOPIC_OR_PARTITION')
  const { producerId, producerEpoch } = producer
  const { topics } = await served.ask(txnOffsetCommit, 6, {
    ...{ transactionalId: 'shop', groupId: 'readers', producerId, producerEpoch },
    topics: [{ topicId: newId(), partitions: [{ partitionIndex: 0, committedOffset: 7n }] }],
  })
  assert.equal(errorName(topics[0]?.partitions[0]?.errorCode ?? 0), 'UNKNOWN_TOPIC_ID')
})

test('pending offsets are still pending after the coordinator was replaced, and count when their transaction ends', async () => {
  const { served, producer } = await opened()
  await using _ = served
  await producer.commitOffset('readers', 'orders', 7n)
  await served.broker.stopNode(0)
  await served.broker.startNode(0)
  await served.reconnect()
  assert.equal(await fetched(served, true), 'UNSTABLE_OFFSET_COMMIT')
  assert.equal(await producer.commit(), 'NONE')
  assert.equal(await fetched(served, true), 7n)
})

const partitions = 5000

/** Opens a topic of many partitions; `commit` is part of a transaction, `found` are the group's offsets then. */
async function openedWide() {
  const { served, producer } = await opened()
  await served.create('wide', {}, { numPartitions: partitions })
  const commit = async (count: number, committedOffset: bigint) => {
    const { transactionalId, producerId, producerEpoch } = producer
    const all = Array.from({ length: count }, (_, i) => ({ partitionIndex: i % partitions, committedOffset }))
    const { topics } = await served.ask(txnOffsetCommit, 5, {
      ...{ transactionalId, producerId, producerEpoch, groupId: 'readers' },
      topics: [{ name: 'wide', partitions: all }],
    })
    const answers = topics[0]?.partitions ?? []
    assert.equal(answers.length, count)
    return [...new Set(answers.map(({ errorCode }) => errorName(errorCode)))]
  }
  /** Counts the partitions of each committed offset. */
  const found = async () => {
    const { groups } = await served.ask(offsetFetch, 9, { groups: [{ groupId: 'readers', topics: null }] })
    const counts = new Map<bigint, number>()
    for (const { committedOffset } of groups[0]?.topics.flatMap(topic => topic.partitions) ?? []) {
      counts.set(committedOffset, (counts.get(committedOffset) ?? 0) + 1)
    }
    return counts
  }
  return { served, producer, commit, found }
}

test('when the marker comes behind thousands of offsets all of them count, or none', async () => {
  const { served, producer, commit, found } = await openedWide()
  await using _ = served
  assert.deepEqual(await commit(partitions, 7n), ['NONE'])
  assert.equal(await producer.commit(), 'NONE')
  assert.deepEqual(await found(), new Map([[7n, partitions]]))
  assert.deepEqual(await commit(partitions, 9n), ['NONE'])
  assert.equal(await producer.abort(), 'NONE')
  assert.deepEqual(await found(), new Map([[7n, partitions]]))
})

test('offsets that no batch holds are refused together, as in Kafka, and the transaction goes on', async () => {
  const { served, producer, commit, found } = await openedWide()
  await using _ = served
  assert.deepEqual(await commit(3, 7n), ['NONE'])
  assert.deepEqual(await commit(50_000, 8n), ['UNKNOWN_SERVER_ERROR'])
  assert.deepEqual(await commit(2, 9n), ['NONE'])
  assert.equal(await producer.commit(), 'NONE')
  assert.deepEqual(
    await found(),
    new Map([
      [9n, 2],
      [7n, 1],
    ]),
  )
})
