import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codecs } from '../../src/records/compression/compression.js'
import { crc32c } from '../../src/records/crc32c.js'
import {
  buildBatch,
  buildPlainBatch,
  isLogAppendTime,
  maxTimestamp,
  stampOffset,
} from '../../src/records/record-batch.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorNameOf } from '../support/error-name.js'
import { record } from '../support/log-world.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

const one = () => buildPlainBatch({ records: [record('one', Date.now())] })

for (const version of [3, 8, 9, 12, 13]) {
  test(`version ${version} appends and tells the offset`, async () => {
    await using served = await ServedBroker.open({ topics: ['letters'] })
    await served.produce('letters', one(), { version })
    const { errorCode, baseOffset, logAppendTimeMs, logStartOffset } = await served.produce(
      'letters',
      one(),
      {
        version,
      },
    )
    assert.deepEqual([errorCode, baseOffset, logAppendTimeMs], [0, 1n, -1n])
    assert.equal(logStartOffset, version >= 5 ? 0n : -1n)
  })
}

test('what is wrong with a batch is found in the order in which Kafka looks', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const changed = (change: (batch: Buffer) => void) => {
    const batch = one()
    change(batch)
    return batch
  }
  const cases: readonly (readonly [string, Buffer | null, string])[] = [
    ['no records', null, 'INVALID_RECORD'],
    ['an empty batch', Buffer.alloc(0), 'INVALID_RECORD'],
    ['two batches', Buffer.concat([one(), one()]), 'INVALID_RECORD'],
    ['format 1', changed(batch => batch.writeInt8(1, 16)), 'INVALID_RECORD'],
    ['format 9', changed(batch => batch.writeInt8(9, 16)), 'CORRUPT_MESSAGE'],
    ['a wrong checksum', changed(batch => batch.writeUInt32BE(1, 17)), 'CORRUPT_MESSAGE'],
    ['a base offset', changed(batch => stampOffset(batch, 5n, 0)), 'INVALID_RECORD'],
    ['a length that lies', changed(batch => batch.writeInt32BE(3, 8)), 'CORRUPT_MESSAGE'],
    ['a control batch', buildPlainBatch({ records: [record('x')], control: true }), 'INVALID_RECORD'],
    [
      'a producer id without a sequence',
      buildPlainBatch({ records: [record('x')], producerId: 1n }),
      'INVALID_RECORD',
    ],
    ['no record in it', buildPlainBatch({ records: [] }), 'INVALID_RECORD'],
  ]
  for (const [what, records, error] of cases) {
    assert.equal(errorNameOf((await served.produce('letters', records)).errorCode), error, what)
  }
  assert.deepEqual(await served.values('letters'), [])
})

test('an unknown topic is UNKNOWN_TOPIC_OR_PARTITION by name and UNKNOWN_TOPIC_ID by id', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  assert.equal(errorNameOf((await served.produce('numbers', one())).errorCode), 'UNKNOWN_TOPIC_OR_PARTITION')
  const partitionData = [{ index: 0, records: one() }]
  const { responses } = await served.ask(produce, 13, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ topicId: 'BBBBBBBBBBBBBBBBBBBBBQ', partitionData }],
  })
  assert.equal(errorNameOf(responses[0]?.partitionResponses[0]?.errorCode ?? 0), 'UNKNOWN_TOPIC_ID')
  assert.equal(
    errorNameOf((await served.produce('letters', one(), { index: 7 })).errorCode),
    'UNKNOWN_TOPIC_OR_PARTITION',
  )
})

test('a torn batch fails its neighbours, too, as Kafka looks through all of them first', async () => {
  await using served = await ServedBroker.open({ topics: ['letters:2'] })
  const torn = one()
  torn.writeInt32BE(3, 8)
  const { responses } = await served.ask(produce, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      { name: 'letters', partitionData: [torn, one()].map((records, index) => ({ index, records })) },
    ],
  })
  assert.deepEqual(
    responses[0]?.partitionResponses.map(({ errorCode }) => errorNameOf(errorCode)),
    ['CORRUPT_MESSAGE', 'CORRUPT_MESSAGE'],
  )
})

