import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AppendResult, LogEngine } from '../../src/engine/log-engine.js'
import { codecs } from '../../src/records/compression/compression.js'
import {
  buildBatch,
  isLogAppendTime,
  lastOffset,
  maxTimestamp,
  splitBatches,
  verifyCrc,
} from '../../src/records/record-batch.js'
import { KafkaError } from '../../src/wire/errors.js'
import { type LogWorld, record } from '../support/log-world.js'

export type WorldOptions = Omit<Parameters<typeof LogWorld.open>[0], 'files'>

const read = { isolation: 'read_uncommitted', maxBytes: 1 << 20 } as const
const errorName = ([answer]: readonly unknown[]) => answer instanceof KafkaError && answer.errorName
const errorOf = (result: AppendResult | undefined) =>
  result?.kind === 'rejected' ? result.error : result?.kind
const idempotent = (baseSequence: number, count = 1, producerEpoch = 0) => ({
  records: Array.from({ length: count }, (_, i) => record(`${baseSequence + i}`)),
  producerId: 7n,
  producerEpoch,
  baseSequence,
})

/**
 * The promises of every engine (`src/engine/log-engine.ts`), one sentence a test; `open` makes an empty one of its kind.
 */
export function conformance(name: string, open: (options: WorldOptions) => Promise<LogWorld>): void {
  describe(name, () => {
    test('a partition that was never written is empty, and begins and ends at 0', async () => {
      const { log, engine, target } = await world()
      assert.deepEqual(await log.bounds(), { logStartOffset: 0n, highWatermark: 0n, lastStableOffset: 0n })
      const [result] = await engine.read([{ target, offset: 0n, maxBytes: 100 }], read)
      assert.equal(result?.kind === 'read' && result.bytes, 0)
      assert.equal(await log.offsetForTime(0n), null)
      assert.equal(await log.epochEnd(3), null)
      assert.deepEqual((await engine.describe())[0]?.replicas, [])
    })

    test('batches get consecutive offsets, each partition its own', async () => {
      const { log } = await world()
      assert.equal(await log.write(['a', 'b', 'c']), 0n)
      assert.equal(await log.write(['d', 'e']), 3n)
      assert.equal(await log.write(['other'], 1), 0n)
      assert.equal((await log.bounds()).highWatermark, 5n)
      assert.deepEqual(await log.values(), ['a', 'b', 'c', 'd', 'e'])
      assert.deepEqual(await log.values(0n, 1), ['other'])
    })

    test('a read begins with the batch that holds the offset', async () => {
      const { log, engine, target } = await world()
      await log.write(['a', 'b', 'c'])
      await log.write(['d'])
      for (const [offset, batches] of [
        [0n, 2],
        [2n, 2],
        [3n, 1],
        [4n, 0],
      ] as const) {
        const [result] = await engine.read([{ target, offset, maxBytes: 1 << 20 }], read)
        assert.ok(result?.kind === 'read')
        assert.equal(result.batches.flatMap(splitBatches).length, batches, `at ${offset}`)
      }
    })

    test('a read outside of the log is OFFSET_OUT_OF_RANGE and says where the log is', async () => {
      const { log, engine, target } = await world()
      await log.write(['a'])
      for (const offset of [-1n, 2n]) {
        const [result] = await engine.read([{ target, offset, maxBytes: 100 }], read)
        assert.ok(result?.kind === 'failed' && result.error === 'OFFSET_OUT_OF_RANGE')
        assert.equal(result.highWatermark, 1n)
      }
    })

    test('the first batch is given however large, the next ones within the bound', async () => {
      const { log, engine, target } = await world()
      for (const value of ['one', 'two', 'three']) await log.write([value.repeat(30)])
      const batches = async (maxBytes: number, inAll = 1 << 20) => {
        const [result] = await engine.read([{ target, offset: 0n, maxBytes }], { ...read, maxBytes: inAll })
        return result?.kind === 'read' ? result.batches.flatMap(splitBatches).length : -1
      }
      assert.equal(await batches(1), 1)
      assert.equal(await batches(1 << 20, 1), 1)
      assert.equal(await batches(400), 2)
      assert.equal(await batches(1 << 20), 3)
    })

    test('a read of many partitions stops when the answer is full, but never comes back empty', async () => {
      const { log, engine } = await world()
      for (const partition of [0, 1, 2]) await log.write(['x'.repeat(100)], partition)
      const requests = [0, 1, 2].map(partition => ({
        target: log.target(partition),
        offset: 0n,
        maxBytes: 1 << 20,
      }))
      const sizes = async (maxBytes: number) =>
        (await engine.read(requests, { ...read, maxBytes })).map(each =>
          each.kind === 'read' ? each.bytes : -1,
        )
      const one = (await sizes(1))[0] as number
      assert.deepEqual(await sizes(1), [one, 0, 0])
      assert.deepEqual(await sizes(2 * one), [one, one, 0])
      assert.deepEqual(await sizes(10 * one), [one, one, one])
    })

    test('thousands of targets are read and measured in one call each, and answered in their order', async () => {
      const { log, engine } = await world()
      await log.write(['x'.repeat(100)])
      const requests = Array.from({ length: 3000 }, (_, i) => ({
        target: log.target(i % 3 === 0 ? 0 : 1_000_000),
        offset: 0n,
        maxBytes: 1 << 20,
      }))
      const kinds = (all: readonly { kind: string }[]) => all.map(({ kind }) => kind)
      const isThere = (_: unknown, i: number) => i % 3 === 0
      const results = await engine.read(requests, { ...read, maxBytes: 1 << 20 })
      const expected = (kind: string) => requests.map((_, i) => (isThere(_, i) ? kind : 'failed'))
      assert.deepEqual(kinds(results), expected('read'))
      const sizes = await engine.readable(requests, read.isolation)
      assert.deepEqual(kinds(sizes), expected('readable'))
    })

    test('an unknown topic and an unknown partition are UNKNOWN_TOPIC_OR_PARTITION, in appends and reads', async () => {
      const { log, engine } = await world()
      assert.equal(errorOf(await log.append({ records: [record('a')] }, 8)), 'UNKNOWN_TOPIC_OR_PARTITION')
      const target = { topicId: 'BBBBBBBBBBBBBBBBBBBBBQ', partition: 0 }
      const [result] = await engine.read([{ target, offset: 0n, maxBytes: 100 }], read)
      assert.equal(result?.kind === 'failed' && result.error, 'UNKNOWN_TOPIC_OR_PARTITION')
      assert.equal(errorName(await engine.bounds([target])), 'UNKNOWN_TOPIC_OR_PARTITION')
    })

    test('a batch of a leader whose epoch is over is NOT_LEADER_OR_FOLLOWER, and changes nothing', async () => {
      const { log } = await world()
      const bytes = () => buildBatch({ records: [record('a')] })
      log.leaderEpoch = 3
      assert.equal(errorOf(await log.appendBytes(await bytes(), 0, { fence: 2 })), 'NOT_LEADER_OR_FOLLOWER')
      assert.equal(errorOf(await log.appendBytes(await bytes(), 0, { fence: 4 })), 'appended')
      assert.equal(errorOf(await log.appendBytes(await bytes(), 0, { fence: 3 })), 'NOT_LEADER_OR_FOLLOWER')
      assert.equal((await log.bounds()).highWatermark, 1n)
      assert.equal(await log.epochAt(0n), 4)
    })

    test('the readable bytes are counted without reading them, never too few', async () => {
      const { log, engine, target } = await world({ topic: { segmentBytes: 700, indexIntervalBytes: 150 } })
      for (let i = 0; i < 20; i++) await log.write(['x'.repeat(i * 5)])
      for (let offset = 0n; offset <= 20n; offset++) {
        for (const maxBytes of [1, 300, 1 << 20]) {
          const requests = [{ target, offset, maxBytes }]
          const [told] = await engine.readable(requests, 'read_uncommitted')
          let bytes = 0
          for (let at = offset; at < 20n; ) {
            const [found] = await engine.read([{ target, offset: at, maxBytes: 1 << 20 }], read)
            assert.ok(found?.kind === 'read')
            bytes += found.bytes
            at = lastOffset(found.batches.flatMap(splitBatches).at(-1) as Buffer) + 1n
          }
          assert.ok(told?.kind === 'readable')
          assert.ok(told.bytes >= Math.min(bytes, maxBytes), `${told.bytes} for ${bytes} at ${offset}`)
          assert.ok(
            told.bytes <= Math.min(bytes + 2 * 150 + 250, maxBytes),
            `${told.bytes} for ${bytes} at ${offset}`,
          )
        }
      }
      const [beyond] = await engine.readable([{ target, offset: 21n, maxBytes: 1 }], 'read_uncommitted')
      assert.ok(
        beyond?.kind === 'failed' && beyond.error === 'OFFSET_OUT_OF_RANGE' && beyond.highWatermark === 20n,
      )
    })

    test('one bad batch of many fails alone', async () => {
      const { log } = await world({ topic: { maxMessageBytes: 200 } })
      const bytes = await Promise.all(
        ['a', 'b'.repeat(300), 'c'].map(value => buildBatch({ records: [record(value)] })),
      )
      const results = await log.engine.append(
        bytes.map(each => ({ target: log.target(), bytes: each, fence: 0 })),
        { acks: -1, timeoutMs: Infinity },
      )
      assert.deepEqual(results.map(errorOf), ['appended', 'MESSAGE_TOO_LARGE', 'appended'])
      assert.deepEqual(await log.values(), ['a', 'c'])
    })

    test('the broker stamps its own time, with bit and checksum, where the topic says LogAppendTime', async () => {
      const { log, engine, target } = await world({ topic: { messageTimestampType: 'LogAppendTime' } })
      const result = await log.append({ records: [record('a', 5)] })
      assert.ok(result.kind === 'appended')
      assert.equal(result.logAppendTimeMs, BigInt(log.clock.now()))
      const [found] = await engine.read([{ target, offset: 0n, maxBytes: 1000 }], read)
      assert.ok(found?.kind === 'read')
      const bytes = Buffer.concat(found.batches)
      assert.ok(isLogAppendTime(bytes) && verifyCrc(bytes))
      assert.equal(maxTimestamp(bytes), BigInt(log.clock.now()))
    })

    test('a timestamp too far ahead or behind is INVALID_TIMESTAMP', async () => {
      const { log } = await world({
        topic: { messageTimestampAfterMaxMs: 1000n, messageTimestampBeforeMaxMs: 5000n },
      })
      const at = async (ms: number) =>
        errorOf(await log.append({ records: [record('a', log.clock.now() + ms)] }))
      assert.equal(await at(1001), 'INVALID_TIMESTAMP')
      assert.equal(await at(1000), 'appended')
      assert.equal(await at(-5001), 'INVALID_TIMESTAMP')
      assert.equal(await at(-5000), 'appended')
    })

    test('an idempotent producer that repeats one of its last five batches gets the same offset again', async () => {
      const { log } = await world()
      for (let i = 0; i < 6; i++) await log.append(idempotent(i * 2, 2))
      for (let i = 1; i < 6; i++) {
        const again = await log.append(idempotent(i * 2, 2))
        assert.ok(again.kind === 'duplicate', `batch ${i}`)
        assert.equal(again.baseOffset, BigInt(i * 2))
      }
      assert.equal(errorOf(await log.append(idempotent(0, 2))), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
      assert.equal((await log.bounds()).highWatermark, 12n)
    })

    test('a gap in the sequence is OUT_OF_ORDER_SEQUENCE_NUMBER, an old epoch INVALID_PRODUCER_EPOCH', async () => {
      const { log } = await world()
      await log.append(idempotent(0, 1, 1))
      assert.equal(errorOf(await log.append(idempotent(2, 1, 1))), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
      assert.equal(errorOf(await log.append(idempotent(1, 1, 0))), 'INVALID_PRODUCER_EPOCH')
      assert.equal(errorOf(await log.append(idempotent(1, 1, 2))), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
      assert.equal(errorOf(await log.append(idempotent(0, 1, 2))), 'appended')
    })

    test('sequence numbers go round after the largest', async () => {
      const { log } = await world()
      const largest = 2 ** 31 - 1
      await log.append(idempotent(largest - 1, 1))
      assert.equal(errorOf(await log.append(idempotent(largest, 2))), 'appended')
      assert.equal(errorOf(await log.append(idempotent(1, 1))), 'appended')
      assert.equal(errorOf(await log.append(idempotent(largest, 2))), 'duplicate')
    })

    test('a producer is listed with its last sequence, and forgotten when it has been silent long enough', async () => {
      const { log } = await world()
      await log.append(idempotent(0, 3))
      const [producer] = await log.producers()
      assert.equal(producer?.producerId, 7n)
      assert.equal(producer?.lastSequence, 2)
      log.clock.advance(86_400_000 + 300_000)
      assert.deepEqual(await log.producers(), [])
    })

    test('a record is found by its time, in any segment and inside of a compressed batch', async () => {
      const { log } = await world({ topic: { segmentBytes: 400, indexIntervalBytes: 100 } })
      for (let i = 0; i < 20; i++) {
        const records = [record(`${i}a`, 1000 + i * 10), record(`${i}b`, 1005 + i * 10)]
        await log.append({ records, codec: i % 2 === 0 ? codecs.gzip : codecs.none })
      }
      for (let i = 0; i < 20; i++) {
        assert.equal((await log.offsetForTime(BigInt(1000 + i * 10)))?.offset, BigInt(i * 2))
        const inside = await log.offsetForTime(BigInt(1001 + i * 10))
        assert.equal(inside?.offset, BigInt(i * 2 + 1))
        assert.equal(inside?.timestampMs, BigInt(1005 + i * 10))
      }
      assert.equal(await log.offsetForTime(2000n), null)
      assert.equal((await log.offsetForTime(0n))?.offset, 0n)
    })

    test('times that go up and down are found all the same, also after a restart', async () => {
      const { log } = await world({ topic: { segmentBytes: 500, indexIntervalBytes: 50 } })
      const times = [50, 10, 90, 20, 80, 30, 30, 95, 40, 5, 70, 60, 94, 1]
      for (const ms of times) await log.write([`at ${ms}`], 0, ms)
      const expected = (ms: number) => times.findIndex(each => each >= ms)
      const check = async (world: LogWorld) => {
        for (let ms = 0; ms < 100; ms++) {
          const found = (await world.offsetForTime(BigInt(ms)))?.offset ?? -1n
          assert.equal(found, BigInt(expected(ms)), `at ${ms}`)
        }
        assert.equal((await world.offsetForTime('greatest'))?.offset, BigInt(times.indexOf(95)))
      }
      await check(log)
      await log.engine.close()
      const again = await log.reopened()
      await check(again)
      await again.engine.close()
    })

    test('records before the log start are not found by time', async () => {
      const { log } = await world()
      for (const ms of [10, 20, 30]) await log.write([`at ${ms}`], 0, ms)
      await log.deleteRecords(1n)
      assert.equal((await log.offsetForTime(5n))?.offset, 1n)
    })

    test('DeleteRecords moves the start, drops whole segments, and is remembered', async () => {
      const { log, engine } = await world({ topic: { segmentBytes: 200, flushMessages: 1n } })
      for (let i = 0; i < 10; i++) await log.write([`${i}`.repeat(50)])
      const before = (await engine.describe())[0]?.replicas[0]?.sizeBytes ?? 0n
      assert.equal(await log.deleteRecords(7n), 7n)
      assert.equal((await log.bounds()).logStartOffset, 7n)
      log.clock.advance(0)
      assert.ok(((await engine.describe())[0]?.replicas[0]?.sizeBytes ?? 0n) < before / 2n)
      assert.equal(await log.deleteRecords(3n), 7n)
      await assert.rejects(log.deleteRecords(11n), { errorName: 'OFFSET_OUT_OF_RANGE' })
      await assert.rejects(log.deleteRecords(-2n), { errorName: 'OFFSET_OUT_OF_RANGE' })
      await engine.close()
      const again = await log.reopened()
      assert.equal((await again.bounds()).logStartOffset, 7n)
      assert.deepEqual(
        await again.values(),
        ['7', '8', '9'].map(digit => digit.repeat(50)),
      )
      assert.equal(await again.deleteRecords(-1n), 10n)
      await again.engine.close()
      const emptied = await again.reopened()
      assert.equal(await emptied.write(['next']), 10n)
      await emptied.engine.close()
    })

    test('leader epochs begin where their first batch is, and are remembered', async () => {
      const { log } = await world()
      await log.write(['a', 'b'])
      log.leaderEpoch = 3
      await log.write(['c'])
      await log.engine.close()
      const again = await log.reopened()
      for (const each of [log, again]) {
        assert.deepEqual(await each.epochEnd(0), { leaderEpoch: 0, endOffset: 2n })
        assert.deepEqual(await each.epochEnd(2), { leaderEpoch: 0, endOffset: 2n })
        assert.deepEqual(await each.epochEnd(3), { leaderEpoch: 3, endOffset: 3n })
        assert.equal(await each.epochAt(1n), 0)
        assert.equal(await each.epochAt(2n), 3)
      }
      await again.engine.close()
    })

    test('a watcher hears of appends and of the deletion, and of nothing after it has stopped', async () => {
      const { log, engine, target } = await world()
      let told = 0
      const stop = engine.watch([target], () => {
        told += 1
      })
      await log.write(['other'], 1)
      assert.equal(told, 0)
      await log.write(['a'])
      assert.equal(told, 1)
      log.exists = false
      await log.deleteTopic()
      assert.equal(told, 2)
      stop()
      log.exists = true
      await log.write(['b'])
      assert.equal(told, 2)
    })

    test('the bytes of a partition are those of its segments', async () => {
      const { log, engine, target } = await world()
      await log.write(['a'])
      await log.write(['b'])
      const [found] = await engine.read([{ target, offset: 0n, maxBytes: 1 << 20 }], read)
      const [directory] = await engine.describe()
      assert.deepEqual(directory?.replicas, [
        { target, sizeBytes: BigInt(found?.kind === 'read' ? found.bytes : -1), isFuture: false },
      ])
      assert.ok(directory.usableBytes > 0n && directory.totalBytes >= directory.usableBytes)
    })

    async function world(options: WorldOptions = {}) {
      const log = await open(options)
      return { log, engine: log.engine, target: log.target() }
    }

    test('each target of a call is answered for itself, whatever is wrong with its neighbours', async () => {
      const { log, engine, target } = await world()
      await log.write(['a', 'b'])
      const unknown = { topicId: 'BBBBBBBBBBBBBBBBBBBBBQ', partition: 0 }
      const producer = { producerId: 9n, producerEpoch: 0, baseSequence: 0, knowsEpochBump: true }
      const calls: { readonly [Name in Batched]: (engine: LogEngine) => Promise<readonly unknown[]> } = {
        bounds: each => each.bounds([unknown, target]),
        guards: each => each.guards([unknown, target].map(target => ({ target, producer }))),
        offsetsFor: each => each.offsetsFor([unknown, target].map(target => ({ target, timestampMs: 0n }))),
        epochEnds: each => each.epochEnds([unknown, target].map(target => ({ target, leaderEpoch: 0 }))),
        epochsAt: each => each.epochsAt([unknown, target].map(target => ({ target, offset: 0n }))),
        deleteRecords: each => each.deleteRecords([unknown, target].map(target => ({ target, offset: 1n }))),
        producers: each => each.producers([unknown, target]),
      }
      for (const [call, ask] of Object.entries(calls)) {
        const answers = await ask(engine)
        assert.equal(errorName(answers), 'UNKNOWN_TOPIC_OR_PARTITION', call)
        assert.ok(answers.length === 2 && !(answers[1] instanceof KafkaError), call)
      }
      const requests = [unknown, target].map(target => ({ target, offset: 1n, maxBytes: 100 }))
      const kinds = async (answers: Promise<readonly { readonly kind: string }[]>) =>
        (await answers).map(({ kind }) => kind)
      assert.deepEqual(await kinds(engine.read(requests, read)), ['failed', 'read'])
      assert.deepEqual(await kinds(engine.readable(requests, 'read_uncommitted')), ['failed', 'readable'])
    })

    test('what is asked of no target is answered with nothing', async () => {
      const { engine } = await world()
      assert.deepEqual(await engine.append([], { acks: -1, timeoutMs: 1000 }), [])
      assert.deepEqual(await engine.bounds([]), [])
      assert.deepEqual(await engine.read([], read), [])
      assert.deepEqual(await engine.readable([], 'read_uncommitted'), [])
      assert.deepEqual(await engine.deleteRecords([]), [])
    })

    test('batches of one partition in one call are appended in their order', async () => {
      const { log, engine, target } = await world()
      const bytes = await Promise.all(['a', 'b', 'c'].map(value => buildBatch({ records: [record(value)] })))
      const batches = bytes.map(bytes => ({ target, bytes, fence: 0 }))
      const results = await engine.append(batches, { acks: -1, timeoutMs: Infinity })
      assert.deepEqual(
        results.map(result => result.kind === 'appended' && result.baseOffset),
        [0n, 1n, 2n],
      )
      assert.deepEqual(await log.values(), ['a', 'b', 'c'])
    })

    test('a log directory that there is not is LOG_DIR_NOT_FOUND, and the one that there is may be moved to', async () => {
      const { log, engine, target } = await world()
      const paths = ['/nowhere', log.directory]
      assert.deepEqual(
        (await engine.checkLogDirs(paths)).map(each => each?.errorName ?? null),
        ['LOG_DIR_NOT_FOUND', null],
      )
      const moves = paths.map(path => ({ target, path }))
      assert.deepEqual(
        (await engine.move(moves)).map(each => each?.errorName ?? null),
        ['LOG_DIR_NOT_FOUND', null],
      )
    })

    test('a deleted topic is empty at once under its old name', async () => {
      const { log } = await world()
      await log.write(['old'])
      await log.deleteTopic()
      assert.deepEqual(await log.values(), [])
      assert.equal(await log.write(['new']), 0n)
    })
  })
}

type Batched = 'bounds' | 'guards' | 'offsetsFor' | 'epochEnds' | 'epochsAt' | 'deleteRecords' | 'producers'
