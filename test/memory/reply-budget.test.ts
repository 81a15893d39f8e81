import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noRoom, ReplyBudget } from '../../src/memory/reply-budget.js'
import { ManualClock } from '../support/manual-clock.js'

const mebibyte = 1024 * 1024
const patienceMs = 5000
/** A connection that has taken in enough to be known as one that reads. */
const proven = { takenBytes: 16 * mebibyte }
/** A connection that has taken in too little to be known so. */
const fresh = { takenBytes: 16 * mebibyte - 1 }

function world(maxBytes = 16 * mebibyte) {
  const clock = new ManualClock()
  const budget = new ReplyBudget({ maxBytes, patienceMs }, clock)
  const events: string[] = []
  /** A connection that holds so much and gives it back when it is sent away. */
  const recipient = (name: string, bytes = 0, takenBytes = proven.takenBytes) => {
    const one = {
      takenBytes,
      tooSlow() {
        events.push(`${name} is sent away`)
        budget.give(one, bytes)
      },
    }
    budget.take(one, bytes)
    return one
  }
  const wait = (name: string, wantedBytes: number, takenBytes = proven.takenBytes) => {
    const waiter = recipient(name, 0, takenBytes)
    budget
      .wait(waiter, wantedBytes)
      .then(granted => void events.push(`${name} ${granted === noRoom ? 'gets nothing' : 'goes on'}`))
    return waiter
  }
  return { clock, budget, events, recipient, wait }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

test('a reply gets what it wants while that is no more than half of what is free', () => {
  const { budget } = world()
  assert.equal(budget.reserve(proven, 8 * mebibyte), 8 * mebibyte)
  assert.equal(budget.usedBytes, 8 * mebibyte)
})

test('each further reader of much gets half of what the ones before it left', () => {
  const { budget } = world()
  const granted = Array.from({ length: 5 }, () => budget.reserve(proven, 50 * mebibyte) / mebibyte)
  assert.deepEqual(granted, [8, 4, 2, 1, 1])
})

test('a small reply gets all that it wants as long as anything is free', () => {
  const { budget } = world()
  budget.take(proven, 16 * mebibyte - 1)
  assert.equal(budget.reserve(proven, 1000), 1000)
  assert.equal(budget.reserve(proven, 1000), noRoom)
})

test('those that wait go on in the order in which they came, as far as there is room', async () => {
  const { budget, events, wait } = world()
  budget.take(proven, 16 * mebibyte)
  for (const name of ['ann', 'bob', 'cid']) wait(name, 50 * mebibyte)
  await turn()
  assert.deepEqual(events, [])
  budget.give(proven, 1)
  await turn()
  assert.deepEqual(events, ['ann goes on'])
  budget.give(proven, 2 * mebibyte)
  await turn()
  assert.deepEqual(events, ['ann goes on', 'bob goes on', 'cid goes on'])
})

test('one that waits gets nothing when it has waited for twice the patience', async () => {
  const { budget, clock, events, wait } = world()
  budget.take(proven, 16 * mebibyte)
  wait('ann', 1000)
  clock.advance(1000)
  wait('bob', 1000)
  clock.advance(8999)
  await turn()
  assert.deepEqual(events, [])
  clock.advance(1)
  await turn()
  assert.deepEqual(events, ['ann gets nothing'])
  clock.advance(1000)
  await turn()
  assert.deepEqual(events, ['ann gets nothing', 'bob gets nothing'])
  assert.equal(budget.usedBytes, 16 * mebibyte)
})

test('one that leaves waits no longer, and nothing is reserved for it', async () => {
  const { budget, events, wait } = world()
  budget.take(proven, 16 * mebibyte)
  budget.leave(wait('ann', 1000))
  budget.give(proven, mebibyte)
  await turn()
  assert.deepEqual(events, ['ann gets nothing'])
  assert.equal(budget.usedBytes, 15 * mebibyte)
})

test('while anyone waits, who has taken in nothing for too long is sent away, the slowest first and no more than needed', async () => {
  const { budget, clock, events, recipient, wait } = world()
  const [dan, eve] = [recipient('dan', 8 * mebibyte), recipient('eve', 8 * mebibyte)]
  budget.lags(dan)
  clock.advance(10)
  budget.lags(eve)
  clock.advance(60_000)
  assert.deepEqual(events, []) // nobody wants memory
  wait('ann', 1000)
  await turn()
  assert.deepEqual(events, ['dan is sent away', 'ann goes on'])
  clock.advance(60_000)
  assert.deepEqual(events, ['dan is sent away', 'ann goes on'])
})

test('a connection that takes in something now and then is not sent away', async () => {
  const { budget, clock, events, recipient, wait } = world()
  const dan = recipient('dan', 16 * mebibyte)
  budget.lags(dan)
  for (let i = 0; i < 3; i++) {
    wait(`waiter ${i}`, 1000)
    for (let moved = 0; moved < 3; moved++) {
      clock.advance(4000)
      budget.lags(dan)
    }
  }
  await turn()
  assert.ok(!events.includes('dan is sent away'))
  assert.equal(events.length, 3)
})

test('a connection that lags only after others began to wait is sent away when its own time is over', async () => {
  const { budget, clock, events, recipient, wait } = world()
  const dan = recipient('dan', 16 * mebibyte)
  wait('ann', 1000)
  clock.advance(4000)
  budget.lags(dan)
  clock.advance(4999)
  assert.deepEqual(events, [])
  clock.advance(1)
  await turn()
  assert.deepEqual(events, ['dan is sent away', 'ann goes on'])
})

test('a connection that has taken in everything is not sent away', async () => {
  const { budget, clock, events, recipient, wait } = world()
  const dan = recipient('dan', 16 * mebibyte)
  budget.lags(dan)
  budget.lagsNoMore(dan)
  wait('ann', 1000)
  clock.advance(10_000)
  await turn()
  assert.deepEqual(events, ['ann gets nothing'])
})

test('when little is free, a reply that is cut short has the slowest sent away, so that the next one gets more', () => {
  const { budget, clock, events, recipient } = world()
  budget.lags(recipient('dan', 14 * mebibyte))
  assert.equal(budget.reserve(proven, 2 * mebibyte), mebibyte)
  assert.deepEqual(events, [])
  clock.advance(5000)
  assert.equal(budget.reserve(proven, 2 * mebibyte), mebibyte)
  assert.deepEqual(events, ['dan is sent away'])
  assert.equal(budget.reserve(proven, 2 * mebibyte), 2 * mebibyte)
})

test('recipients that have not yet taken in 16 MiB get three quarters of the memory together, the rest is for the proven ones', () => {
  const { budget } = world()
  const granted = Array.from({ length: 5 }, () => budget.reserve({ ...fresh }, 50 * mebibyte) / mebibyte)
  assert.deepEqual(granted, [6, 3, 1.5, 1, 1])
  assert.equal(budget.reserve({ ...fresh }, 1), noRoom)
  assert.equal(budget.hasRoomFor(fresh), false)
  assert.equal(budget.hasRoomFor(proven), true)
  assert.equal(budget.reserve(proven, mebibyte), mebibyte)
})

test('what a recipient got before it was proven counts as the share of the new ones until it is given back', () => {
  const { budget } = world()
  const ann = { takenBytes: 0 }
  budget.take(ann, 12 * mebibyte)
  ann.takenBytes = proven.takenBytes
  assert.equal(budget.reserve(ann, mebibyte), mebibyte)
  assert.equal(budget.hasRoomFor(fresh), false)
  budget.give(ann, 13 * mebibyte)
  assert.equal(budget.reserve(fresh, 6 * mebibyte), 6 * mebibyte)
})

test('a proven one passes new ones that wait for their share, however many they are', async () => {
  const { budget, events, wait } = world()
  budget.take(fresh, 12 * mebibyte)
  budget.take(proven, 4 * mebibyte)
  for (let i = 0; i < 1000; i++) wait(`new ${i}`, mebibyte, 0)
  wait('ann', mebibyte)
  budget.give(proven, mebibyte)
  await turn()
  assert.deepEqual(events, ['ann goes on'])
})

test('a new one that came first goes before proven ones once its share is free, however many they are', async () => {
  const { budget, events, wait } = world()
  budget.take(fresh, 12 * mebibyte)
  budget.take(proven, 4 * mebibyte)
  wait('new', mebibyte, 0)
  for (let i = 0; i < 1000; i++) wait(`proven ${i}`, mebibyte)
  budget.give(fresh, mebibyte)
  await turn()
  assert.deepEqual(events, ['new goes on'])
})

test('new ones that fill their share and take in nothing are sent away, so that further new ones go on', async () => {
  const { budget, clock, events, recipient, wait } = world()
  budget.lags(recipient('stuck', 12 * mebibyte, 0))
  wait('new', mebibyte, 0)
  clock.advance(patienceMs - 1)
  assert.deepEqual(events, [])
  clock.advance(1)
  await turn()
  assert.deepEqual(events, ['stuck is sent away', 'new goes on'])
  assert.equal(budget.usedBytes, mebibyte)
})

test('new and proven ones that waited too long get nothing, in the order in which they came', async () => {
  const { budget, clock, events, wait } = world()
  budget.take(proven, 16 * mebibyte)
  wait('new', mebibyte, 0)
  clock.advance(1)
  wait('proven', mebibyte)
  clock.advance(2 * patienceMs - 1)
  await turn()
  assert.deepEqual(events, ['new gets nothing'])
  clock.advance(1)
  await turn()
  assert.deepEqual(events, ['new gets nothing', 'proven gets nothing'])
})
