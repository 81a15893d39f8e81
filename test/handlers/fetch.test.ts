import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { codecs } from '../../src/records/compression/compression.js'
import { baseOffset, splitBatches } from '../../src/records/record-batch.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import type { ResponseOf } from '../../src/wire/schema.js'
import { errorNameOf } from '../support/error-name.js'
import { ManualClock } from '../support/manual-clock.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

for (const version of [4, 7, 11, 12, 13, 16, 17]) {
  test(`version ${version} gives the records and where the partition ends`, async () => {
    await using served = await ServedBroker.open({ topics: ['letters'] })
    await served.write('letters', ['a', 'b'])
    const { errorCode, highWatermark, lastStableOffset, records } = await served.fetch('letters', 0n, {
      version,
    })
    assert.deepEqual([errorCode, highWatermark, lastStableOffset], [0, 2n, 2n])
    assert.equal(splitBatches(records as Buffer).length, 1)
  })
}

test('an offset in the middle of a batch gives that whole batch', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a', 'b', 'c'])
  const { records } = await served.fetch('letters', 2n)
  assert.deepEqual(splitBatches(records as Buffer).map(baseOffset), [0n])
})

test('an offset outside of the log is OFFSET_OUT_OF_RANGE, and where the log is must be asked', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a'])
  for (const offset of [-1n, 2n]) {
    const answer = await served.fetch('letters', offset)
    assert.equal(errorNameOf(answer.errorCode), 'OFFSET_OUT_OF_RANGE')
    assert.deepEqual([answer.highWatermark, answer.logStartOffset], [-1n, -1n])
    assert.equal(answer.abortedTransactions, null)
  }
})

test('a partition that is named twice is fetched once, as it was named last', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a'])
  const partitions = [9n, 0n].map(fetchOffset => ({ partition: 0, fetchOffset, partitionMaxBytes: 1000 }))
  const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'letters', partitions }] }
  const { responses } = await served.ask(fetch, 12, request)
  assert.deepEqual(
    responses[0]?.partitions.map(({ errorCode }) => errorNameOf(errorCode)),
    ['NONE'],
  )
})

test('missing partitions are answered after those that were read', async () => {
  await using served = await ServedBroker.open({ topics: ['letters:2'] })
  const partitions = [7, 1, 0].map(partition => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1000 }))
  const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topic: 'letters', partitions }] }
  const { responses } = await served.ask(fetch, 12, request)
  assert.deepEqual(
    responses[0]?.partitions.map(({ partitionIndex }) => partitionIndex),
    [1, 0, 7],
  )
})

test('a topic that was deleted and made again is not found by its old id', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['old'])
  const topicId = await served.topicId('letters')
  await served.ask(deleteTopics, 6, { topics: [{ name: 'letters', topicId: noId }], timeoutMs: 1000 })
  await served.create('letters')
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  const request = { maxWaitMs: 0, minBytes: 1, topics: [{ topicId, partitions }] }
  const { responses } = await served.ask(fetch, 13, request)
  assert.equal(errorNameOf(responses[0]?.partitions[0]?.errorCode), 'UNKNOWN_TOPIC_ID')
  assert.notEqual(await served.topicId('letters'), topicId)
  assert.deepEqual(await served.values('letters'), [])
})

test('an old leader epoch is FENCED_LEADER_EPOCH, a future one UNKNOWN_LEADER_EPOCH', async () => {
  await using served = await ServedBroker.open({ brokers: 2, topics: ['letters:2:2'] })
  const { topics } = await served.ask(metadata, 9, { topics: [{ name: 'letters', topicId: noId }] })
  const moving = topics[0]?.partitions.find(({ leaderId }) => leaderId === 1)
  assert.ok(moving)
  await served.broker.stopNode(1)
  const { partitionIndex: partition, leaderEpoch } = moving
  const at = async (currentLeaderEpoch: number) => {
    const { errorCode } = await served.fetch('letters', 0n, { partition, currentLeaderEpoch })
    return errorNameOf(errorCode)
  }
  assert.equal(await at(leaderEpoch), 'FENCED_LEADER_EPOCH')
  assert.equal(await at(leaderEpoch + 1), 'NONE')
  assert.equal(await at(leaderEpoch + 2), 'UNKNOWN_LEADER_EPOCH')
  assert.equal(await at(-1), 'NONE')
})

