import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecs } from '../../src/records/compression/compression.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { deleteRecords } from '../../src/wire/apis/delete-records.js'
import { describeProducers } from '../../src/wire/apis/describe-producers.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { offsetForLeaderEpoch } from '../../src/wire/apis/offset-for-leader-epoch.js'
import { errorNameOf } from '../support/error-name.js'
import { temporaryFolder } from '../support/folder.js'
import { record } from '../support/log-world.js'
import { ServedBroker } from '../support/served-broker.js'

const [latest, earliest, greatest, earliestLocal, latestTiered, earliestPending] = [
  -1n,
  -2n,
  -3n,
  -4n,
  -5n,
  -6n,
]

/** A topic whose records have the times 100, 300, 200 and 400, the last two in a compressed batch. */
async function timed() {
  const served = await ServedBroker.open({ topics: ['letters'] })
  await served.produce('letters', await buildBatch({ records: [record('a', 100), record('b', 300)] }))
  const records = [record('c', 200), record('d', 400)]
  await served.produce('letters', await buildBatch({ records, codec: codecs.gzip }))
  const list = async (timestamp: bigint, { version = 11, name = 'letters', partitionIndex = 0 } = {}) => {
    const partitions = [{ partitionIndex, timestamp }]
    const { topics } = await served.ask(listOffsets, version, {
      replicaId: -1,
      topics: [{ name, partitions }],
    })
    const answer = topics[0]?.partitions[0]
    if (!answer) throw new Error('nothing was answered about the partition')
    return answer
  }
  return { served, list, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('ListOffsets finds the end, the beginning and the greatest timestamp', async () => {
  await using world = await timed()
  const offset = async (timestamp: bigint) => {
    const answer = await world.list(timestamp)
    return [answer.offset, answer.timestamp]
  }
  assert.deepEqual(await offset(latest), [4n, -1n])
  assert.deepEqual(await offset(earliest), [0n, -1n])
  assert.deepEqual(await offset(earliestLocal), [0n, -1n])
  assert.deepEqual(await offset(greatest), [3n, 400n])
  assert.deepEqual(await offset(latestTiered), [-1n, -1n])
  assert.deepEqual(await offset(earliestPending), [-1n, -1n])
})

test('ListOffsets finds the first record at or after a time, also inside a compressed batch', async () => {
  await using world = await timed()
  for (const [time, offset] of [
    [0n, 0n],
    [100n, 0n],
    [101n, 1n],
    [300n, 1n],
    [301n, 3n],
    [400n, 3n],
    [401n, -1n],
  ] as const) {
    assert.equal((await world.list(time)).offset, offset, `at ${time}`)
  }
})

test('the beginning of a partition without records is in the epoch of its leader', async () => {
  await using world = await timed()
  const told = async () => {
    const { offset, leaderEpoch } = await world.list(earliest, { name: 'empty' })
    return { offset, leaderEpoch }
  }
  await world.served.create('empty')
  assert.deepEqual(await told(), { offset: 0n, leaderEpoch: 0 })
  await world.served.write('empty', ['a'])
  assert.deepEqual(await told(), { offset: 0n, leaderEpoch: 0 })
})

test('ListOffsets knows each special timestamp from its version on', async () => {
  await using world = await timed()
  const at = async (timestamp: bigint, version: number) =>
    errorNameOf((await world.list(timestamp, { version })).errorCode)
  for (const [timestamp, since] of [
    [greatest, 7],
    [earliestLocal, 8],
    [latestTiered, 9],
    [earliestPending, 11],
  ] as const) {
    assert.equal(await at(timestamp, since), 'NONE', `${timestamp}`)
    assert.equal(await at(timestamp, since - 1), 'UNSUPPORTED_VERSION', `${timestamp}`)
  }
})

test('ListOffsets of an unknown topic or partition is UNKNOWN_TOPIC_OR_PARTITION', async () => {
  await using world = await timed()
  const unknown = 'UNKNOWN_TOPIC_OR_PARTITION'
  assert.equal(errorNameOf((await world.list(latest, { name: 'numbers' })).errorCode), unknown)
  assert.equal(errorNameOf((await world.list(latest, { partitionIndex: 1 })).errorCode), unknown)
})

test('a partition that is asked for twice in one ListOffsets is INVALID_REQUEST', async () => {
  await using world = await timed()
  const partitions = [latest, earliest].map(timestamp => ({ partitionIndex: 0, timestamp }))
  const { topics } = await world.served.ask(listOffsets, 7, {
    replicaId: -1,
    topics: [{ name: 'letters', partitions }],
  })
  assert.deepEqual(
    new Set(topics[0]?.partitions.map(({ errorCode }) => errorNameOf(errorCode))),
    new Set(['INVALID_REQUEST']),
  )
})

test("ListOffsets tells the leader's epoch at the beginning of an empty partition", async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const { topics } = await served.ask(listOffsets, 9, {
    replicaId: -1,
    topics: [{ name: 'letters', partitions: [{ partitionIndex: 0, timestamp: earliest }] }],
  })
  assert.equal(topics[0]?.partitions[0]?.leaderEpoch, 0)
})

test('ListOffsets tells the greatest timestamp although its record was deleted, while its segment is there', async () => {
  await using world = await timed()
  const partitions = [{ partitionIndex: 0, offset: -1n }]
  await world.served.ask(deleteRecords, 2, { topics: [{ name: 'letters', partitions }], timeoutMs: 1000 })
  assert.equal((await world.list(greatest)).offset, 3n)
  assert.equal((await world.list(400n)).offset, -1n)
})

test('an isolation level that does not exist is UNKNOWN_SERVER_ERROR', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const { topics } = await served.ask(listOffsets, 9, {
    replicaId: -1,
    isolationLevel: 2,
    topics: [{ name: 'letters', partitions: [{ partitionIndex: 0, timestamp: latest }] }],
  })
  assert.equal(errorNameOf(topics[0]?.partitions[0]?.errorCode), 'UNKNOWN_SERVER_ERROR')
})

