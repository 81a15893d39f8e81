import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Paced, setInTurns, sortedInTurns, Turns } from '../../src/time/turns.js'

let nowMs = 0

beforeEach(() => {
  nowMs = 0
  mock.method(performance, 'now', () => nowMs)
})
afterEach(() => mock.reset())

test('while a turn is young there is nothing to wait for', () => {
  const turns = new Turns()
  nowMs = 9.9
  assert.equal(turns.pause(), null)
})

test('once a turn has lasted 10 ms the work goes on in a later one', async () => {
  const turns = new Turns()
  const order: string[] = []
  const others = nextTurn().then(() => order.push('others'))
  nowMs = 10
  await turns.pause()?.then(() => order.push('work'))
  await others
  assert.deepEqual(order, ['others', 'work'])
})

test('after a pause a new turn begins', async () => {
  const turns = new Turns()
  nowMs = 10
  await turns.pause()
  nowMs = 19
  assert.equal(turns.isOver, false)
  nowMs = 20
  assert.equal(turns.isOver, true)
})

test('of several that pause one goes on in each turn, in their order', async () => {
  const all = ['first', 'second', 'third'].map(name => ({ name, turns: new Turns() }))
  const goneOn: string[] = []
  nowMs = 10
  for (const { name, turns } of all) void turns.pause()?.then(() => goneOn.push(name))
  const seen: string[] = []
  for (const _ of all) {
    await nextTurn()
    seen.push(goneOn.join(' '))
  }
  assert.deepEqual(seen, ['first', 'first second', 'first second third'])
})

test('work that has longer or shorter turns says so', () => {
  const turns = new Turns(2)
  nowMs = 1.9
  assert.equal(turns.isOver, false)
  nowMs = 2
  assert.equal(turns.isOver, true)
})

test('many strings are sorted as `sort` does, and others are served meanwhile', async () => {
  const all = Array.from({ length: 10_000 }, (_, i) => `${(i * 7919) % 10_007}`)
  mock.method(performance, 'now', () => nowMs++) // each look at the time takes a millisecond
  let others = 0
  const serve = () => {
    others++
    if (others < 100) setImmediate(serve)
  }
  setImmediate(serve)
  assert.deepEqual(await sortedInTurns(all, new Turns()), [...all].sort())
  assert.equal(others, 100)
})

test('a set is put together over several turns', async () => {
  const numbers = function* () {
    for (let i = 0; i < 5; i++) {
      nowMs += 6
      yield i % 3
    }
  }
  let isDone = false
  const made = setInTurns(numbers()).finally(() => {
    isDone = true
  })
  await nextTurn()
  assert.equal(isDone, false)
  assert.deepEqual(await made, new Set([0, 1, 2]))
})

test('functions are called at once, until there are too many for one turn; the others follow in their order', async () => {
  const paced = new Paced(2)
  const called: number[] = []
  for (let i = 0; i < 5; i++) paced.call(() => called.push(i))
  assert.deepEqual(called, [0, 1])
  await nextTurn()
  paced.call(() => called.push(5))
  assert.deepEqual(called, [0, 1, 2, 3])
  await nextTurn()
  await nextTurn()
  assert.deepEqual(called, [0, 1, 2, 3, 4, 5])
})

test('functions that take long are called in turns of their own', async () => {
  const paced = new Paced(100)
  const called: number[] = []
  for (let i = 0; i < 3; i++) {
    paced.call(() => {
      nowMs += 10
      called.push(i)
    })
  }
  assert.deepEqual(called, [0])
  await nextTurn()
  assert.deepEqual(called, [0, 1])
  await nextTurn()
  assert.deepEqual(called, [0, 1, 2])
})

test('a function that is called in a later turn has a whole turn', async () => {
  const paced = new Paced(1)
  const called: number[] = []
  paced.call(() => called.push(0))
  await nextTurn()
  await nextTurn()
  paced.call(() => called.push(1))
  assert.deepEqual(called, [0, 1])
})
