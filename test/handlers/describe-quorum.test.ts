import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeQuorum } from '../../src/wire/apis/describe-quorum.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const about = (topicName: string, ...partitions: number[]) => ({
  topicName,
  partitions: partitions.map(partitionIndex => ({ partitionIndex })),
})

test('the controller alone votes, and the other nodes that live observe', async () => {
  await using served = await ServedBroker.open({ brokers: 3 })
  await served.broker.stopNode(2)
  const { topics, nodes } = await served.ask(describeQuorum, 2, { topics: [about('__cluster_metadata', 0)] })
  const quorum = topics[0]?.partitions[0]
  const ids = (replicas: readonly { replicaId: number }[] = []) => replicas.map(each => each.replicaId)
  assert.deepEqual(
    [errorName(quorum), quorum?.leaderId, ids(quorum?.currentVoters), ids(quorum?.observers)],
    ['NONE', 0, [0], [1]],
  )
  assert.deepEqual(
    nodes.map(({ nodeId, listeners }) => [nodeId, `${listeners[0]?.host}:${listeners[0]?.port}`]),
    [[0, served.broker.brokers[0]]],
  )
})

test('every change of the cluster moves the quorum’s high watermark, and every replica has it', async () => {
  await using served = await ServedBroker.open({ brokers: 2 })
  const told = async () => {
    const { topics } = await served.ask(describeQuorum, 1, { topics: [about('__cluster_metadata', 0)] })
    const quorum = topics[0]?.partitions[0]
    const ends = [...(quorum?.currentVoters ?? []), ...(quorum?.observers ?? [])].map(
      each => each.logEndOffset,
    )
    assert.deepEqual(ends, [quorum?.highWatermark, quorum?.highWatermark])
    return quorum?.highWatermark ?? -1n
  }
  const before = await told()
  await served.create('a')
  assert.ok((await told()) > before)
})

test('there is a quorum for the metadata’s one partition only', async () => {
  await using served = await ServedBroker.open({ topics: ['a'] })
  for (const topics of [
    [about('a', 0)],
    [about('__cluster_metadata', 1)],
    [about('__cluster_metadata', 0, 1)],
    [about('__cluster_metadata', 0), about('a', 0)],
  ]) {
    const answer = await served.ask(describeQuorum, 2, { topics })
    assert.equal(errorName(answer), 'NONE')
    const errors = answer.topics.flatMap(({ partitions }) => partitions.map(errorName))
    assert.deepEqual(new Set(errors), new Set(['UNKNOWN_TOPIC_OR_PARTITION']))
  }
})
