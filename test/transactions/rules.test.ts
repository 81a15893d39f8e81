import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completed, unborn } from '../../src/transactions/moves.js'
import {
  added,
  ended,
  endlessTimeoutMs,
  fencedOff,
  initialized,
  isTimedOut,
} from '../../src/transactions/rules.js'
import type { Transaction } from '../../src/transactions/transaction-facts.js'
import { assertMove } from '../../src/transactions/transaction-states.js'
import { KafkaError } from '../../src/wire/errors.js'

const transactionalId = 'shop'
const orders = [{ topic: 'orders', partition: 0 }]
const nowMs = 1000
const spare = 70n
/** The last epoch that a producer works with. */
const lastEpoch = 32766

const at = (changes: Partial<Transaction>): Transaction => ({
  ...unborn(7n, 5000, 0),
  producerEpoch: 3,
  ...changes,
})
const open = (changes: Partial<Transaction> = {}) =>
  at({
    state: 'Ongoing',
    startMs: 0,
    partitions: new Map([['orders', new Set([0])]]),
    clientVersion: 2,
    ...changes,
  })

const init = (
  known: Transaction | undefined,
  expected: { producerId: bigint; producerEpoch: number } | null = null,
) => initialized(known, { transactionalId, timeoutMs: 5000, expected }, spare, nowMs)
const end = (
  from: Transaction,
  committed: boolean,
  { producerId = 7n, producerEpoch = 3, clientVersion = 2 } = {},
) => ended(from, { transactionalId, producerId, producerEpoch, committed, clientVersion }, spare, nowMs)
const who = ({ producerId, producerEpoch }: Transaction) => [producerId, producerEpoch]
const refused = (act: () => unknown, name: string) =>
  assert.throws(act, (thrown: unknown) => thrown instanceof KafkaError && thrown.errorName === name)

test('an id that was never heard of gets a new producer id and epoch 0', () => {
  assert.deepEqual(who(init(undefined)), [spare, 0])
})

test('where the epochs are used up a new producer gets another producer id', () => {
  assert.deepEqual(who(init(at({ producerEpoch: lastEpoch - 1 }))), [7n, lastEpoch])
  const next = init(at({ producerEpoch: lastEpoch }))
  assert.deepEqual([...who(next), next.previousProducerId], [spare, 0, 7n])
})

test('a producer that did not get the answer with its new producer id is known by the old one', () => {
  const old = { producerId: 7n, producerEpoch: lastEpoch }
  const next = init(at({ producerEpoch: lastEpoch }), old)
  assert.deepEqual(who(next), [spare, 0])
  assert.deepEqual(who(init(next, old)), [spare, 0])
  refused(() => init(next, { producerId: 7n, producerEpoch: lastEpoch - 1 }), 'PRODUCER_FENCED')
})

test('while a transaction ends, its producer comes again later, also another one', () => {
  for (const state of ['PrepareCommit', 'PrepareAbort'] as const) {
    const ending = open({ state })
    refused(() => init(ending), 'CONCURRENT_TRANSACTIONS')
    refused(
      () => added(ending, { producerId: 1n, producerEpoch: 0 }, orders, 2, nowMs),
      'CONCURRENT_TRANSACTIONS',
    )
    refused(() => end(ending, true, { producerEpoch: 2 }), 'CONCURRENT_TRANSACTIONS')
  }
})

test('markers of version 2 have the next epoch, and with the last one the producer id changes', () => {
  const ending = end(open({ producerEpoch: lastEpoch }), true, { producerEpoch: lastEpoch })
  assert.deepEqual(who(ending), [7n, lastEpoch + 1])
  const complete = completed(ending, nowMs)
  assert.deepEqual(who(complete), [spare, 0])
  assert.equal(end(complete, true, { producerEpoch: lastEpoch }), complete)
  refused(() => end(complete, false, { producerEpoch: lastEpoch }), 'INVALID_TXN_STATE')
})

test('as in Kafka, an end that comes again is known by its epoch alone, also where another client had the next one', () => {
  const aborted = at({ state: 'CompleteAbort', producerEpoch: 4, clientVersion: 0 })
  assert.equal(end(aborted, false), aborted)
  refused(() => end(aborted, false, { clientVersion: 0 }), 'PRODUCER_FENCED')
})

test('a transaction that the broker aborts has an epoch above that of its producer, up to the largest there is', () => {
  assert.deepEqual(who(fencedOff(open(), null, nowMs)), [7n, 4])
  const last = fencedOff(open({ producerEpoch: lastEpoch }), spare, nowMs)
  assert.deepEqual(who(last), [7n, lastEpoch + 1])
  assert.deepEqual(who(completed(last, nowMs)), [spare, 0])
})

test('the second add begins no second transaction', () => {
  const producer = { producerId: 7n, producerEpoch: 3 }
  const first = added(at({}), producer, orders, 2, 1000)
  assert.equal(added(first, producer, orders, 2, 2000), first)
  const more = added(first, producer, [{ topic: 'orders', partition: 1 }], 2, 3000)
  assert.deepEqual([more.startMs, more.lastUpdateMs], [1000, 3000])
})

test('a transaction is timed out once more time has passed than its producer allowed', () => {
  assert.equal(isTimedOut(open(), 5000), false)
  assert.equal(isTimedOut(open(), 5001), true)
  assert.equal(isTimedOut(open({ state: 'PrepareCommit' }), 5001), false)
  assert.equal(isTimedOut(open({ timeoutMs: endlessTimeoutMs }), 2 ** 33), false)
})

test('an outcome that was decided is never another one', () => {
  assert.throws(() => assertMove('PrepareCommit', 'CompleteAbort'), /cannot go from PrepareCommit/)
  assert.throws(() => assertMove('PrepareAbort', 'CompleteCommit'))
  assert.throws(() => assertMove('PrepareCommit', 'Ongoing'))
  assert.throws(() => assertMove('Empty', 'PrepareCommit'))
  assertMove('PrepareCommit', 'CompleteCommit')
})
