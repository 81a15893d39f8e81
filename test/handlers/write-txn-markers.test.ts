import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeProducers } from '../../src/wire/apis/describe-producers.js'
import { writeTxnMarkers } from '../../src/wire/apis/write-txn-markers.js'
import { errorName } from '../groups/coordinator-world.js'
import { ServedBroker } from '../support/served-broker.js'
import { TransactionalProducer } from './transactional-producer.js'

async function opened() {
  const served = await ServedBroker.open()
  await served.create('orders', {}, { numPartitions: 2 })
  const producer = new TransactionalProducer(served, 'shop')
  await producer.init()
  await producer.write('orders', 'hangs')
  return { served, producer }
}

async function marked(
  served: ServedBroker,
  producer: { readonly producerId: bigint; readonly producerEpoch: number },
  {
    transactionResult = false,
    partitionIndexes = [0],
    coordinatorEpoch = 0,
    version = 1,
    name = 'orders',
  } = {},
): Promise<string[]> {
  const { producerId, producerEpoch } = producer
  const { markers } = await served.ask(writeTxnMarkers, version, {
    markers: [
      {
        ...{ producerId, producerEpoch, transactionResult, coordinatorEpoch },
        topics: [{ name, partitionIndexes }],
      },
    ],
  })
  return (markers[0]?.topics ?? []).flatMap(({ partitions }) =>
    partitions.map(({ errorCode }) => errorName(errorCode)),
  )
}

test('a marker ends what hangs in a partition', async () => {
  for (const version of [1, 2]) {
    const { served, producer } = await opened()
    await using _ = served
    await served.write('orders', ['behind it'])
    assert.deepEqual(await served.committed('orders'), [])
    assert.deepEqual(await marked(served, producer, { version }), ['NONE'])
    assert.deepEqual(await served.committed('orders'), ['behind it'])
  }
})

test('a marker that names no partition is left out of the answer', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const { producerId, producerEpoch } = producer
  const marker = { producerId, producerEpoch, transactionResult: true, coordinatorEpoch: 0 }
  const { markers } = await served.ask(writeTxnMarkers, 1, {
    markers: [
      { ...marker, topics: [] },
      { ...marker, topics: [{ name: 'orders', partitionIndexes: [] }] },
    ],
  })
  assert.deepEqual(markers, [])
})

test('a producer is answered once, however many markers it gets', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const { producerId, producerEpoch } = producer
  const { markers } = await served.ask(writeTxnMarkers, 1, {
    markers: [0, 1].map(partition => ({
      ...{ producerId, producerEpoch, transactionResult: true, coordinatorEpoch: 0 },
      topics: [{ name: 'orders', partitionIndexes: [partition] }],
    })),
  })
  const partitions = [0, 1].map(partitionIndex => ({ partitionIndex, errorCode: 0 }))
  assert.deepEqual(markers, [{ producerId, topics: [{ name: 'orders', partitions }] }])
})

test('each partition is answered for itself', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const outcomes = await marked(served, producer, { partitionIndexes: [0, 1, 7] })
  assert.deepEqual(outcomes, ['NONE', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
  assert.deepEqual(await marked(served, producer, { name: 'elsewhere' }), ['UNKNOWN_TOPIC_OR_PARTITION'])
})

test('a marker of an older producer, or of an older coordinator, is refused', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const { producerId, producerEpoch } = producer
  assert.deepEqual(await marked(served, { producerId, producerEpoch: producerEpoch - 1 }), [
    'INVALID_PRODUCER_EPOCH',
  ])
  assert.deepEqual(await marked(served, producer, { coordinatorEpoch: 3 }), ['NONE'])
  assert.deepEqual(await marked(served, producer, { coordinatorEpoch: 2 }), [
    'TRANSACTION_COORDINATOR_FENCED',
  ])
})

test('an administrator sees the open transactions of a partition', async () => {
  const { served, producer } = await opened()
  await using _ = served
  const seen = async () => {
    const { topics } = await served.ask(describeProducers, 0, {
      topics: [{ name: 'orders', partitionIndexes: [0] }],
    })
    const [active] = topics[0]?.partitions[0]?.activeProducers ?? []
    return active && [active.producerId, active.producerEpoch, active.currentTxnStartOffset]
  }
  assert.deepEqual(await seen(), [producer.producerId, 0, 0n])
  await producer.commit()
  assert.deepEqual(await seen(), [producer.producerId, 1, -1n])
})
