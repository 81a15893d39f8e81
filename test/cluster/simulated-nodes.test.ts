import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedNodes } from '../../src/cluster/simulated-nodes.js'
import type { MetadataStore, PartitionState, Topic } from '../../src/engine/metadata-store.js'

/** One topic with one partition; changes are applied as the metadata store does. */
function storeOf(partition: PartitionState): { store: MetadataStore; partition: () => PartitionState } {
  let state = partition
  const topic = () => ({ id: 'id', name: 't', partitions: [state] }) as unknown as Topic
  const store = {
    topics: () => [topic()],
    changePartitions: async (plan: Parameters<MetadataStore['changePartitions']>[0]) => {
      for (const { leader, isr } of plan()) {
        const epoch = state.leaderEpoch + (leader === undefined ? 0 : 1)
        state = { ...state, leader: leader ?? state.leader, isr: isr ?? state.isr, leaderEpoch: epoch }
      }
    },
  } as unknown as MetadataStore
  return { store, partition: () => state }
}

const threeNodes = () =>
  new SimulatedNodes(
    'cluster',
    [0, 1, 2].map(id => ({ id, rack: null })),
    { topicById: () => undefined, onChange: () => () => {} },
  )

test('when a leader stops, the next living replica leads in a new epoch', async () => {
  const nodes = threeNodes()
  const { store, partition } = storeOf({
    index: 0,
    leader: 1,
    leaderEpoch: 4,
    replicas: [1, 2, 0],
    isr: [1, 2, 0],
  })
  await nodes.stopped(1, store)
  assert.deepEqual(partition(), { index: 0, leader: 2, leaderEpoch: 5, replicas: [1, 2, 0], isr: [2, 0] })
})

test('when the only replica stops, no node leads, and it leads again when it is back', async () => {
  const nodes = threeNodes()
  const { store, partition } = storeOf({ index: 0, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1] })
  await nodes.stopped(1, store)
  assert.equal(partition().leader, -1)
  assert.deepEqual(partition().isr, [1])
  await nodes.started(1, store)
  assert.equal(partition().leader, 1)
  assert.equal(partition().leaderEpoch, 2)
})

test('a node that comes back is in sync again, but takes no leadership away', async () => {
  const nodes = threeNodes()
  const { store, partition } = storeOf({ index: 0, leader: 0, leaderEpoch: 0, replicas: [0, 1], isr: [0, 1] })
  await nodes.stopped(0, store)
  await nodes.started(0, store)
  assert.deepEqual(partition(), { index: 0, leader: 1, leaderEpoch: 1, replicas: [0, 1], isr: [0, 1] })
})

test('the controller is a node that is alive', async () => {
  const nodes = threeNodes()
  const { store } = storeOf({ index: 0, leader: 0, leaderEpoch: 0, replicas: [0], isr: [0] })
  await nodes.stopped(0, store)
  assert.equal(nodes.controllerId(), 1)
})

test('a start begins a new epoch of a partition that is led as before', async () => {
  const { store, partition } = storeOf({
    index: 0,
    leader: 1,
    leaderEpoch: 4,
    replicas: [1, 2],
    isr: [1, 2],
  })
  await threeNodes().begin(store)
  assert.deepEqual(partition(), { index: 0, leader: 1, leaderEpoch: 5, replicas: [1, 2], isr: [1, 2] })
})

test('a start with fewer nodes moves what they led, in one new epoch', async () => {
  const { store, partition } = storeOf({
    index: 0,
    leader: 7,
    leaderEpoch: 4,
    replicas: [7, 1],
    isr: [7, 1],
  })
  await threeNodes().begin(store)
  assert.deepEqual(partition(), { index: 0, leader: 1, leaderEpoch: 5, replicas: [7, 1], isr: [1] })
})

test('a start leaves a partition without a living replica without a leader, and its epoch alone', async () => {
  const none = { index: 0, leader: -1, leaderEpoch: 4, replicas: [7], isr: [7] }
  const { store, partition } = storeOf(none)
  await threeNodes().begin(store)
  assert.deepEqual(partition(), none)
})
