import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lanes, type Turn } from '../../src/coordinator/lanes.js'

const turn = (subject: string | null, shares = false): Turn => ({ subject, shares })

test('turns about different subjects, and those about none, begin at once', () => {
  const lanes = new Lanes()
  assert.equal(lanes.enter(turn('a')), true)
  assert.equal(lanes.enter(turn('b')), true)
  assert.equal(lanes.enter(turn(null)), true)
  assert.deepEqual([...lanes.subjects()], ['a', 'b'])
})

test('a turn waits for the one before it about the same subject', () => {
  const lanes = new Lanes()
  const [first, second, third] = [turn('a'), turn('a'), turn('a')]
  assert.equal(lanes.enter(first), true)
  assert.equal(lanes.enter(second), false)
  assert.equal(lanes.enter(third), false)
  assert.deepEqual(lanes.leave(first), [second])
  assert.deepEqual(lanes.leave(second), [third])
  assert.deepEqual(lanes.leave(third), [])
  assert.deepEqual([...lanes.subjects()], [])
})

test('turns that share hold a subject together, and the last to leave lets the next one begin', () => {
  const lanes = new Lanes()
  const [one, two, alone] = [turn('a', true), turn('a', true), turn('a')]
  assert.equal(lanes.enter(one), true)
  assert.equal(lanes.enter(two), true)
  assert.equal(lanes.enter(alone), false)
  assert.deepEqual(lanes.leave(one), [])
  assert.deepEqual(lanes.leave(two), [alone])
})

test('one that shares does not overtake one that waits', () => {
  const lanes = new Lanes()
  const [one, alone, two, three] = [turn('a', true), turn('a'), turn('a', true), turn('a', true)]
  lanes.enter(one)
  assert.deepEqual(
    [alone, two, three].map(each => lanes.enter(each)),
    [false, false, false],
  )
  assert.deepEqual(lanes.leave(one), [alone])
  assert.deepEqual(lanes.leave(alone), [two, three])
})

test('when the one that others wait behind gives up, they begin', () => {
  const lanes = new Lanes()
  const [one, alone, two] = [turn('a', true), turn('a'), turn('a', true)]
  lanes.enter(one)
  lanes.enter(alone)
  lanes.enter(two)
  assert.deepEqual(lanes.giveUp(alone), [two])
  assert.deepEqual(lanes.giveUp(alone), [])
})
