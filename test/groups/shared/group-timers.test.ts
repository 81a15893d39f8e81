import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupTimers, wholeGroup } from '../../../src/groups/shared/group-timers.js'
import type { GroupOutcome } from '../../../src/groups/stored/group-facts.js'
import { ManualClock } from '../../support/manual-clock.js'

function setUp() {
  const clock = new ManualClock()
  const waiting: (() => GroupOutcome)[] = []
  const fired: string[] = []
  const timers = new GroupTimers(clock, command => waiting.push(command))
  const arm = (what: string, says = what, whose = wholeGroup) =>
    timers.after(100, what, whose, () => {
      fired.push(says)
      return { facts: [] }
    })
  const runAll = () => {
    for (const command of waiting.splice(0)) command()
  }
  return { clock, timers, fired, arm, runAll }
}

test('a timer that fires waits for its turn as a command', () => {
  const { clock, fired, arm, runAll } = setUp()
  arm('join')
  clock.advance(100)
  assert.deepEqual(fired, [])
  runAll()
  assert.deepEqual(fired, ['join'])
})

test('a timer that was set again or cancelled before its turn came does nothing', () => {
  const { clock, timers, fired, arm, runAll } = setUp()
  arm('join', 'early')
  arm('sync')
  clock.advance(100)
  arm('join', 'late')
  timers.cancel('sync', wholeGroup)
  runAll()
  assert.deepEqual(fired, [])
  clock.advance(100)
  runAll()
  assert.deepEqual(fired, ['late'])
})

test('a timer that is put off does later what it was to do, also if its turn was about to come', () => {
  const { clock, timers, fired, arm, runAll } = setUp()
  arm('session')
  clock.advance(100)
  assert.equal(timers.again(100, 'session', wholeGroup), true)
  runAll()
  assert.deepEqual(fired, [])
  clock.advance(60)
  assert.equal(timers.again(100, 'session', wholeGroup), true)
  clock.advance(99)
  runAll()
  assert.deepEqual(fired, [])
  clock.advance(1)
  runAll()
  assert.deepEqual(fired, ['session'])
})

test('a timer that is not set, or has done its work, cannot be put off', () => {
  const { clock, timers, arm, runAll } = setUp()
  assert.equal(timers.again(100, 'session', wholeGroup), false)
  arm('session')
  clock.advance(100)
  runAll()
  assert.equal(timers.again(100, 'session', wholeGroup), false)
})

test('each member has timers of its own', () => {
  const { clock, timers, fired, arm, runAll } = setUp()
  arm('session', 'first', 'a')
  arm('session', 'second', 'b')
  timers.cancel('session', 'a')
  assert.deepEqual([timers.isArmed('session', 'a'), timers.isArmed('session', 'b')], [false, true])
  clock.advance(100)
  runAll()
  assert.deepEqual(fired, ['second'])
})

test('none is left after all are cancelled', () => {
  const { clock, timers, fired, arm, runAll } = setUp()
  arm('join')
  arm('session', 'late', 'a')
  timers.cancelAll()
  clock.advance(1000)
  runAll()
  assert.deepEqual(fired, [])
})
