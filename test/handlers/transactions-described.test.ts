import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTransactions } from '../../src/wire/apis/describe-transactions.js'
import { listTransactions } from '../../src/wire/apis/list-transactions.js'
import { errorName } from '../groups/coordinator-world.js'
import { ServedBroker } from '../support/served-broker.js'
import { TransactionalProducer } from './transactional-producer.js'

async function described(served: ServedBroker, ...transactionalIds: string[]) {
  return (await served.ask(describeTransactions, 0, { transactionalIds })).transactionStates
}

async function listed(served: ServedBroker, filters: object = {}, version = 2) {
  const request = { stateFilters: [], producerIdFilters: [], ...filters }
  return await served.ask(listTransactions, version, request)
}

async function idsOf(served: ServedBroker, filters: object = {}, version = 2): Promise<string[]> {
  const { transactionStates } = await listed(served, filters, version)
  return transactionStates.map(({ transactionalId }) => transactionalId).sort()
}

/** `shop` has a transaction open, `stock` has committed one, `store` has had none. */
async function opened() {
  const served = await ServedBroker.open()
  await served.create('orders', {}, { numPartitions: 2 })
  const shop = new TransactionalProducer(served, 'shop')
  const stock = new TransactionalProducer(served, 'stock')
  const store = new TransactionalProducer(served, 'store')
  for (const producer of [shop, stock, store]) await producer.init()
  await stock.write('orders', 'a')
  await stock.commit()
  await shop.write('orders', 'b', { index: 1 })
  return { served, shop, stock, store }
}

test('a transaction is described with its producer, its age and its partitions', async () => {
  const { served, shop } = await opened()
  await using _ = served
  const beforeMs = BigInt(Date.now())
  const [open] = await described(served, 'shop')
  assert.ok(open && open.transactionStartTimeMs <= beforeMs && open.transactionStartTimeMs > 0n)
  const { transactionStartTimeMs, ...rest } = open
  assert.deepEqual(rest, {
    errorCode: 0,
    transactionalId: 'shop',
    transactionState: 'Ongoing',
    transactionTimeoutMs: 60_000,
    producerId: shop.producerId,
    producerEpoch: shop.producerEpoch,
    topics: [{ topic: 'orders', partitions: [1] }],
  })
})

test('each id is described for itself', async () => {
  const { served } = await opened()
  await using _ = served
  const states = await described(served, 'store', 'nobody', 'stock', '')
  assert.deepEqual(
    states.map(({ errorCode, transactionState, topics }) => [
      errorName(errorCode),
      transactionState,
      topics.length,
    ]),
    [
      ['NONE', 'Empty', 0],
      ['TRANSACTIONAL_ID_NOT_FOUND', '', 0],
      ['NONE', 'CompleteCommit', 0],
      ['INVALID_REQUEST', '', 0],
    ],
  )
})

test('transactional ids are listed by state, producer id, age and name, in every version', async () => {
  const { served, stock } = await opened()
  await using _ = served
  for (const version of [0, 1, 2]) {
    assert.deepEqual(await idsOf(served, {}, version), ['shop', 'stock', 'store'])
    assert.deepEqual(await idsOf(served, { stateFilters: ['Ongoing', 'Empty'] }, version), ['shop', 'store'])
    assert.deepEqual(await idsOf(served, { producerIdFilters: [stock.producerId] }, version), ['stock'])
  }
  assert.deepEqual(await idsOf(served, { durationFilter: 3_600_000n }), ['store'])
  assert.deepEqual(await idsOf(served, { transactionalIdPattern: 'st.*' }), ['stock', 'store'])
  assert.deepEqual(await idsOf(served, { transactionalIdPattern: 'st' }), [])
  assert.deepEqual(await idsOf(served, { transactionalIdPattern: '' }), ['shop', 'stock', 'store'])
})

test('unknown state filters are named in the answer, and a pattern that is none is refused', async () => {
  const { served } = await opened()
  await using _ = served
  const { unknownStateFilters, transactionStates } = await listed(served, { stateFilters: ['Busy', 'Empty'] })
  assert.deepEqual([unknownStateFilters, transactionStates.length], [['Busy'], 1])
  const only = await listed(served, { stateFilters: ['Busy'] })
  assert.deepEqual([only.unknownStateFilters, only.transactionStates], [['Busy'], []])
  for (const transactionalIdPattern of ['(', '(?=s).*', '(.)\\1']) {
    const { errorCode } = await listed(served, { transactionalIdPattern })
    assert.equal(errorName(errorCode), 'INVALID_REGULAR_EXPRESSION')
  }
})
