import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Background } from '../../src/telemetry/background.js'
import { ManualClock } from '../support/manual-clock.js'

function world() {
  const clock = new ManualClock()
  const said: string[] = []
  const say = (message: string) => void said.push(message)
  const background = new Background({ clock, logger: { debug() {}, info: say, warn: say, error: say } })
  return { clock, said, background }
}

/** Lets promises that have settled be heard of. */
const settle = () => new Promise<void>(resolve => setImmediate(resolve))

test('work that fails is said once, shown, and tried again after pauses that grow', async () => {
  const { clock, said, background } = world()
  const startMs = clock.now()
  const triedMs: number[] = []
  background.run('expiry', async () => {
    triedMs.push(clock.now() - startMs)
    if (triedMs.length < 4) throw new Error('the disk is full')
  })
  await settle()
  assert.deepEqual(background.failing, [
    { name: 'expiry', sinceMs: startMs, attempts: 1, message: 'the disk is full' },
  ])
  for (let i = 0; i < 10; i++) {
    clock.advance(100)
    await settle()
  }
  assert.deepEqual(triedMs, [0, 100, 300, 700])
  assert.deepEqual(background.failing, [])
  assert.deepEqual(said, ['expiry failed and will be tried again.', 'expiry works again, after 3 failures.'])
})

test('work that throws at once is caught like work that rejects', async () => {
  const { background } = world()
  background.run('expiry', () => {
    throw new TypeError('a bug')
  })
  await settle()
  assert.equal(background.failing[0]?.message, 'a bug')
})

test('a name stands for one piece of work: to run it again replaces the attempt that waits', async () => {
  const { clock, background } = world()
  let failed = 0
  let succeeded = 0
  background.run('expiry', () => {
    failed += 1
    throw new Error('no')
  })
  await settle()
  background.run('expiry', () => {
    succeeded += 1
  })
  await settle()
  clock.advance(100_000)
  await settle()
  assert.deepEqual([failed, succeeded, background.failing.length], [1, 1, 0])
})

test('after stop() nothing is tried again', async () => {
  const { clock, background } = world()
  let tried = 0
  background.run('expiry', () => {
    tried += 1
    throw new Error('no')
  })
  await settle()
  background.stop()
  clock.advance(100_000)
  await settle()
  assert.equal(tried, 1)
})

test('work that is not wanted any more is neither tried again nor shown', async () => {
  const { clock, background } = world()
  let tried = 0
  background.run('expiry', () => {
    tried += 1
    throw new Error('no')
  })
  await settle()
  background.forget('expiry')
  clock.advance(100_000)
  await settle()
  assert.deepEqual([tried, background.failing.length], [1, 0])
})

test('an attempt that was replaced while it ran says nothing about the one that replaced it', async () => {
  const { background } = world()
  let end = () => {}
  background.run('expiry', () => new Promise<void>(resolve => (end = resolve)))
  background.run('expiry', () => {
    throw new Error('no')
  })
  await settle()
  end()
  await settle()
  assert.equal(background.failing.length, 1)
})