test('a fetch that waits at a node that stops is answered that another leads, and the connection stays for a moment', async () => {
  await using served = await ServedBroker.open({ brokers: 2, topics: ['letters:2:2'] })
  const { topics } = await served.ask(metadata, 9, { topics: [{ name: 'letters', topicId: noId }] })
  const led = topics[0]?.partitions.find(({ leaderId }) => leaderId === 1)?.partitionIndex ?? assert.fail()
  const [, second = ''] = served.broker.brokers
  const client = await RawClient.connect(Number(second.split(':')[1]))
  const partitions = [{ partition: led, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  const request = { maxWaitMs: 400, minBytes: 1, topics: [{ topic: 'letters', partitions }] }
  await client.ask(metadata, 9, { topics: [] })
  const waiting = client.ask(fetch, 12, request)
  const stopping = served.broker.stopNode(1)
  const { responses } = await waiting
  assert.equal(errorNameOf(responses[0]?.partitions[0]?.errorCode), 'NOT_LEADER_OR_FOLLOWER')
  const { brokers } = await client.ask(metadata, 9, { topics: [] })
  assert.deepEqual(
    brokers.map(({ nodeId }) => nodeId),
    [0],
  )
  await stopping
  client.destroy()
})

test('zstd is given to clients of any version, as Kafka does since its version 4', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a'], { codec: codecs.zstd })
  assert.equal(errorNameOf((await served.fetch('letters', 0n, { version: 9 })).errorCode), 'NONE')
})

test('negative limits are UNKNOWN_SERVER_ERROR where there is something to read', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a'])
  const errorAt = async (offset: bigint) => {
    const { errorCode } = await served.fetch('letters', offset, { maxBytes: -1 })
    return errorNameOf(errorCode)
  }
  assert.deepEqual([await errorAt(0n), await errorAt(1n)], ['UNKNOWN_SERVER_ERROR', 'NONE'])
})

test('maxBytes bounds an answer, but the first batch always comes', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  for (const value of ['a', 'b', 'c']) await served.write('letters', [value.repeat(1000)])
  const count = async (maxBytes: number) =>
    splitBatches((await served.fetch('letters', 0n, { maxBytes })).records as Buffer).length
  assert.deepEqual([await count(1), await count(2500), await count(1 << 20)], [1, 2, 3])
})

test('a session answers with what is new only', async () => {
  await using served = await ServedBroker.open({ topics: ['letters:2'] })
  const topicId = await served.topicId('letters')
  const partitions = [0, 1].map(partition => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1000 }))
  const waiting = { maxWaitMs: 0, minBytes: 1 }
  const first = await served.ask(fetch, 13, {
    ...waiting,
    sessionEpoch: 0,
    topics: [{ topicId, partitions }],
  })
  assert.equal(first.responses[0]?.partitions.length, 2)
  const { sessionId } = first
  const again = await served.ask(fetch, 13, { ...waiting, sessionId, sessionEpoch: 1, topics: [] })
  assert.deepEqual([again.sessionId, again.responses], [sessionId, []])
  await served.write('letters', ['a'])
  const third = await served.ask(fetch, 13, { ...waiting, sessionId, sessionEpoch: 2, topics: [] })
  assert.deepEqual(
    third.responses[0]?.partitions.map(({ partitionIndex }) => partitionIndex),
    [0],
  )
  const wrong = await served.ask(fetch, 13, { ...waiting, sessionId, sessionEpoch: 9, topics: [] })
  assert.equal(errorNameOf(wrong.errorCode), 'INVALID_FETCH_SESSION_EPOCH')
})

test('a waiting fetch is answered at once when another request waits behind it', async () => {
  await using served = await ServedBroker.open({
    topics: ['letters'],
    set: { 'ottla.fetch.max.wait.ms': -1 },
  })
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  served.client.tell(fetch, 12, {
    maxWaitMs: 2 ** 31 - 1,
    minBytes: 1,
    topics: [{ topic: 'letters', partitions }],
  })
  served.client.tell(heartbeat, 4, { groupId: 'g', generationId: 1, memberId: 'm' })
  assert.ok(await served.client.frame())
  assert.ok(await served.client.frame())
})

