import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTransactions } from '../../../src/wire/apis/describe-transactions.js'
import { writeTxnMarkers } from '../../../src/wire/apis/write-txn-markers.js'
import { ServedBroker } from '../../support/served-broker.js'
import { TransactionalProducer } from '../transactional-producer.js'

async function opened(transactionVersion: 1 | 2, set: Readonly<Record<string, boolean>> = {}) {
  const served = await ServedBroker.open({ set })
  await served.create('orders', {}, { numPartitions: 2 })
  const producer = new TransactionalProducer(served, 'shop', transactionVersion)
  await producer.init()
  return { served, producer }
}

async function partitionsOf(served: ServedBroker): Promise<number[]> {
  const { transactionStates } = await served.ask(describeTransactions, 0, { transactionalIds: ['shop'] })
  return transactionStates[0]?.topics.flatMap(({ partitions }) => partitions) ?? []
}

test('from version 12 on a batch adds its partition to the transaction', async () => {
  const { served, producer } = await opened(2)
  await using _ = served
  assert.equal(await producer.write('orders', 'a', { index: 1, version: 12 }), 'NONE')
  assert.deepEqual(await partitionsOf(served), [1])
  assert.equal(await producer.write('orders', 'b', { index: 0, version: 13 }), 'NONE')
  assert.deepEqual((await partitionsOf(served)).sort(), [0, 1])
})

test('before, a partition has to be added, and the client gets an error that it knows', async () => {
  const { served, producer } = await opened(1)
  await using _ = served
  assert.equal(await producer.write('orders', 'a', { version: 11 }), 'TRANSACTION_ABORTABLE')
  assert.equal(await producer.write('orders', 'a', { version: 9 }), 'INVALID_TXN_STATE')
  await producer.add('orders', [0])
  assert.equal(await producer.write('orders', 'a', { version: 11 }), 'NONE')
  assert.equal(await producer.write('orders', 'b', { index: 1, version: 11 }), 'TRANSACTION_ABORTABLE')
  await producer.commit()
  assert.deepEqual(await served.committed('orders'), ['a'])
})

test('after the end of a transaction a partition has to be added again', async () => {
  const { served, producer } = await opened(1)
  await using _ = served
  await producer.add('orders', [0])
  await producer.write('orders', 'a')
  await producer.commit()
  assert.equal(await producer.write('orders', 'late', { version: 9 }), 'INVALID_TXN_STATE')
  assert.deepEqual(await served.values('orders'), ['a'])
})

test('a setting lets old clients write without that', async () => {
  const { served, producer } = await opened(1, { 'transaction.partition.verification.enable': false })
  await using _ = served
  assert.equal(await producer.write('orders', 'a', { version: 9 }), 'NONE')
})

test('a producer that was replaced cannot write', async () => {
  for (const version of [1, 2] as const) {
    const { served, producer } = await opened(version)
    await using _ = served
    await new TransactionalProducer(served, 'shop', version).init()
    assert.equal(await producer.write('orders', 'late'), 'INVALID_PRODUCER_EPOCH')
    assert.deepEqual(await served.values('orders'), [])
  }
})

test('a partition in which the epoch of the producer is over does not become part of a transaction', async () => {
  const served = await ServedBroker.open()
  await using _ = served
  await served.create('orders')
  const producer = new TransactionalProducer(served, 'shop')
  await producer.init()
  const { producerId } = producer
  await served.ask(writeTxnMarkers, 1, {
    markers: [
      {
        ...{ producerId, producerEpoch: 6, transactionResult: false, coordinatorEpoch: 0 },
        topics: [{ name: 'orders', partitionIndexes: [0] }],
      },
    ],
  })
  assert.equal(await producer.write('orders', 'a'), 'INVALID_PRODUCER_EPOCH')
  const { transactionStates } = await served.ask(describeTransactions, 0, { transactionalIds: ['shop'] })
  assert.equal(transactionStates[0]?.transactionState, 'Empty')
})

test('a producer whose transaction was aborted for another one cannot go on in it', async () => {
  for (const version of [1, 2] as const) {
    const { served, producer } = await opened(version)
    await using _ = served
    if (version === 1) await producer.add('orders')
    await producer.write('orders', 'a')
    const next = new TransactionalProducer(served, 'shop', version)
    await next.init()
    assert.equal(await producer.write('orders', 'b'), 'INVALID_PRODUCER_EPOCH')
    assert.deepEqual(await served.committed('orders'), [])
  }
})

test('a batch of a producer that the transactional id does not belong to is refused', async () => {
  const { served, producer } = await opened(2)
  await using _ = served
  producer.producerId += 1000n
  assert.equal(await producer.write('orders', 'a'), 'INVALID_PRODUCER_ID_MAPPING')
})
