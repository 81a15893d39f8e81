import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { noPartitions, withPartitions } from '../../src/transactions/partition-set.js'
import { type Transaction, transactionFacts } from '../../src/transactions/transaction-facts.js'
import { transactionStates } from '../../src/transactions/transaction-states.js'
import { randomRuns } from '../support/random-runs.js'

const int64 = fc.bigInt({ min: -1n, max: 2n ** 63n - 1n })
const int16 = fc.integer({ min: -1, max: 32767 })
const timeMs = fc.integer({ min: -1, max: 2 ** 45 })
const partition = fc.record({ topic: fc.constantFrom('orders', 'stock', 'Ä'), partition: fc.nat(9) })

const transactions: fc.Arbitrary<Transaction> = fc
  .record({
    state: fc.constantFrom(...transactionStates),
    producerId: int64,
    previousProducerId: int64,
    nextProducerId: int64,
    producerEpoch: int16,
    timeoutMs: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    partitions: fc.array(partition).map(all => withPartitions(noPartitions, all)),
    startMs: timeMs,
    lastUpdateMs: timeMs,
    clientVersion: fc.constantFrom(0, 1, 2),
  })
  .map(given => ({
    ...given,
    lastProducerEpoch: -1,
    partitions: given.state === 'Empty' ? noPartitions : given.partitions,
  }))

test('a transaction comes out of its record as it went in', () => {
  fc.assert(
    fc.property(fc.string(), transactions, (transactionalId, value) => {
      const { key, value: bytes } = transactionFacts.encode({ transactionalId, value })
      assert.deepEqual(transactionFacts.decode(key, bytes), { transactionalId, value })
    }),
    randomRuns(500, 20_000),
  )
})

test('an id that is forgotten is a record without a value', () => {
  const { key, value } = transactionFacts.encode({ transactionalId: 'shop', value: null })
  assert.equal(value, null)
  assert.deepEqual(transactionFacts.decode(key, value), { transactionalId: 'shop', value: null })
})

test('records of other kinds are not ours', () => {
  assert.equal(transactionFacts.decode(Buffer.from([0, 9, 0, 0]), null), null)
})
