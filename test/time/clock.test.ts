import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { SystemClock } from '../../src/time/clock.js'

let nowMs = 0
let fired: string[] = []
const report = (timer: string, thrown: unknown) => void reports.push(`${timer}: ${thrown}`)
let reports: string[] = []
let clock = new SystemClock(report)

beforeEach(() => {
  nowMs = 0
  fired = []
  reports = []
  clock = new SystemClock(report)
  mock.timers.enable({ apis: ['setTimeout'] })
  mock.method(performance, 'now', () => nowMs)
})
afterEach(() => {
  clock.stop()
  mock.reset()
  mock.timers.reset()
})

const arm = (delayMs: number, key: string | object, says: string): void =>
  clock.after(delayMs, key, () => fired.push(`${says} at ${nowMs}`))

/** Millisecond by millisecond, as Node's own timers see it. */
function advance(ms: number): void {
  for (let i = 0; i < ms; i++) {
    nowMs += 1
    mock.timers.tick(1)
  }
}

test('a timer that is armed again for later fires once, then, and does what it was armed with last', () => {
  arm(100, 'session', 'first')
  advance(60)
  arm(100, 'session', 'second')
  advance(30)
  arm(100, 'session', 'third')
  advance(500)
  assert.deepEqual(fired, ['third at 190'])
})

test('a timer that is armed again for sooner fires sooner', () => {
  arm(100, 'session', 'late')
  advance(10)
  arm(20, 'session', 'soon')
  advance(500)
  assert.deepEqual(fired, ['soon at 30'])
})

test('a timer that was cancelled does not fire, armed again or not', () => {
  arm(100, 'session', 'never')
  arm(200, 'session', 'never')
  clock.cancel('session')
  advance(150)
  arm(100, 'session', 'anew')
  advance(500)
  assert.deepEqual(fired, ['anew at 250'])
})

test('a timer that was cancelled and is armed again before it would have fired, fires when it is due', () => {
  arm(100, 'fetch', 'never')
  advance(20)
  clock.cancel('fetch')
  arm(100, 'fetch', 'later')
  advance(60)
  clock.cancel('fetch')
  arm(10, 'fetch', 'sooner')
  advance(500)
  assert.deepEqual(fired, ['sooner at 90'])
})

test('objects are keys that stand for themselves', () => {
  const [ann, bob] = [{}, {}]
  arm(10, ann, 'ann')
  arm(20, bob, 'bob')
  clock.cancel(ann)
  advance(100)
  assert.deepEqual(fired, ['bob at 20'])
})

test('none fires after the clock has stopped', () => {
  arm(10, 'session', 'never')
  arm(30, 'session', 'never')
  clock.stop()
  advance(100)
  assert.deepEqual(fired, [])
})

test('a timer that throws is reported by its name, and the others fire', () => {
  clock.after(1, 'broken', () => {
    throw new Error('no')
  })
  arm(1, 'other', 'fires')
  advance(2)
  assert.deepEqual(reports, ['broken: Error: no'])
  assert.deepEqual(fired, ['fires at 1'])
})
