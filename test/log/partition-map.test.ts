import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartitionMap } from '../../src/log/partition-map.js'

const at = (topicId: string, partition: number) => ({ topicId, partition })

test('each partition of each topic has a place of its own', () => {
  const map = new PartitionMap<string>()
  map.set(at('orders', 0), 'a')
  map.set(at('orders', 1), 'b')
  map.set(at('bills', 0), 'c')
  map.set(at('orders', 0), 'd')
  assert.equal(map.get(at('orders', 0)), 'd')
  assert.equal(map.get(at('bills', 1)), undefined)
  assert.deepEqual([...map.values()], ['d', 'b', 'c'])
  assert.deepEqual(
    [...map],
    [
      [at('orders', 0), 'd'],
      [at('orders', 1), 'b'],
      [at('bills', 0), 'c'],
    ],
  )
})

test('what is deleted is gone, and only that', () => {
  const map = new PartitionMap<string>()
  map.set(at('orders', 0), 'a')
  map.set(at('orders', 1), 'b')
  map.delete(at('orders', 0))
  map.delete(at('bills', 0))
  assert.equal(map.get(at('orders', 0)), undefined)
  assert.deepEqual([...map.values()], ['b'])
  map.delete(at('orders', 1))
  assert.deepEqual([...map], [])
})
