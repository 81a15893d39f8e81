import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServedBroker } from '../support/served-broker.js'
import { TransactionalProducer } from './transactional-producer.js'

async function opened(transactionVersion: 1 | 2 = 2) {
  const served = await ServedBroker.open()
  await served.create('orders', {}, { numPartitions: 2 })
  const producer = new TransactionalProducer(served, 'shop', transactionVersion)
  await producer.init()
  return { served, producer }
}

test('what was committed is read, what was aborted is not, and who reads all reads both', async () => {
  const { served, producer } = await opened()
  await using _ = served
  await producer.write('orders', 'kept')
  await producer.commit()
  await producer.write('orders', 'dropped')
  await producer.abort()
  await producer.write('orders', 'open')
  assert.deepEqual(await served.committed('orders'), ['kept'])
  assert.deepEqual(await served.values('orders'), ['kept', 'dropped', 'open'])
})

test('a transaction ends in all its partitions at once', async () => {
  const { served, producer } = await opened()
  await using _ = served
  await producer.write('orders', 'left', { index: 0 })
  await producer.write('orders', 'right', { index: 1 })
  assert.deepEqual([await served.committed('orders', 0), await served.committed('orders', 1)], [[], []])
  await producer.commit()
  assert.deepEqual(
    [await served.committed('orders', 0), await served.committed('orders', 1)],
    [['left'], ['right']],
  )
})

test('with version 2 of transactions the epoch rises with every end', async () => {
  const { served, producer } = await opened(2)
  await using _ = served
  const epochs = [producer.producerEpoch]
  for (const end of [producer.commit, producer.abort, producer.commit]) {
    await producer.write('orders', 'a')
    assert.equal(await end(), 'NONE')
    epochs.push(producer.producerEpoch)
  }
  assert.deepEqual(epochs, [0, 1, 2, 3])
})

test('with version 1 the epoch stays', async () => {
  const { served, producer } = await opened(1)
  await using _ = served
  for (const version of [0, 1, 2, 3, 4]) {
    await producer.add('orders')
    assert.equal(await producer.write('orders', `${version}`), 'NONE')
    assert.equal(await producer.commit(version), 'NONE')
  }
  assert.equal(producer.producerEpoch, 0)
  assert.deepEqual(await served.committed('orders'), ['0', '1', '2', '3', '4'])
})

test('an end whose answer was lost may be asked for again, the other outcome not', async () => {
  for (const version of [1, 2] as const) {
    const { served, producer } = await opened(version)
    await using _ = served
    if (version === 1) await producer.add('orders')
    await producer.write('orders', 'a')
    const twin = new TransactionalProducer(served, 'shop', version)
    Object.assign(twin, { producerId: producer.producerId, producerEpoch: producer.producerEpoch })
    assert.equal(await producer.commit(), 'NONE')
    assert.equal(await twin.abort(), 'INVALID_TXN_STATE')
    assert.equal(await twin.commit(), 'NONE')
    assert.deepEqual([twin.producerId, twin.producerEpoch], [producer.producerId, producer.producerEpoch])
  }
})

test('what never began can only be aborted, and by newer clients only', async () => {
  const { served, producer } = await opened(2)
  await using _ = served
  assert.equal(await producer.commit(5), 'INVALID_TXN_STATE')
  assert.equal(await producer.abort(4), 'INVALID_TXN_STATE')
  assert.equal(await producer.abort(5), 'NONE')
  assert.equal(producer.producerEpoch, 1)
})

test('only the producer of the transactional id may end its transaction', async () => {
  const { served, producer } = await opened(2)
  await using _ = served
  assert.equal(await new TransactionalProducer(served, 'nobody').commit(), 'INVALID_PRODUCER_ID_MAPPING')
  assert.equal(await new TransactionalProducer(served, '').commit(), 'INVALID_REQUEST')
  await producer.write('orders', 'a')
  producer.producerEpoch -= 1
  assert.equal(await producer.commit(1), 'INVALID_PRODUCER_EPOCH')
  assert.equal(await producer.commit(2), 'PRODUCER_FENCED')
  assert.equal(await producer.commit(5), 'PRODUCER_FENCED')
  producer.producerEpoch += 1
  producer.producerId += 1000n
  assert.equal(await producer.commit(), 'INVALID_PRODUCER_ID_MAPPING')
  producer.producerId -= 1000n
  assert.equal(await producer.commit(), 'NONE')
})
