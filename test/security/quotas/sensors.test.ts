import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sensors } from '../../../src/security/quotas/sensors.js'

const hourMs = 3_600_000

test('of too many clients the one that was not heard of for longest is forgotten', () => {
  const sensors = new Sensors(3, () => ({}))
  const [a, b, c] = ['a', 'b', 'c'].map(name => sensors.of(name, 1))
  assert.equal(sensors.of('a', 2), a)
  sensors.of('d', 3)
  assert.equal(sensors.count, 3)
  assert.equal(sensors.of('a', 4), a)
  assert.equal(sensors.of('c', 4), c)
  assert.notEqual(sensors.of('b', 4), b)
})

test('a client that was not heard of for an hour is forgotten when another comes', () => {
  const sensors = new Sensors(100, () => ({}))
  for (let i = 0; i < 50; i++) sensors.of(`old ${i}`, i)
  const kept = sensors.of('kept', hourMs - 1)
  sensors.of('new', hourMs + 49)
  assert.equal(sensors.count, 2)
  assert.equal(sensors.of('kept', hourMs + 49), kept)
})
