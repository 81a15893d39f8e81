import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.js'
import { endTxn } from '../../src/wire/apis/end-txn.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { joinGroup } from '../../src/wire/apis/join-group.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { syncGroup } from '../../src/wire/apis/sync-group.js'
import { errorName } from '../support/error-name.js'
import { heardBy } from '../support/log-target.js'
import { ServedBroker } from '../support/served-broker.js'

const joining = (groupId: string, names: number) => ({
  groupId,
  memberId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  memberEpoch: 0,
  rebalanceTimeoutMs: 30_000,
  subscribedTopicNames: Array.from({ length: names }, (_, i) => `topic-${i}`),
  topicPartitions: [],
})

test('a member with more topic names than a record holds is refused, and its partition serves on', async () => {
  const said: string[] = []
  const log = (message: string) => void said.push(message)
  await using served = await ServedBroker.open({
    topics: ['topic-1'],
    logger: heardBy(log),
    set: { 'offsets.topic.num.partitions': 1 },
  })
  const join = async (groupId: string, names: number) =>
    errorName(await served.ask(consumerGroupHeartbeat, 1, joining(groupId, names)))
  assert.equal(await join('small', 2), 'NONE')
  assert.equal(await join('huge', 200_000), 'UNKNOWN_SERVER_ERROR')
  assert.equal(await join('other', 2), 'NONE')
  assert.deepEqual(said, [])
})

const ofOnePartition = { set: { 'offsets.topic.num.partitions': 1, 'group.initial.rebalance.delay.ms': 0 } }
const range = { name: 'range', metadata: Buffer.alloc(8) }
const joiningClassically = (protocols: readonly { name: string; metadata: Buffer }[], memberId = '') => ({
  groupId: 'classic',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId,
  protocolType: 'connect',
  protocols,
})

test('a member that knows very many protocols is refused, and its group lives on', async () => {
  await using served = await ServedBroker.open(ofOnePartition)
  const protocols = Array.from({ length: 200_000 }, (_, i) => ({ ...range, name: `p-${i}` }))
  const refused = await served.ask(joinGroup, 9, joiningClassically(protocols))
  assert.equal(errorName(refused), 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(errorName(await served.ask(joinGroup, 3, joiningClassically([range]))), 'NONE')
})

test('a member that says more of itself than a record holds is refused, and its group lives on', async () => {
  await using served = await ServedBroker.open(ofOnePartition)
  const large = { name: 'range', metadata: Buffer.alloc(2 << 20) }
  const refused = await served.ask(joinGroup, 3, joiningClassically([large]))
  assert.equal(errorName(refused), 'UNKNOWN_SERVER_ERROR')
  assert.equal(errorName(await served.ask(joinGroup, 3, joiningClassically([range]))), 'NONE')
})

test('an assignment that no record holds fails, as in Kafka, and the group begins its next generation', async () => {
  await using served = await ServedBroker.open(ofOnePartition)
  const { memberId, generationId } = await served.ask(joinGroup, 3, joiningClassically([range]))
  const assign = (bytes: number, generation = generationId) =>
    served.ask(syncGroup, 5, {
      groupId: 'classic',
      generationId: generation,
      memberId,
      protocolType: 'connect',
      protocolName: 'range',
      assignments: [{ memberId, assignment: Buffer.alloc(bytes, 7) }],
    })
  assert.equal(errorName(await assign(2 << 20)), 'UNKNOWN_SERVER_ERROR')
  assert.equal(errorName(await assign(10)), 'REBALANCE_IN_PROGRESS')
  const again = await served.ask(joinGroup, 3, joiningClassically([range], memberId))
  assert.equal(again.generationId, generationId + 1)
  const { assignment } = await assign(10, again.generationId)
  assert.deepEqual(assignment, Buffer.alloc(10, 7))
})

test('assignments to no member of the group are not looked at, however many they are', async () => {
  await using served = await ServedBroker.open(ofOnePartition)
  const { memberId, generationId } = await served.ask(joinGroup, 3, joiningClassically([range]))
  const strangers = Array.from({ length: 20_000 }, (_, i) => ({
    memberId: `m-${i}`,
    assignment: Buffer.alloc(100),
  }))
  const { assignment } = await served.ask(syncGroup, 5, {
    groupId: 'classic',
    generationId,
    memberId,
    protocolType: 'connect',
    protocolName: 'range',
    assignments: [...strangers, { memberId, assignment: Buffer.from('mine') }],
  })
  assert.equal(assignment.toString(), 'mine')
})

test('offsets that no batch holds are refused together, as in Kafka, and the group goes on', async () => {
  await using served = await ServedBroker.open({ set: { 'message.max.bytes': 3000 } })
  await served.create('wide', {}, { numPartitions: 100 })
  const commit = async (count: number) => {
    const partitions = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: 1n,
    }))
    const { topics } = await served.ask(offsetCommit, 8, {
      groupId: 'readers',
      memberId: '',
      topics: [{ name: 'wide', partitions }],
    })
    return [...new Set(topics[0]?.partitions.map(errorName))]
  }
  assert.deepEqual(await commit(100), ['UNKNOWN_SERVER_ERROR'])
  assert.deepEqual(await commit(10), ['NONE'])
})

test('a transaction with more partitions than a record holds is refused, as in Kafka, and goes on', async () => {
  await using served = await ServedBroker.open({ set: { 'message.max.bytes': 3000 } })
  await served.create('wide', {}, { numPartitions: 1000 })
  const about = { transactionalId: 'x', transactionTimeoutMs: 60_000 }
  const { producerId, producerEpoch } = await served.ask(initProducerId, 4, about)
  const add = async (count: number) => {
    const { resultsByTopicV3AndBelow } = await served.ask(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 'wide', partitions: Array.from({ length: count }, (_, i) => i) }],
    })
    const results = resultsByTopicV3AndBelow[0]?.resultsByPartition ?? []
    return [...new Set(results.map(({ partitionErrorCode }) => errorName({ errorCode: partitionErrorCode })))]
  }
  assert.deepEqual(await add(10), ['NONE'])
  assert.deepEqual(await add(1000), ['UNKNOWN_SERVER_ERROR'])
  assert.deepEqual(await add(20), ['NONE'])
  const ended = await served.ask(endTxn, 3, {
    transactionalId: 'x',
    producerId,
    producerEpoch,
    committed: true,
  })
  assert.equal(errorName(ended), 'NONE')
})
