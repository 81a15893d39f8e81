import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
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

/** Millisecond by millisecond, as Node's own timers see it; each is a turn of the event loop. */
async function advance(ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    tick()
    await nextTurn()
  }
}

function tick(): void {
  nowMs += 1
  mock.timers.tick(1)
}

test('a timer that is armed again for later fires once, then, and does what it was armed with last', async () => {
  arm(100, 'session', 'first')
  await advance(60)
  arm(100, 'session', 'second')
  await advance(30)
  arm(100, 'session', 'third')
  await advance(500)
  assert.deepEqual(fired, ['third at 190'])
})

test('a timer that is armed again for sooner fires sooner', async () => {
  arm(100, 'session', 'late')
  await advance(10)
  arm(20, 'session', 'soon')
  await advance(500)
  assert.deepEqual(fired, ['soon at 30'])
})

test('a timer that was cancelled does not fire, armed again or not', async () => {
  arm(100, 'session', 'never')
  arm(200, 'session', 'never')
  clock.cancel('session')
  await advance(150)
  arm(100, 'session', 'anew')
  await advance(500)
  assert.deepEqual(fired, ['anew at 250'])
})

test('a timer that was cancelled and is armed again before it would have fired, fires when it is due', async () => {
  arm(100, 'fetch', 'never')
  await advance(20)
  clock.cancel('fetch')
  arm(100, 'fetch', 'later')
  await advance(60)
  clock.cancel('fetch')
  arm(10, 'fetch', 'sooner')
  await advance(500)
  assert.deepEqual(fired, ['sooner at 90'])
})

test('objects are keys that stand for themselves', async () => {
  const [ann, bob] = [{}, {}]
  arm(10, ann, 'ann')
  arm(20, bob, 'bob')
  clock.cancel(ann)
  await advance(100)
  assert.deepEqual(fired, ['bob at 20'])
})

test('none fires after the clock has stopped', async () => {
  arm(10, 'session', 'never')
  arm(30, 'session', 'never')
  clock.stop()
  await advance(100)
  assert.deepEqual(fired, [])
})

test('a timer that throws is reported by its name, and the others fire', async () => {
  clock.after(1, 'broken', () => {
    throw new Error('no')
  })
  arm(1, 'other', 'fires')
  await advance(2)
  assert.deepEqual(reports, ['broken: Error: no'])
  assert.deepEqual(fired, ['fires at 1'])
})

/** So many timers that are due at once; each does what it is told, and is noted. */
function armMany(count: number, act: (i: number) => void = () => {}): number[] {
  const done: number[] = []
  for (let i = 0; i < count; i++) {
    clock.after(1, `timer ${i}`, () => {
      done.push(i)
      act(i)
    })
  }
  return done
}

test('very many timers that are due at once fire in their order, over several turns of the event loop', async () => {
  const done = armMany(1000)
  tick()
  assert.equal(done.length, 100)
  await nextTurn()
  assert.equal(done.length, 200)
  for (let i = 0; i < 10; i++) await nextTurn()
  assert.deepEqual(done, [...Array(1000).keys()])
})

test('a timer that is due and waits for its turn can be cancelled, or armed anew', async () => {
  const done = armMany(102)
  tick()
  clock.cancel('timer 100')
  arm(50, 'timer 101', 'anew')
  for (let i = 0; i < 3; i++) await nextTurn()
  assert.deepEqual([done.length, fired], [100, []])
  await advance(100)
  assert.deepEqual(fired, ['anew at 51'])
})

test('none fires after the clock has stopped, also of those that wait for their turn', async () => {
  const done = armMany(101)
  tick()
  clock.stop()
  for (let i = 0; i < 3; i++) await nextTurn()
  assert.equal(done.length, 100)
})