test('DeleteRecords moves the beginning, which Fetch and ListOffsets then tell', async () => {
  await using world = await timed()
  const remove = async (offset: bigint, name = 'letters') => {
    const partitions = [{ partitionIndex: 0, offset }]
    const { topics } = await world.served.ask(deleteRecords, 2, {
      topics: [{ name, partitions }],
      timeoutMs: 1000,
    })
    const { lowWatermark, errorCode } = topics[0]?.partitions[0] ?? {}
    return [lowWatermark, errorNameOf(errorCode)]
  }
  assert.deepEqual(await remove(3n), [3n, 'NONE'])
  assert.equal((await world.list(earliest)).offset, 3n)
  assert.equal(errorNameOf((await world.served.fetch('letters', 0n)).errorCode), 'OFFSET_OUT_OF_RANGE')
  assert.deepEqual(await remove(9n), [-1n, 'OFFSET_OUT_OF_RANGE'])
  assert.deepEqual(await remove(-1n), [4n, 'NONE'])
  assert.deepEqual(await remove(0n, 'numbers'), [-1n, 'UNKNOWN_TOPIC_OR_PARTITION'])
})

test('InitProducerId never gives the same id twice', async () => {
  await using served = await ServedBroker.open()
  const ids = new Set<bigint>()
  for (let i = 0; i < 2100; i++) {
    const answer = await served.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
    assert.deepEqual([answer.errorCode, answer.producerEpoch], [0, 0])
    ids.add(answer.producerId)
  }
  assert.equal(ids.size, 2100)
})

