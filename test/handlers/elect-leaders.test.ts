import assert from 'node:assert/strict'
import { test } from 'node:test'
import { electLeaders } from '../../src/wire/apis/elect-leaders.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const [preferred, unclean] = [0, 1]

/** Two nodes; of `a` both have every partition, of `single` each has one. */
async function opened() {
  const served = await ServedBroker.open({ brokers: 2, topics: ['a:2:2', 'single:2'] })
  const elect = async (
    electionType: number,
    topicPartitions: readonly { topic: string; partitions: readonly number[] }[] | null,
  ) => {
    const { replicaElectionResults } = await served.ask(electLeaders, 2, {
      electionType,
      topicPartitions,
      timeoutMs: 1000,
    })
    return replicaElectionResults.flatMap(({ topic, partitionResult }) =>
      partitionResult.map(result => `${topic}-${result.partitionId} ${errorName(result)}`),
    )
  }
  const leaders = async (name: string) => {
    const { topics } = await served.ask(metadata, 9, { topics: [{ name }] })
    return topics[0]?.partitions.map(partition => partition.leaderId)
  }
  /** The partition of a topic whose first replica is node 1. */
  const preferring1 = async (name: string) => {
    const { topics } = await served.ask(metadata, 9, { topics: [{ name }] })
    return topics[0]?.partitions.find(each => each.replicaNodes[0] === 1)?.partitionIndex as number
  }
  return { served, elect, leaders, preferring1, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a node that is back leads again what it leads by preference', async () => {
  await using world = await opened()
  const partition = await world.preferring1('a')
  await world.served.broker.stopNode(1)
  await world.served.broker.startNode(1)
  assert.deepEqual(await world.leaders('a'), [0, 0])
  const answer = await world.elect(preferred, [{ topic: 'a', partitions: [partition] }])
  assert.deepEqual(answer, [`a-${partition} NONE`])
  assert.deepEqual((await world.leaders('a'))?.[partition], 1)
})

test('without names all partitions are looked at, and only those that change are listed', async () => {
  await using world = await opened()
  const partition = await world.preferring1('a')
  assert.deepEqual(await world.elect(preferred, null), [])
  await world.served.broker.stopNode(1)
  await world.served.broker.startNode(1)
  assert.deepEqual(await world.elect(preferred, null), [`a-${partition} NONE`])
})

test('a leader that is the preferred one stays, and so does any that lives', async () => {
  await using world = await opened()
  const all = [{ topic: 'a', partitions: [0, 1] }]
  const settled = ['a-0 ELECTION_NOT_NEEDED', 'a-1 ELECTION_NOT_NEEDED']
  assert.deepEqual(await world.elect(preferred, all), settled)
  assert.deepEqual(await world.elect(unclean, all), settled)
})

test('a replica whose node is stopped cannot lead', async () => {
  await using world = await opened()
  const [a, single] = [await world.preferring1('a'), await world.preferring1('single')]
  await world.served.broker.stopNode(1)
  assert.deepEqual(await world.elect(preferred, [{ topic: 'a', partitions: [a] }]), [
    `a-${a} PREFERRED_LEADER_NOT_AVAILABLE`,
  ])
  assert.deepEqual(await world.elect(unclean, [{ topic: 'single', partitions: [single] }]), [
    `single-${single} ELIGIBLE_LEADERS_NOT_AVAILABLE`,
  ])
})

test('partitions that there are not and elections that there are not say so', async () => {
  await using world = await opened()
  const wanted = [
    { topic: 'nope', partitions: [0] },
    { topic: 'a', partitions: [9] },
  ]
  assert.deepEqual(await world.elect(preferred, wanted), [
    'nope-0 UNKNOWN_TOPIC_OR_PARTITION',
    'a-9 UNKNOWN_TOPIC_OR_PARTITION',
  ])
  assert.deepEqual(await world.elect(7, [{ topic: 'a', partitions: [0] }]), ['a-0 INVALID_REQUEST'])
})
