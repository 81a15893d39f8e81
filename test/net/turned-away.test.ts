import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { TurnedAway } from '../../src/net/turned-away.js'
import { ManualClock } from '../support/manual-clock.js'

test('of more connections than may wait each further one is closed at once', async () => {
  const clock = new ManualClock()
  const turnedAway = new TurnedAway(2, clock)
  const sockets = Array.from({ length: 3 }, () => new Socket())
  for (const socket of sockets) turnedAway.add(socket, 500)
  assert.deepEqual(
    sockets.map(socket => socket.destroyed),
    [false, false, true],
  )
  clock.advance(500)
  await Promise.all(sockets.slice(0, 2).map(socket => once(socket, 'close')))
  assert.equal(turnedAway.count, 0)
})