test('a retry of an idempotent producer gets the first offset, a gap OUT_OF_ORDER_SEQUENCE_NUMBER', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const { producerId } = await served.ask(initProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 1000,
  })
  const send = async (baseSequence: number, producerEpoch = 0) => {
    const { errorCode, baseOffset } = await served.write('letters', ['a', 'b'], {
      producerId,
      producerEpoch,
      baseSequence,
    })
    return [errorNameOf(errorCode), baseOffset]
  }
  assert.deepEqual(await send(0), ['NONE', 0n])
  assert.deepEqual(await send(2), ['NONE', 2n])
  assert.deepEqual(await send(0), ['NONE', 0n])
  assert.deepEqual(await send(6), ['OUT_OF_ORDER_SEQUENCE_NUMBER', -1n])
  assert.deepEqual(await send(0, 1), ['NONE', 4n])
  assert.deepEqual(await send(4, 0), ['INVALID_PRODUCER_EPOCH', -1n])
  const { topics } = await served.ask(describeProducers, 0, {
    topics: [{ name: 'letters', partitionIndexes: [0, 5] }],
  })
  const [known, unknown] = topics[0]?.partitions ?? []
  assert.deepEqual(
    known?.activeProducers.map(each => [each.producerId, each.producerEpoch, each.lastSequence]),
    [[producerId, 1, 1]],
  )
  assert.equal(errorNameOf(unknown?.errorCode), 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('DescribeProducers says in words that a topic is not there, or could not be', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const complaint = async (name: string) => {
    const { topics } = await served.ask(describeProducers, 0, { topics: [{ name, partitionIndexes: [0] }] })
    const { errorCode, errorMessage = null } = topics[0]?.partitions[0] ?? {}
    return [errorNameOf(errorCode), errorMessage !== null]
  }
  assert.deepEqual(await complaint('elsewhere'), ['UNKNOWN_TOPIC_OR_PARTITION', true])
  assert.deepEqual(await complaint('a b'), ['INVALID_TOPIC_EXCEPTION', true])
})

test('OffsetForLeaderEpoch tells where an epoch ended, and nothing of epochs to come', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a', 'b'])
  const end = async (leaderEpoch: number, currentLeaderEpoch = -1, partition = 0) => {
    const partitions = [{ partition, currentLeaderEpoch, leaderEpoch }]
    const { topics } = await served.ask(offsetForLeaderEpoch, 4, {
      replicaId: -1,
      topics: [{ topic: 'letters', partitions }],
    })
    const answer = topics[0]?.partitions[0]
    return [errorNameOf(answer?.errorCode), answer?.leaderEpoch, answer?.endOffset]
  }
  assert.deepEqual(await end(0), ['NONE', 0, 2n])
  assert.deepEqual(await end(7), ['NONE', -1, -1n])
  assert.deepEqual(await end(0, 7), ['UNKNOWN_LEADER_EPOCH', -1, -1n])
  assert.deepEqual(await end(0, -1, 3), ['UNKNOWN_TOPIC_OR_PARTITION', -1, -1n])
})

test('OffsetForLeaderEpoch of an epoch before the first tells where the first begins', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  await served.write('letters', ['a'])
  const partitions = [{ partition: 0, leaderEpoch: -2 }]
  const { topics } = await served.ask(offsetForLeaderEpoch, 4, { topics: [{ topic: 'letters', partitions }] })
  const { leaderEpoch, endOffset } = topics[0]?.partitions[0] ?? {}
  assert.deepEqual([leaderEpoch, endOffset], [-2, 0n])
})

test('OffsetForLeaderEpoch of an epoch before the first tells where an empty partition ends', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const partitions = [{ partition: 0, leaderEpoch: -2 }]
  const { topics } = await served.ask(offsetForLeaderEpoch, 4, { topics: [{ topic: 'letters', partitions }] })
  const { leaderEpoch, endOffset } = topics[0]?.partitions[0] ?? {}
  assert.deepEqual([leaderEpoch, endOffset], [-2, 0n])
})

/**
 * Four topics of a broker that has started four times, each time in the next epoch: `written` in epochs 0 and 2, `empty`,
 * `cut` like the first until it begins in epoch 2, and `gone`, whose records were deleted before the last start.
 */
