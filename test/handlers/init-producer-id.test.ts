import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from '../../src/config/broker-config.js'
import { newestOffered } from '../../src/dispatch/served-apis.js'
import { initProducerIdHandler } from '../../src/handlers/init-producer-id.js'
import type { RequestContext } from '../../src/handlers/shared/handler.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { errorName, outcome } from '../groups/coordinator-world.js'
import { ServedBroker } from '../support/served-broker.js'
import { TransactionalProducer } from './transactional-producer.js'

test('a transactional id keeps its producer id, and its epoch rises with every producer', async () => {
  await using served = await ServedBroker.open()
  const first = new TransactionalProducer(served, 'shop')
  assert.equal(await first.init(), 'NONE')
  const second = new TransactionalProducer(served, 'shop')
  assert.equal(await second.init(), 'NONE')
  assert.deepEqual([second.producerId, second.producerEpoch], [first.producerId, first.producerEpoch + 1])
  assert.equal(first.producerEpoch, 0)
})

test('other ids, and producers without one, get other producer ids', async () => {
  await using served = await ServedBroker.open()
  const ids = new Set<bigint>()
  for (const transactionalId of ['shop', 'stock', null, null]) {
    const request = { transactionalId, transactionTimeoutMs: 1000 }
    const { producerId, producerEpoch } = await served.ask(initProducerId, 5, request)
    assert.equal(producerEpoch, 0)
    ids.add(producerId)
  }
  assert.equal(ids.size, 4)
})

test('it is answered in every version', async () => {
  await using served = await ServedBroker.open()
  for (const version of [0, 1, 2, 3, 4, 5]) {
    assert.equal(await new TransactionalProducer(served, `shop-${version}`).init({ version }), 'NONE')
  }
})

test('a producer begins anew as the one it is, and twice when the answer was lost', async () => {
  await using served = await ServedBroker.open()
  const producer = new TransactionalProducer(served, 'shop')
  await producer.init()
  const twin = new TransactionalProducer(served, 'shop')
  Object.assign(twin, { producerId: producer.producerId, producerEpoch: producer.producerEpoch })
  assert.equal(await producer.init({ asItself: true }), 'NONE')
  assert.equal(await twin.init({ asItself: true }), 'NONE')
  assert.equal(producer.producerEpoch, 1)
  assert.equal(twin.producerEpoch, 1)
})

test('a producer that was replaced cannot begin anew as the one it was', async () => {
  await using served = await ServedBroker.open()
  const zombie = new TransactionalProducer(served, 'shop')
  await zombie.init()
  await new TransactionalProducer(served, 'shop').init()
  assert.equal(await zombie.init({ asItself: true, version: 3 }), 'INVALID_PRODUCER_EPOCH')
  assert.equal(await zombie.init({ asItself: true, version: 4 }), 'PRODUCER_FENCED')
  zombie.producerId += 1000n
  assert.equal(await zombie.init({ asItself: true }), 'PRODUCER_FENCED')
})

test('an open transaction is aborted before a new producer begins', async () => {
  await using served = await ServedBroker.open()
  await served.create('orders')
  const before = new TransactionalProducer(served, 'shop')
  await before.init()
  await before.write('orders', 'never')
  const after = new TransactionalProducer(served, 'shop')
  assert.equal(await after.init(), 'CONCURRENT_TRANSACTIONS')
  assert.equal(await after.init(), 'NONE')
  assert.ok(after.producerEpoch > before.producerEpoch)
  assert.equal(await before.commit(), 'PRODUCER_FENCED')
  await after.write('orders', 'for good')
  await after.commit()
  assert.deepEqual(await served.committed('orders'), ['for good'])
})

test('what makes no sense is refused', async () => {
  await using served = await ServedBroker.open({ set: { 'transaction.max.timeout.ms': 5000 } })
  const refusal = async (request: object) => {
    const all = { transactionalId: 'shop', transactionTimeoutMs: 1000, ...request }
    return errorName((await served.ask(initProducerId, 5, all)).errorCode)
  }
  assert.equal(await refusal({ transactionalId: '' }), 'INVALID_REQUEST')
  assert.equal(await refusal({ transactionTimeoutMs: 0 }), 'INVALID_TRANSACTION_TIMEOUT')
  assert.equal(await refusal({ transactionTimeoutMs: 5001 }), 'INVALID_TRANSACTION_TIMEOUT')
  assert.equal(await refusal({ transactionTimeoutMs: 5000 }), 'NONE')
  assert.equal(await refusal({ producerId: 7n }), 'INVALID_REQUEST')
  assert.equal(await refusal({ producerEpoch: 7 }), 'INVALID_REQUEST')
})

test('two-phase commit is off: its version is not offered, and what it asks for is refused', async () => {
  const broker = { config: new BrokerConfig(new Map()) }
  const context = { broker, version: 6 } as unknown as RequestContext
  const request = { transactionalId: 'shop', transactionTimeoutMs: 1000, producerId: -1n, producerEpoch: -1 }
  const refusal = (enable2Pc: boolean, keepPreparedTxn: boolean) =>
    outcome(
      Promise.resolve(initProducerIdHandler.handle({ ...request, enable2Pc, keepPreparedTxn }, context)),
    )
  assert.equal(newestOffered(initProducerId), 5)
  assert.equal(await refusal(true, false), 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  assert.equal(await refusal(false, true), 'UNSUPPORTED_VERSION')
})
