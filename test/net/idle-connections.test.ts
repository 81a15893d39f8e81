import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IdleConnections, neverSeen } from '../../src/net/idle-connections.js'
import { ManualClock } from '../support/manual-clock.js'

function world(maxIdleMs: number) {
  const clock = new ManualClock()
  const idle = new IdleConnections(maxIdleMs, clock)
  const closed: string[] = []
  const connection = (name: string) => {
    const it = {
      seenMs: neverSeen,
      destroy() {
        closed.push(name)
        idle.forget(it)
      },
    }
    idle.touch(it)
    return it
  }
  return { clock, idle, closed, connection }
}

test('a connection on which nothing moves is closed when its time and a hundredth are over', () => {
  const { clock, closed, connection } = world(1000)
  connection('ann')
  clock.advance(1009)
  assert.deepEqual(closed, [])
  clock.advance(1)
  assert.deepEqual(closed, ['ann'])
})

test('each sign of life starts the time anew, for that connection only', () => {
  const { clock, idle, closed, connection } = world(1000)
  const ann = connection('ann')
  connection('bob')
  clock.advance(600)
  idle.touch(ann)
  clock.advance(410)
  assert.deepEqual(closed, ['bob'])
  clock.advance(600)
  assert.deepEqual(closed, ['bob', 'ann'])
})

test('a connection that is gone is not closed again, and the next one is still watched', () => {
  const { clock, idle, closed, connection } = world(1000)
  idle.forget(connection('ann'))
  clock.advance(5000)
  connection('bob')
  clock.advance(1010)
  assert.deepEqual(closed, ['bob'])
})

test('signs of life within a hundredth of the time count as one, and no connection is closed too soon for it', () => {
  const { clock, idle, closed, connection } = world(1000)
  const ann = connection('ann')
  clock.advance(9)
  idle.touch(ann)
  clock.advance(1000)
  assert.deepEqual(closed, [])
  clock.advance(1)
  assert.deepEqual(closed, ['ann'])
})

test('a bound below zero closes no connection', () => {
  const { clock, closed, connection } = world(-1)
  connection('ann')
  clock.advance(1_000_000)
  assert.deepEqual(closed, [])
})