async function inFourthEpoch(folder: string) {
  const topics = ['written', 'empty', 'cut', 'gone']
  const open = () => ServedBroker.open({ dataDir: folder, topics })
  const cut = (served: ServedBroker, name: string, offset: bigint) =>
    served.ask(deleteRecords, 2, {
      topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
      timeoutMs: 1000,
    })
  {
    await using served = await open()
    for (const topic of ['written', 'cut', 'gone']) await served.write(topic, ['a', 'b', 'c'])
  }
  await (await open())[Symbol.asyncDispose]()
  {
    await using served = await open()
    for (const topic of ['written', 'cut']) await served.write(topic, ['d', 'e', 'f'])
    await cut(served, 'cut', 4n)
    await cut(served, 'gone', 3n)
  }
  return open()
}

test('epochs end as in Kafka: also those without records, and those that ended before the log begins', async t => {
  await using served = await inFourthEpoch(await temporaryFolder(t))
  const ends = async (topic: string) => {
    const told = []
    for (const leaderEpoch of [0, 1, 2, 3, 4]) {
      const partitions = [{ partition: 0, leaderEpoch }]
      const { topics } = await served.ask(offsetForLeaderEpoch, 4, { topics: [{ topic, partitions }] })
      const { leaderEpoch: found, endOffset } = topics[0]?.partitions[0] ?? {}
      told.push(`${found} ends at ${endOffset}`)
    }
    return told
  }
  // What Apache Kafka 4.3.1 says, where each start begins two epochs.
  assert.deepEqual(await ends('written'), [
    '0 ends at 3',
    '0 ends at 3',
    '2 ends at 6',
    '3 ends at 6',
    '-1 ends at -1',
  ])
  assert.deepEqual(await ends('empty'), [
    '0 ends at 0',
    '1 ends at 0',
    '2 ends at 0',
    '3 ends at 0',
    '-1 ends at -1',
  ])
  assert.deepEqual(await ends('cut'), [
    '0 ends at 4',
    '1 ends at 4',
    '2 ends at 6',
    '3 ends at 6',
    '-1 ends at -1',
  ])
  assert.deepEqual(await ends('gone'), [
    '0 ends at 3',
    '1 ends at 3',
    '2 ends at 3',
    '3 ends at 3',
    '-1 ends at -1',
  ])
})

test('a reader that got up to the beginning of the log has not diverged from it, in whatever epoch it read', async t => {
  await using served = await inFourthEpoch(await temporaryFolder(t))
  const diverging = async (fetchOffset: bigint, lastFetchedEpoch: number) => {
    const partitions = [{ partition: 0, fetchOffset, lastFetchedEpoch, partitionMaxBytes: 1000 }]
    const { responses } = await served.ask(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      sessionEpoch: -1,
      topics: [{ topic: 'cut', partitions }],
    })
    const { errorCode, divergingEpoch, records } = responses[0]?.partitions[0] ?? {}
    if (divergingEpoch?.epoch !== -1) return `at ${divergingEpoch?.endOffset} of ${divergingEpoch?.epoch}`
    return errorCode === 0
      ? `${(records as Buffer).length > 0 ? 'records' : 'nothing'}`
      : errorNameOf(errorCode)
  }
  assert.equal(await diverging(4n, 0), 'records')
  assert.equal(await diverging(4n, 2), 'records')
  assert.equal(await diverging(5n, 1), 'at 4 of 1')
  assert.equal(await diverging(6n, 3), 'nothing')
  assert.equal(await diverging(3n, 0), 'OFFSET_OUT_OF_RANGE')
})

test('DeleteRecords answers a partition once, and leaves out topics without partitions', async () => {
  await using world = await timed()
  const partitions = [1n, 2n].map(offset => ({ partitionIndex: 0, offset }))
  const { topics } = await world.served.ask(deleteRecords, 2, {
    topics: [
      { name: 'letters', partitions },
      { name: 'others', partitions: [] },
    ],
    timeoutMs: 1000,
  })
  assert.deepEqual(
    topics.map(({ name, partitions }) => [name, partitions.map(({ lowWatermark }) => lowWatermark)]),
    [['letters', [2n]]],
  )
})
