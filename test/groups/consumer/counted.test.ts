import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counted } from '../../../src/groups/consumer/counted.js'

const lists = () => new Counted<readonly string[]>(names => names.join())

test('equal things are one, which the first stands for', () => {
  const counted = lists()
  const first = ['a', 'b']
  assert.equal(counted.add(first), first)
  assert.equal(counted.add(['a', 'b']), first)
  counted.add(['c'])
  assert.deepEqual([counted.size, counted.timesOf(['a', 'b']), [...counted]], [2, 2, [first, ['c']]])
})

test('a thing stays until it was taken out as often as it was put in', () => {
  const counted = lists()
  counted.add(['a'])
  counted.add(['a'])
  counted.delete(['a'])
  assert.deepEqual([...counted], [['a']])
  counted.delete(['a'])
  counted.delete(['a'])
  assert.deepEqual([counted.size, counted.timesOf(['a'])], [0, 0])
})

test('what would be in after a change is told without the change, each thing once', () => {
  const counted = lists()
  for (const name of ['a', 'b', 'b', 'c']) counted.add([name])
  const after = counted.changed([['a'], ['b']], [['c'], ['d'], ['d']])
  assert.deepEqual([...after].map(String), ['b', 'c', 'd'])
  assert.deepEqual([...counted].map(String), ['a', 'b', 'c'])
})
