import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeReplicas } from '../../src/topics/placement.js'

test('leaders go round the nodes, followers are the next nodes', () => {
  assert.deepEqual(placeReplicas([0, 1, 2], 4, 2, 1), [
    [1, 2],
    [2, 0],
    [0, 1],
    [1, 2],
  ])
})
