import { codecs } from '../../../src/records/compression/compression.js'
import { produce } from '../../../src/wire/apis/produce.js'
import { batchOf, compressedBatchOf, damaged, keyedBatchOf, sealed, thenMs } from '../batches.js'
import { differences } from '../differences.js'
import { endOf, storedIn, to, toAll, unknown } from '../partition-requests.js'
import { type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const a = batchOf(['a'])

/** A topic with one setting, and one batch for it. */
const withSetting =
  (name: string, value: string, batch: () => Buffer, version = 11) =>
  async (at: Stage) => {
    const topic = await at.topic({ configs: { [name]: value } })
    await at.ask(produce, version, to(topic, batch()))
    await endOf(at, topic)
  }

/** Batches that clients may not write, each with its fault. */
const refused = (sentence: string, batch: () => Buffer | null, versions: readonly number[] = [3, 13]) =>
  versions.map(version =>
    scenario(`${sentence}, in version ${version}`, async at => {
      const topic = await at.topic()
      await at.ask(produce, version, to(topic, batch()))
      await storedIn(at, topic)
    }),
  )

export const produceFamily: Family = {
  name: 'Produce',
  scenarios: [
    ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map(version =>
      scenario(`version ${version} appends a batch and tells its offset`, async at => {
        const topic = await at.topic()
        await at.ask(produce, version, to(topic, batchOf(['a', 'b'])))
        await at.ask(produce, version, to(topic, batchOf(['c'])))
      }),
    ),
    ...Object.entries(codecs).map(([name, codec]) =>
      scenario(`a batch with the codec ${name} is taken in version 7`, async at => {
        const topic = await at.topic()
        await at.ask(produce, 7, to(topic, await compressedBatchOf(codec, ['a', 'b', 'c'])))
        await storedIn(at, topic)
      }),
    ),
    scenario('zstd before version 7 is UNSUPPORTED_COMPRESSION_TYPE', async at => {
      const topic = await at.topic()
      await at.ask(produce, 6, to(topic, await compressedBatchOf(codecs.zstd, ['a'])))
      await endOf(at, topic)
    }),
    scenario(
      'a topic that has its batches compressed by gzip',
      async at => {
        const topic = await at.topic({ configs: { 'compression.type': 'gzip' } })
        await at.ask(produce, 12, to(topic, batchOf(['a', 'b'])))
        await storedIn(at, topic)
      },
      { differs: differences.recompression },
    ),
    scenario('lz4 is taken in version 3', async at => {
      await at.ask(produce, 3, to(await at.topic(), await compressedBatchOf(codecs.lz4, ['a'])))
    }),

    // Where to
    ...[3, 8, 12].map(version =>
      scenario(
        `a topic that does not exist is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`,
        async at => {
          await at.ask(produce, version, to(unknown, a))
        },
      ),
    ),
    scenario('a topic id that does not exist is UNKNOWN_TOPIC_ID', async at => {
      await at.ask(produce, 13, to(unknown, a))
    }),
    scenario('a zero topic id is UNKNOWN_TOPIC_ID', async at => {
      await at.ask(produce, 13, to({ name: '', id: Buffer.alloc(16).toString('base64url') }, a))
    }),
    scenario('an empty topic name is UNKNOWN_TOPIC_OR_PARTITION', async at => {
      await at.ask(produce, 12, to({ name: '', id: unknown.id }, a))
    }),
    scenario('a name that no topic may have is UNKNOWN_TOPIC_OR_PARTITION', async at => {
      await at.ask(produce, 12, to({ name: 'no good name!', id: unknown.id }, a))
    }),
    ...[12, 13].map(version =>
      scenario(`a partition past the last is UNKNOWN_TOPIC_OR_PARTITION in version ${version}`, async at => {
        await at.ask(produce, version, to(await at.topic(), a, { partition: 1 }))
      }),
    ),
    scenario('a negative partition is UNKNOWN_TOPIC_OR_PARTITION', async at => {
      await at.ask(produce, 12, to(await at.topic(), a, { partition: -1 }))
    }),
    scenario('a deleted topic is UNKNOWN_TOPIC_OR_PARTITION by name', async at => {
      const topic = await at.topic()
      await at.deleteTopic(topic)
      await at.ask(produce, 12, to(topic, a))
    }),
    scenario('a deleted topic is UNKNOWN_TOPIC_ID by its id', async at => {
      const topic = await at.topic()
      await at.deleteTopic(topic)
      await at.ask(produce, 13, to(topic, a))
    }),
    scenario(
      'a topic that was deleted and made again has another id: the old one is UNKNOWN_TOPIC_ID',
      async at => {
        const topic = await at.topic()
        await at.deleteTopic(topic)
        const again = await at.topic({ name: topic.name })
        await at.ask(produce, 13, to(topic, a))
        await at.ask(produce, 13, to(again, a))
      },
    ),
    ...[3, 12].map(version =>
      scenario(`an internal topic is INVALID_TOPIC_EXCEPTION in version ${version}`, async at => {
        await at.ask(produce, version, to({ name: '__consumer_offsets', id: unknown.id }, a))
      }),
    ),
    scenario('several partitions are answered each for itself, in the order of the request', async at => {
      const topic = await at.topic({ partitions: 3 })
      await at.ask(
        produce,
        12,
        toAll(topic, [
          [2, a],
          [0, batchOf(['x', 'y'])],
          [1, a],
        ]),
      )
    }),
    scenario('one bad partition does not fail its neighbours', async at => {
      const topic = await at.topic({ partitions: 2 })
      await at.ask(
        produce,
        12,
        toAll(topic, [
          [0, damaged(a)],
          [1, a],
          [5, a],
        ]),
      )
      await endOf(at, topic)
    }),
    scenario('unknown topics among known ones', async at => {
      const topic = await at.topic()
      const [one] = to(topic, a).topicData
      const [none] = to(unknown, a).topicData
      await at.ask(produce, 12, { acks: 1, timeoutMs: 1000, topicData: [none!, one!] })
    }),
    scenario('unknown topic ids among known ones', async at => {
      const topic = await at.topic()
      const [one] = to(topic, a).topicData
      const [none] = to(unknown, a).topicData
      await at.ask(produce, 13, { acks: 1, timeoutMs: 1000, topicData: [one!, none!] })
    }),
    scenario('no topics at all', async at => {
      await at.ask(produce, 12, { acks: 1, timeoutMs: 1000, topicData: [] })
    }),
    scenario('the same partition twice', async at => {
      const topic = await at.topic()
      await at.ask(
        produce,
        12,
        toAll(topic, [
          [0, a],
          [0, batchOf(['b'])],
        ]),
      )
      await storedIn(at, topic)
    }),
    scenario('the same topic twice', async at => {
      const topic = await at.topic({ partitions: 2 })
      const [first] = toAll(topic, [[0, a]]).topicData
      const [second] = toAll(topic, [[1, a]]).topicData
      await at.ask(produce, 12, { acks: 1, timeoutMs: 1000, topicData: [first!, second!] })
    }),
    scenario('a topic without partitions', async at => {
      await at.ask(produce, 12, toAll(await at.topic(), []))
    }),

    // Acks
    ...[2, -2, 32767].map(acks =>
      scenario(`acks=${acks} are INVALID_REQUIRED_ACKS`, async at => {
        const topic = await at.topic()
        await at.ask(produce, 9, to(topic, a, { acks }))
        await endOf(at, topic)
      }),
    ),
    scenario('acks=2 to a topic that does not exist are UNKNOWN_TOPIC_OR_PARTITION first', async at => {
      await at.ask(produce, 9, to(unknown, a, { acks: 2 }))
    }),
    scenario('acks=2 with a damaged batch is INVALID_REQUIRED_ACKS', async at => {
      await at.ask(produce, 9, to(await at.topic(), damaged(a), { acks: 2 }))
    }),
    scenario('acks=1 is answered as acks=-1', async at => {
      await at.ask(produce, 9, to(await at.topic(), a, { acks: 1 }))
    }),
    scenario('acks=0 has no answer, and the batch is there', async at => {
      const topic = await at.topic()
      at.first.tell(produce, 9, to(topic, a, { acks: 0 }))
      await endOf(at, topic)
    }),
    scenario('acks=0 to a topic that does not exist closes the connection', async at => {
      at.first.tell(produce, 9, to(unknown, a, { acks: 0 }))
      await at.first.ends()
    }),
    scenario('acks=0 with a damaged batch closes the connection', async at => {
      at.first.tell(produce, 9, to(await at.topic(), damaged(a), { acks: 0 }))
      await at.first.ends()
    }),
    scenario('a negative timeout is no error', async at => {
      await at.ask(produce, 9, to(await at.topic(), a, { timeoutMs: -1 }))
    }),
    scenario('min.insync.replicas asks for no more replicas than a partition has', async at => {
      const topic = await at.topic({ configs: { 'min.insync.replicas': '2' } })
      await at.ask(produce, 9, to(topic, a))
      await endOf(at, topic)
    }),

    // What is in it
    ...refused('an empty buffer instead of a batch', () => Buffer.alloc(0)),
    ...refused('a few bytes that are no batch', () => Buffer.alloc(10, 1)),
    ...refused('two batches are INVALID_RECORD', () => Buffer.concat([a, a])),
    ...refused('a batch with a wrong checksum is CORRUPT_MESSAGE', () => damaged(a)),
    ...refused('a batch that is cut off', () => a.subarray(0, a.length - 1)),
    ...refused('format v1 is INVALID_RECORD', () => sealed(a, b => b.writeInt8(1, 16))),
    ...refused('format v0 is INVALID_RECORD', () => sealed(a, b => b.writeInt8(0, 16))),
    ...refused('format v3', () => sealed(a, b => b.writeInt8(3, 16)), [12]),
    ...refused('a negative format', () => sealed(a, b => b.writeInt8(-1, 16)), [12]),
    ...refused('a batch length that is too small', () => sealed(a, b => b.writeInt32BE(3, 8)), [12]),
    ...refused('a negative batch length', () => sealed(a, b => b.writeInt32BE(-1, 8)), [12]),
    ...refused('a base offset other than 0 is INVALID_RECORD', () =>
      sealed(a, b => b.writeBigInt64BE(5n, 0)),
    ),
    ...refused('a record count of 0 is INVALID_RECORD', () => sealed(a, b => b.writeInt32BE(0, 57)), [12]),
    ...refused(
      'a negative record count is INVALID_RECORD',
      () => sealed(a, b => b.writeInt32BE(-1, 57)),
      [12],
    ),
    ...refused(
      'a record count above what is there',
      () =>
        sealed(a, b => {
          b.writeInt32BE(2, 57)
          b.writeInt32BE(1, 23)
        }),
      [12],
    ),
    ...refused(
      'a record count other than the last offset delta says is INVALID_RECORD',
      () => sealed(a, b => b.writeInt32BE(4, 23)),
      [12],
    ),
    ...refused('a control batch is INVALID_RECORD', () => sealed(a, b => b.writeInt16BE(0x20, 21))),
    ...refused('a batch that says the broker stamped it', () => sealed(a, b => b.writeInt16BE(0x08, 21))),
    ...refused('a batch with a delete horizon', () => sealed(a, b => b.writeInt16BE(0x40, 21)), [12]),
    ...refused('attributes that mean nothing yet', () => sealed(a, b => b.writeInt16BE(0x80, 21)), [12]),
    ...refused('codec 5', () => sealed(a, b => b.writeInt16BE(5, 21)), [12]),
    ...refused('codec 7', () => sealed(a, b => b.writeInt16BE(7, 21)), [12]),
    scenario('a compressed batch that says the broker stamped it', async at => {
      const topic = await at.topic()
      const gzipped = await compressedBatchOf(codecs.gzip, ['a'], { logAppendTime: true })
      await at.ask(produce, 12, to(topic, gzipped))
      await storedIn(at, topic)
    }),
    ...[1, 2, 3, 4].flatMap(codec => {
      const unreadable = sealed(a, b => b.writeInt16BE(codec, 21))
      return [
        scenario(
          `bytes that codec ${codec} cannot read`,
          async at => {
            const topic = await at.topic()
            await at.ask(produce, 12, to(topic, unreadable))
            await endOf(at, topic)
          },
          { differs: differences.compressedRecords },
        ),
        scenario(
          `bytes that codec ${codec} cannot read, on a compacted topic`,
          withSetting('cleanup.policy', 'compact', () => unreadable),
        ),
      ]
    }),
    scenario(
      'a compressed batch with a greatest time that no record has',
      async at => {
        const topic = await at.topic()
        const gzipped = await compressedBatchOf(codecs.gzip, ['a', 'b'])
        await at.ask(
          produce,
          12,
          to(
            topic,
            sealed(gzipped, b => b.writeBigInt64BE(thenMs + 99n, 35)),
          ),
        )
        await storedIn(at, topic)
      },
      { differs: differences.compressedRecords },
    ),
    ...refused(
      'a transactional batch without a transactional id is TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      () => sealed(a, b => b.writeInt16BE(0x10, 21)),
      [11],
    ),
    ...refused(
      'a producer id without an epoch',
      () => batchOf(['a'], { producerId: 7000n, baseSequence: 0 }),
      [12],
    ),
    ...refused(
      'a producer id without a sequence is INVALID_RECORD',
      () => batchOf(['a'], { producerId: 7000n, producerEpoch: 0 }),
      [12],
    ),
    ...refused('an epoch without a producer id', () => batchOf(['a'], { producerEpoch: 3 }), [12]),
    ...refused('a record whose length runs past the batch', () => sealed(a, b => b.writeInt8(126, 61)), [12]),
    ...refused('a record with a negative length', () => sealed(a, b => b.writeInt8(1, 61)), [12]),
    ...refused(
      'bytes after the last record',
      () => sealed(Buffer.concat([a, Buffer.from('xx')]), b => b.writeInt32BE(b.length - 12, 8)),
      [12],
    ),
    scenario(
      "an offset delta that is not the record's place",
      async at => {
        const topic = await at.topic()
        await at.ask(
          produce,
          12,
          to(
            topic,
            sealed(a, b => b.writeInt8(8, 64)),
          ),
        )
        await storedIn(at, topic)
      },
      { differs: differences.offsetDeltas },
    ),
    scenario(
      'null instead of a batch',
      async at => {
        at.first.patienceMs = 2000
        await at.first.dare(produce, 12, to(await at.topic(), null))
      },
      { differs: differences.nullRecords },
    ),
    ...refused(
      'records in descending order of time',
      () => batchOf(['a', 'b'], {}, [thenMs + 5n, thenMs]),
      [12],
    ),
    ...refused('a negative timestamp', () => batchOf(['a'], {}, [-5n]), [12]),
    ...refused('no timestamp', () => batchOf(['a'], {}, [-1n]), [12]),
    ...refused(
      'a maximum timestamp that no record has',
      () => sealed(a, b => b.writeBigInt64BE(thenMs + 99n, 35)),
      [12],
    ),
    ...refused(
      'a record with a header without a key',
      () => batchOf(['a'], {}, undefined, [{ key: '', value: null }]),
      [12],
    ),
    ...refused(
      'a wrong checksum in a batch of two is CORRUPT_MESSAGE',
      () => damaged(batchOf(['a', 'b'])),
      [12],
    ),
    ...refused(
      'a wrong checksum and a base offset',
      () => damaged(sealed(a, b => b.writeBigInt64BE(5n, 0))),
      [12],
    ),
    ...refused(
      'a wrong checksum and a control batch',
      () => damaged(sealed(a, b => b.writeInt16BE(0x20, 21))),
      [12],
    ),
    ...refused('two batches of which the first is damaged', () => Buffer.concat([damaged(a), a]), [12]),
    ...refused('bytes that are no batch behind a batch', () => Buffer.concat([a, Buffer.alloc(9, 1)]), [12]),

    // What the topic allows
    scenario(
      'a batch as large as max.message.bytes is taken',
      withSetting('max.message.bytes', String(a.length), () => a),
    ),
    scenario(
      'a larger batch is MESSAGE_TOO_LARGE',
      withSetting('max.message.bytes', String(a.length - 1), () => a),
    ),
    scenario(
      "max.message.bytes of the topic decides, above the broker's",
      withSetting('max.message.bytes', '2000000', () => batchOf(['x'.repeat(1_500_000)])),
    ),
    scenario('above message.max.bytes of the broker is MESSAGE_TOO_LARGE', async at => {
      const topic = await at.topic()
      await at.ask(produce, 12, to(topic, batchOf(['x'.repeat(1_100_000)])))
      await endOf(at, topic)
    }),
    scenario('a batch larger than a segment is RECORD_LIST_TOO_LARGE', async at => {
      const topic = await at.topic({
        configs: { 'max.message.bytes': '3000000', 'segment.bytes': '1048576' },
      })
      await at.ask(produce, 12, to(topic, batchOf(['x'.repeat(1_500_000)])))
    }),
    scenario(
      'too large and damaged',
      withSetting('max.message.bytes', '10', () => damaged(a)),
    ),
    scenario(
      'too large and of the future',
      withSetting('max.message.bytes', '10', () => batchOf(['a'], {}, [BigInt(Date.now()) + 86_400_000n])),
    ),
    scenario(
      'too large and a control batch',
      withSetting('max.message.bytes', '10', () => sealed(a, b => b.writeInt16BE(0x20, 21))),
    ),
    ...[7, 8, 12].map(version =>
      scenario(`a timestamp far ahead of the clock is INVALID_TIMESTAMP in version ${version}`, async at => {
        const topic = await at.topic()
        const ahead = BigInt(Date.now()) + 2n * 3_600_000n
        await at.ask(produce, version, to(topic, batchOf(['a', 'b', 'c'], {}, [ahead, thenMs, ahead])))
        await endOf(at, topic)
      }),
    ),
    scenario('a compressed batch with a timestamp far ahead is INVALID_TIMESTAMP', async at => {
      const topic = await at.topic()
      const ahead = BigInt(Date.now()) + 2n * 3_600_000n
      await at.ask(
        produce,
        12,
        to(topic, await compressedBatchOf(codecs.gzip, ['a', 'b'], {}, [thenMs, ahead])),
      )
    }),
    scenario(
      'a timestamp older than message.timestamp.before.max.ms is INVALID_TIMESTAMP',
      withSetting('message.timestamp.before.max.ms', '1000', () => a),
    ),
    scenario(
      'a timestamp ahead within message.timestamp.after.max.ms is taken',
      withSetting('message.timestamp.after.max.ms', String(86_400_000), () =>
        batchOf(['a'], {}, [BigInt(Date.now()) + 3_600_000n * 3n]),
      ),
    ),
    scenario(
      'LogAppendTime tells the time of the append',
      withSetting('message.timestamp.type', 'LogAppendTime', () => a),
    ),
    scenario(
      'LogAppendTime takes timestamps far ahead',
      withSetting('message.timestamp.type', 'LogAppendTime', () =>
        batchOf(['a'], {}, [BigInt(Date.now()) + 86_400_000n]),
      ),
    ),
    scenario(
      'LogAppendTime takes a batch that says it was stamped',
      withSetting('message.timestamp.type', 'LogAppendTime', () => sealed(a, b => b.writeInt16BE(0x08, 21))),
    ),
    ...[7, 8, 12].map(version =>
      scenario(
        `a record without a key on a compacted topic is INVALID_RECORD in version ${version}`,
        withSetting('cleanup.policy', 'compact', () => a, version),
      ),
    ),
    scenario(
      'every record without a key on a compacted topic is named by its place',
      withSetting('cleanup.policy', 'compact', () =>
        keyedBatchOf([
          ['k', 'a'],
          [null, 'b'],
          ['l', 'c'],
          [null, 'd'],
        ]),
      ),
    ),
    scenario(
      'keys on a compacted topic are taken',
      withSetting('cleanup.policy', 'compact', () =>
        keyedBatchOf([
          ['k', 'a'],
          ['l', null],
        ]),
      ),
    ),
    scenario(
      'no key where compaction is one of two policies is INVALID_RECORD',
      withSetting('cleanup.policy', 'compact,delete', () => a),
    ),
    scenario(
      'no key, and of the future, on a compacted topic',
      withSetting('cleanup.policy', 'compact', () =>
        batchOf(['a'], {}, [BigInt(Date.now()) + 2n * 3_600_000n]),
      ),
    ),
    scenario('no key on a compacted topic in a compressed batch is INVALID_RECORD', async at => {
      const topic = await at.topic({ configs: { 'cleanup.policy': 'compact' } })
      await at.ask(produce, 12, to(topic, await compressedBatchOf(codecs.gzip, ['a', 'b'])))
    }),
  ],
}