test('a partition named twice gets the later batch', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const [a, b] = ['a', 'b'].map(value => buildPlainBatch({ records: [record(value, Date.now())] }))
  const { responses } = await served.ask(produce, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name: 'letters', partitionData: [a!, b!].map(records => ({ index: 0, records })) }],
  })
  assert.equal(responses[0]?.partitionResponses.length, 1)
  assert.deepEqual(await served.values('letters'), ['b'])
})

/** A batch that says that a codec wrote its records, which none did. */
function unreadable(codec: number): Buffer {
  const records = one()
  records.writeInt16BE(codec, 21)
  records.writeUInt32BE(crc32c(records.subarray(21)), 17)
  return records
}

for (const codec of [1, 2, 3, 4]) {
  test(`bytes that codec ${codec} cannot read are not stored where they must be read`, async () => {
    await using served = await ServedBroker.open()
    const read = {
      compacted: { 'cleanup.policy': 'compact' },
      fresh: { 'message.timestamp.before.max.ms': '9999999999999' },
    }
    for (const [name, configs] of Object.entries(read)) {
      await served.create(name, configs)
      assert.equal(
        errorNameOf((await served.produce(name, unreadable(codec))).errorCode),
        'UNKNOWN_SERVER_ERROR',
      )
      assert.deepEqual(await served.values(name), [])
    }
  })
}

for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`what a batch of ${codec} may be inflated to is ottla.inflated.batch.max.bytes, where it has to be inflated`, async () => {
    await using served = await ServedBroker.open({
      topics: ['letters'],
      set: { 'ottla.inflated.batch.max.bytes': 10_000 },
    })
    await served.create('compacted', { 'cleanup.policy': 'compact' })
    const of = (bytes: number) =>
      buildBatch({ records: [record('x'.repeat(bytes), Date.now(), 'key')], codec: codecs[codec] })
    assert.equal(errorNameOf((await served.produce('compacted', await of(9900))).errorCode), 'NONE')
    assert.equal(
      errorNameOf((await served.produce('compacted', await of(10_000))).errorCode),
      'MESSAGE_TOO_LARGE',
    )
    assert.equal(errorNameOf((await served.produce('letters', await of(10_000))).errorCode), 'NONE')
  })
}

test('compressed batches are not opened where the header can tell that all is well', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  assert.equal(errorNameOf((await served.produce('letters', unreadable(codecs.gzip))).errorCode), 'NONE')
})

test('the time of an append that a client claims is forgotten, and the greatest time set right', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const records = buildPlainBatch({ records: [record('a', 5000)], logAppendTime: true })
  records.writeBigInt64BE(7000n, 35)
  records.writeUInt32BE(crc32c(records.subarray(21)), 17)
  assert.equal(errorNameOf((await served.produce('letters', records)).errorCode), 'NONE')
  const stored = (await served.fetch('letters', 0n)).records as Buffer
  assert.equal(isLogAppendTime(stored), false)
  assert.equal(maxTimestamp(stored), 7000n)
})

test('records with timestamps out of range are named', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const records = [record('a', 5000), record('b', Date.now() + 7_200_000)]
  const refused = await served.produce('letters', await buildBatch({ records, codec: codecs.gzip }))
  assert.equal(errorNameOf(refused.errorCode), 'INVALID_TIMESTAMP')
  assert.deepEqual(
    refused.recordErrors?.map(({ batchIndex }) => batchIndex),
    [1],
  )
})

test('one bad partition fails alone', async () => {
  await using served = await ServedBroker.open({ topics: ['letters:2'] })
  const { responses } = await served.ask(produce, 9, {
    acks: 1,
    timeoutMs: 1000,
    topicData: [
      {
        name: 'letters',
        partitionData: [
          { index: 0, records: null },
          { index: 1, records: one() },
        ],
      },
    ],
  })
  assert.deepEqual(
    responses[0]?.partitionResponses.map(({ errorCode }) => errorNameOf(errorCode)),
    ['INVALID_RECORD', 'NONE'],
  )
})

test('acks other than -1, 0 and 1 are INVALID_REQUIRED_ACKS', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const { errorCode, baseOffset } = await served.produce('letters', one(), { acks: 2 })
  assert.deepEqual([errorNameOf(errorCode), baseOffset], ['INVALID_REQUIRED_ACKS', -1n])
})

