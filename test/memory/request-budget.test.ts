import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Reader, RequestBudget } from '../../src/memory/request-budget.js'
import { ManualClock } from '../support/manual-clock.js'

function world(maxBytes: number) {
  const clock = new ManualClock()
  const budget = new RequestBudget(maxBytes, clock)
  const events: string[] = []
  const reader = (name: string): Reader => ({
    proceed: () => void events.push(`${name} proceeds`),
    giveUp: () => void events.push(`${name} is given up`),
  })
  return { clock, budget, events, reader }
}

test('all connections read while there is room', () => {
  const { budget, reader } = world(100)
  budget.take(99)
  assert.ok(budget.allows(reader('ann')))
  assert.ok(budget.allows(reader('bob')))
})

test('when all is used up one reader has the turn, the others wait until there is room', () => {
  const { budget, events, reader } = world(100)
  const [ann, bob, cid] = [reader('ann'), reader('bob'), reader('cid')]
  budget.take(100)
  assert.deepEqual(
    [ann, bob, cid].map(each => budget.allows(each)),
    [true, false, false],
  )
  budget.give(1)
  assert.deepEqual(events, ['ann proceeds', 'bob proceeds', 'cid proceeds'])
})

test('bytes given back that leave too many in use let no request in', () => {
  const { budget, events, reader } = world(100)
  budget.take(150)
  budget.allows(reader('ann'))
  budget.give(50)
  assert.deepEqual(events, [])
})

test('the turn passes on when its holder is done', () => {
  const { budget, events, reader } = world(100)
  const [ann, bob, cid] = [reader('ann'), reader('bob'), reader('cid')]
  budget.take(100)
  for (const each of [ann, bob, cid]) budget.allows(each)
  budget.leave(bob)
  assert.deepEqual(events, [])
  budget.leave(ann)
  assert.deepEqual(events, ['cid proceeds'])
  assert.ok(budget.allows(cid))
})

test('a reader that holds the turn for too long is given up', () => {
  const { clock, budget, events, reader } = world(100)
  const [ann, bob] = [reader('ann'), reader('bob')]
  budget.take(100)
  budget.allows(ann)
  clock.advance(4000)
  budget.allows(bob)
  clock.advance(999)
  assert.deepEqual(events, [])
  clock.advance(1)
  assert.deepEqual(events, ['ann is given up'])
  budget.leave(ann)
  clock.advance(5000)
  assert.deepEqual(events, ['ann is given up', 'bob proceeds', 'bob is given up'])
})

test('no connection is given up once there is room again', () => {
  const { clock, budget, events, reader } = world(100)
  budget.take(100)
  budget.allows(reader('ann'))
  budget.give(100)
  clock.advance(60_000)
  assert.deepEqual(events, ['ann proceeds'])
})
