import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { errorName } from '../groups/coordinator-world.js'
import { ServedBroker } from '../support/served-broker.js'
import { TransactionalProducer } from './transactional-producer.js'

async function opened() {
  const served = await ServedBroker.open()
  await served.create('orders', {}, { numPartitions: 3 })
  const producer = new TransactionalProducer(served, 'shop', 1)
  await producer.init()
  return { served, producer }
}

test('partitions are added in every version that clients have', async () => {
  const { served, producer } = await opened()
  await using _ = served
  for (const version of [0, 1, 2, 3]) {
    assert.deepEqual(await producer.add('orders', [0, 2], version), ['NONE', 'NONE'])
  }
  assert.equal(await producer.commit(), 'NONE')
})

test('a partition that does not exist keeps the others out', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const outcomes = await producer.add('orders', [0, 7])
  assert.deepEqual(outcomes, ['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION'])
  assert.equal(await producer.commit(), 'INVALID_TXN_STATE')
})

test('internal topics are added by brokers only, not by clients', async () => {
  const { served, producer } = await opened()
  await using _ = served
  assert.deepEqual(await producer.add('__transaction_state'), ['TOPIC_AUTHORIZATION_FAILED'])
})

test('only the producer of the transactional id may add to it', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const stranger = new TransactionalProducer(served, 'nobody', 1)
  assert.deepEqual(await stranger.add('orders'), ['INVALID_PRODUCER_ID_MAPPING'])
  const zombie = new TransactionalProducer(served, 'shop', 1)
  Object.assign(zombie, { producerId: producer.producerId, producerEpoch: producer.producerEpoch })
  await producer.init()
  assert.deepEqual(await zombie.add('orders', [0], 1), ['INVALID_PRODUCER_EPOCH'])
  assert.deepEqual(await zombie.add('orders', [0], 2), ['PRODUCER_FENCED'])
})

test('a broker adds to many transactions at once, and each fails for itself', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const { producerId, producerEpoch } = producer
  const topics = [{ name: 'orders', partitions: [1] }]
  const { errorCode, resultsByTransaction } = await served.ask(addPartitionsToTxn, 5, {
    transactions: [
      { transactionalId: 'shop', producerId, producerEpoch, topics },
      { transactionalId: 'nobody', producerId, producerEpoch, topics },
    ],
  })
  assert.equal(errorCode, 0)
  assert.deepEqual(
    resultsByTransaction.map(({ transactionalId, topicResults }) => [
      transactionalId,
      errorName(topicResults[0]?.resultsByPartition[0]?.partitionErrorCode ?? 0),
    ]),
    [
      ['shop', 'NONE'],
      ['nobody', 'INVALID_PRODUCER_ID_MAPPING'],
    ],
  )
})

test('a request may ask whether partitions are part of a transaction without adding them', async () => {
  const { served, producer } = await opened()
  await using _ = served
  await producer.add('orders', [1])
  const { producerId, producerEpoch } = producer
  const verified = async () => {
    const { resultsByTransaction } = await served.ask(addPartitionsToTxn, 4, {
      transactions: [
        {
          ...{ transactionalId: 'shop', producerId, producerEpoch, verifyOnly: true },
          topics: [{ name: 'orders', partitions: [0, 1] }],
        },
      ],
    })
    return resultsByTransaction[0]?.topicResults[0]?.resultsByPartition.map(each =>
      errorName(each.partitionErrorCode),
    )
  }
  assert.deepEqual(await verified(), ['TRANSACTION_ABORTABLE', 'NONE'])
  assert.deepEqual(await verified(), ['TRANSACTION_ABORTABLE', 'NONE'])
})

test("a group's partition is added in every version", async () => {
  const { served, producer } = await opened()
  await using _ = served
  for (const version of [0, 1, 2, 3, 4]) assert.equal(await producer.addOffsets('readers', version), 'NONE')
  assert.equal(await producer.commit(), 'NONE')
  producer.producerEpoch -= 1
  assert.equal(await producer.addOffsets('readers', 1), 'INVALID_PRODUCER_EPOCH')
  assert.equal(await producer.addOffsets('readers', 2), 'PRODUCER_FENCED')
  producer.producerId += 1000n
  assert.equal(await producer.addOffsets('readers'), 'INVALID_PRODUCER_ID_MAPPING')
})

test('of very many transactions each is answered, in their order', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const { transactionalId, producerId, producerEpoch } = producer
  const topics = [{ name: 'orders', partitions: [0] }]
  const strangers = Array.from({ length: 1500 }, (_, i) => ({
    transactionalId: `x-${i}`,
    producerId: 77n,
    producerEpoch: 0,
    topics,
  }))
  const transactions = [...strangers, { transactionalId, producerId, producerEpoch, topics }]
  const { resultsByTransaction } = await served.ask(addPartitionsToTxn, 5, { transactions })
  assert.deepEqual(
    resultsByTransaction.map(({ transactionalId: id, topicResults }) => [
      id,
      errorName(topicResults[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1),
    ]),
    [...strangers.map(({ transactionalId: id }) => [id, 'INVALID_PRODUCER_ID_MAPPING']), ['shop', 'NONE']],
  )
})
