import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Presence } from '../../src/groups/presence.js'
import { ManualClock } from '../support/manual-clock.js'

const open = (id: number) => ({ id, isClosed: false })

function setUp(graceMs = 1000) {
  const clock = new ManualClock()
  const evicted: string[] = []
  const presence = new Presence(
    clock,
    () => graceMs,
    (groupId, memberId) => evicted.push(`${memberId} of ${groupId}`),
  )
  return { clock, presence, evicted }
}

test('members are evicted a grace after their connection closed', () => {
  const { clock, presence, evicted } = setUp()
  presence.seen('shop', 'ann', open(1))
  presence.seen('shop', 'bob', open(2))
  presence.connectionClosed(1)
  clock.advance(999)
  assert.deepEqual(evicted, [])
  assert.equal(presence.isAway('shop', 'ann'), true)
  clock.advance(1)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('a member that is heard of by another connection stays', () => {
  const { clock, presence, evicted } = setUp()
  presence.seen('shop', 'ann', open(1))
  presence.connectionClosed(1)
  presence.seen('shop', 'ann', open(2))
  assert.equal(presence.isAway('shop', 'ann'), false)
  clock.advance(5000)
  assert.deepEqual(evicted, [])
})

test('the closing of a connection that the member no longer uses means nothing', () => {
  const { clock, presence, evicted } = setUp()
  presence.seen('shop', 'ann', open(1))
  presence.seen('shop', 'ann', open(2))
  presence.connectionClosed(1)
  clock.advance(5000)
  assert.deepEqual(evicted, [])
})

test('a member that has left is not evicted as well', () => {
  const { clock, presence, evicted } = setUp()
  presence.seen('shop', 'ann', open(1))
  presence.connectionClosed(1)
  presence.left('shop', 'ann')
  clock.advance(5000)
  assert.deepEqual(evicted, [])
})

test('a member whose request is only understood after its connection closed is evicted too', () => {
  const { clock, presence, evicted } = setUp()
  presence.connectionClosed(1)
  presence.seen('shop', 'ann', { id: 1, isClosed: true })
  clock.advance(1000)
  assert.deepEqual(evicted, ['ann of shop'])
})

test('with a negative grace nobody is evicted', () => {
  const { clock, presence, evicted } = setUp(-1)
  presence.seen('shop', 'ann', open(1))
  presence.connectionClosed(1)
  clock.advance(1_000_000)
  assert.deepEqual(evicted, [])
})