test('acks=-1 needs as many replicas in sync as min.insync.replicas', async () => {
  await using served = await ServedBroker.open({ brokers: 2 })
  await served.create('letters', { 'min.insync.replicas': '2' }, { replicationFactor: 2 })
  await served.broker.stopNode(1)
  assert.equal(errorNameOf((await served.produce('letters', one())).errorCode), 'NOT_ENOUGH_REPLICAS')
  assert.equal(errorNameOf((await served.produce('letters', one(), { acks: 1 })).errorCode), 'NONE')
})

test('min.insync.replicas asks for no more replicas than a partition has', async () => {
  await using served = await ServedBroker.open()
  await served.create('letters', { 'min.insync.replicas': '2' })
  assert.equal(errorNameOf((await served.produce('letters', one())).errorCode), 'NONE')
})

test('acks=0 gets no reply, and on failure the connection is closed', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const send = (client: RawClient, records: Buffer | null) =>
    client.tell(produce, 9, {
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ name: 'letters', partitionData: [{ index: 0, records }] }],
    })
  send(served.client, one())
  assert.deepEqual(await served.values('letters'), ['one'])
  const other = await RawClient.connect(served.port)
  send(other, null)
  assert.equal(await other.end(), 0)
})

test("max.message.bytes of the topic decides MESSAGE_TOO_LARGE, not the broker's", async () => {
  await using served = await ServedBroker.open({ set: { 'message.max.bytes': 100 } })
  await served.create('large', { 'max.message.bytes': '1000' })
  await served.create('small')
  const batch = () => buildPlainBatch({ records: [record('x'.repeat(500), Date.now())] })
  assert.equal(errorNameOf((await served.produce('large', batch())).errorCode), 'NONE')
  assert.equal(errorNameOf((await served.produce('small', batch())).errorCode), 'MESSAGE_TOO_LARGE')
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`a record without a key on a compacted topic is INVALID_RECORD and named, with codec ${codec}`, async () => {
    await using served = await ServedBroker.open()
    await served.create('letters', { 'cleanup.policy': 'compact' })
    const records = [record('a', Date.now(), 'key'), record('b', Date.now()), record('c', Date.now(), 'key')]
    const refused = await served.produce('letters', await buildBatch({ records, codec: codecs[codec] }))
    assert.equal(errorNameOf(refused.errorCode), 'INVALID_RECORD')
    assert.deepEqual(
      refused.recordErrors?.map(({ batchIndex }) => batchIndex),
      [1],
    )
    const keyed = records.filter(({ key }) => key !== null)
    const taken = await served.produce('letters', await buildBatch({ records: keyed, codec: codecs[codec] }))
    assert.equal(errorNameOf(taken.errorCode), 'NONE')
  })
}

test('zstd is refused before version 7', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const batch = await buildBatch({ records: [record('a', Date.now())], codec: codecs.zstd })
  const { errorCode } = await served.produce('letters', batch, { version: 6 })
  assert.equal(errorNameOf(errorCode), 'UNSUPPORTED_COMPRESSION_TYPE')
})

test('internal topics are not written by clients', async () => {
  await using served = await ServedBroker.open({ topics: ['letters'] })
  const { findCoordinator } = await import('../../src/wire/apis/find-coordinator.js')
  await served.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['group'] })
  const { errorCode } = await served.produce('__consumer_offsets', one())
  assert.equal(errorNameOf(errorCode), 'INVALID_TOPIC_EXCEPTION')
})

test('a node that does not lead the partition says so, and who does', async () => {
  await using served = await ServedBroker.open({ brokers: 2, topics: ['letters:2'] })
  const answers = await Promise.all(
    [0, 1].map(index => served.produce('letters', one(), { version: 12, index })),
  )
  const refused = answers.find(({ errorCode }) => errorCode !== 0)
  assert.equal(errorNameOf(refused?.errorCode ?? 0), 'NOT_LEADER_OR_FOLLOWER')
  assert.equal(refused?.currentLeader?.leaderId, 1)
  assert.equal(answers.filter(({ errorCode }) => errorCode === 0).length, 1)
})