test('a fetch that waits sees what is written meanwhile', async () => {
  await using served = await ServedBroker.open({
    topics: ['letters'],
    set: { 'ottla.fetch.max.wait.ms': -1 },
  })
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  const reader = await RawClient.connect(served.port)
  const answer = reader.ask(fetch, 12, {
    maxWaitMs: 2 ** 31 - 1,
    minBytes: 1,
    topics: [{ topic: 'letters', partitions }],
  })
  await served.write('letters', ['a'])
  const { responses } = await answer
  assert.equal(splitBatches(responses[0]?.partitions[0]?.records as Buffer).length, 1)
  reader.destroy()
})

/**
 * Returns the time that a fetch of a topic waits, by a clock that is moved meanwhile, and the batches of its answer.
 */
async function waited(written: readonly string[], wish: { maxWaitMs: number; minBytes: number }) {
  const clock = new ManualClock(Date.now())
  await using served = await ServedBroker.open({ topics: ['letters'], clock })
  if (written.length > 0) await served.write('letters', written)
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  let answer: ResponseOf<typeof fetch> | undefined
  const asking = served
    .ask(fetch, 12, { ...wish, topics: [{ topic: 'letters', partitions }] })
    .then(given => {
      answer = given
    })
  const begun = clock.now()
  while (!answer) {
    await setImmediate()
    clock.advance(10)
  }
  await asking
  const records = answer.responses[0]?.partitions[0]?.records
  return { ms: clock.now() - begun, batches: splitBatches((records ?? Buffer.alloc(0)) as Buffer).length }
}

test('a fetch that asks for any byte is answered after half a second where there is none', async () => {
  const { ms, batches } = await waited([], { maxWaitMs: 2 ** 31 - 1, minBytes: 1 })
  assert.ok(ms >= 500, `after ${ms} ms`)
  assert.equal(batches, 0)
})

test('a fetch that asks for more than any byte waits for it as long as its client says', async () => {
  const { ms, batches } = await waited(['too little'], { maxWaitMs: 5000, minBytes: 10_000 })
  assert.ok(ms >= 5000, `after ${ms} ms`)
  assert.equal(batches, 1)
})

test('followers are refused, and not sent elsewhere: there is one storage', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const topicId = await served.topicId('letters')
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  const { responses, nodeEndpoints } = await served.ask(fetch, 17, {
    replicaState: { replicaId: 1, replicaEpoch: 1n },
    maxWaitMs: 0,
    minBytes: 1,
    topics: [{ topicId, partitions }],
  })
  assert.equal(errorNameOf(responses[0]?.partitions[0]?.errorCode), 'NOT_LEADER_OR_FOLLOWER')
  assert.deepEqual(nodeEndpoints, [])
})

test('a session that names a topic by its id gets an error when the name has another', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const topicId = await served.topicId('letters')
  const ask = async (
    sessionEpoch: number,
    sessionId: number,
    topics: readonly { topicId: string }[] = [],
  ) => {
    const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
    const answer = await served.ask(fetch, 13, {
      maxWaitMs: 0,
      minBytes: 0,
      sessionId,
      sessionEpoch,
      topics: topics.map(topic => ({ ...topic, partitions })),
    })
    return { ...answer, told: errorNameOf(answer.responses[0]?.partitions[0]?.errorCode) }
  }
  const { sessionId } = await ask(0, 0, [{ topicId }])
  await served.ask(deleteTopics, 6, { topics: [{ name: 'letters', topicId: noId }], timeoutMs: 1000 })
  assert.equal((await ask(1, sessionId)).told, 'UNKNOWN_TOPIC_OR_PARTITION')
  await served.create('letters')
  assert.equal((await ask(2, sessionId)).told, 'INCONSISTENT_TOPIC_ID')
})

test('a missing session is answered without a word about partitions', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }]
  const { errorCode, responses } = await served.ask(fetch, 12, {
    maxWaitMs: 0,
    minBytes: 0,
    sessionId: 5,
    sessionEpoch: 1,
    topics: [{ topic: 'letters', partitions }],
  })
  assert.deepEqual([errorNameOf(errorCode), responses], ['FETCH_SESSION_ID_NOT_FOUND', []])
})
