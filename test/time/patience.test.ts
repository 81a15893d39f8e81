import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Patience } from '../../src/time/patience.js'
import { ManualClock } from '../support/manual-clock.js'

const settle = () => new Promise(resolve => setImmediate(resolve))

/** Work that ends when the test finishes it, and a wait of 100 ms for it. */
function waiting(timeoutMs = 100) {
  const clock = new ManualClock()
  let finish = () => {}
  const work = new Promise<void>(resolve => {
    finish = resolve
  })
  const state = { over: false }
  void new Patience(clock).wait(work, timeoutMs).then(() => {
    state.over = true
  })
  return { clock, state, finish }
}

test('a wait is over when the work is done', async () => {
  const { state, finish } = waiting()
  await settle()
  assert.equal(state.over, false)
  finish()
  await settle()
  assert.equal(state.over, true)
})

test('a wait is over when time is, whatever becomes of the work', async () => {
  const { clock, state } = waiting()
  clock.advance(99)
  await settle()
  assert.equal(state.over, false)
  clock.advance(1)
  await settle()
  assert.equal(state.over, true)
})

test('a wait for ever does not end by time', async () => {
  const { clock, state } = waiting(Infinity)
  clock.advance(1_000_000)
  await settle()
  assert.equal(state.over, false)
})

test('a wait that ended in time leaves no timer that could end the next one', async () => {
  const clock = new ManualClock()
  const patience = new Patience(clock)
  await patience.wait(Promise.resolve(), 100)
  let over = false
  void patience.wait(new Promise(() => {}), 200).then(() => {
    over = true
  })
  clock.advance(150)
  await settle()
  assert.equal(over, false)
  clock.advance(50)
  await settle()
  assert.equal(over, true)
})

test('work that fails is over as well, and rejects no wait', async () => {
  const clock = new ManualClock()
  await new Patience(clock).wait(Promise.reject(new Error('no')), 1000)
})
