import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterView } from '../../src/engine/cluster-view.js'
import { placementOrder, placeReplicas } from '../../src/topics/placement.js'

test('leaders go round the nodes, followers are the next nodes', () => {
  assert.deepEqual(placeReplicas([0, 1, 2], 4, 2, 1), [
    [1, 2],
    [2, 0],
    [0, 1],
    [1, 2],
  ])
})

/** Living nodes by their ids, each in a rack (or in none). */
const clusterOf = (racks: Readonly<Record<number, string | null>>) =>
  ({
    nodes: () =>
      Object.entries(racks).map(([id, rack]) => ({ id: Number(id), rack, alive: true, addresses: [] })),
  }) as unknown as ClusterView

test('where each node has a rack, neighbours in the order of placement stand in different ones', () => {
  assert.deepEqual(placementOrder(clusterOf({ 0: 'a', 1: 'a', 2: 'b', 3: 'b', 4: 'b' })), [0, 2, 1, 3, 4])
})

test('where a node has no rack, racks do not count', () => {
  assert.deepEqual(placementOrder(clusterOf({ 0: 'a', 1: 'a', 2: null })), [0, 1, 2])
})
