import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicSettings } from '../../src/config/topic-settings.js'
import type { Bounds } from '../../src/engine/log-engine.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { outOfRetention } from '../../src/log/out-of-retention.js'
import { KafkaError } from '../../src/wire/errors.js'
import { defaults, LogWorld, record } from '../support/log-world.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const day = 86_400_000
const checked = 300_000

const open = (topic: Partial<TopicSettings>) => LogWorld.open({ files: new MemoryFiles(1 << 26), topic })
const segments = (log: LogWorld) =>
  log.given.files
    .list(log.folder())
    .filter(name => name.endsWith('.log'))
    .map(name => Number(name.slice(0, 20)))

test('segments whose newest record is older than retention.ms go, the younger stay', async () => {
  const log = await open({ retentionMs: BigInt(day), segmentBytes: 100 })
  for (let hour = 0; hour < 30; hour++) {
    await log.write([`hour ${hour}`])
    log.clock.advance(day / 24)
  }
  log.clock.advance(checked)
  const [first] = await log.values()
  assert.equal(first, 'hour 7')
  assert.equal((await log.bounds()).logStartOffset, 7n)
})

test('when all records are too old the log is empty and goes on at its end, also after a restart', async () => {
  const log = await open({ retentionMs: 1000n })
  await log.write(['a', 'b'])
  log.clock.advance(checked)
  assert.deepEqual(await log.values(), [])
  assert.equal((await log.bounds()).logStartOffset, 2n)
  await log.engine.close()
  const again = await log.reopened()
  assert.equal((await again.bounds()).highWatermark, 2n)
  assert.equal(await again.write(['c']), 2n)
})

test('the oldest segments go while the rest is still retention.bytes large', async () => {
  const log = await open({ retentionBytes: 300n, segmentBytes: 100 })
  for (let i = 0; i < 10; i++) await log.write([`${i}`])
  log.clock.advance(checked)
  const [directory] = await log.engine.describe()
  const size = directory?.replicas[0]?.sizeBytes ?? 0n
  assert.ok(size >= 300n && size < 400n, `${size} bytes are left`)
})

test('segments that a full disk does not let go of are removed before the next record, the oldest first', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, topic: { retentionBytes: 100n, segmentBytes: 100 } })
  for (let i = 0; i < 10; i++) await log.write([`${i}`])
  const left = () => disk.list(log.folder()).filter(name => name.endsWith('.timeindex')).length
  disk.fault = (operation, path) => (operation === 'remove' && path.endsWith('1.timeindex') ? 'ENOSPC' : null)
  log.clock.advance(checked)
  for (let i = 0; i < 9; i++) await new Promise(resolve => setImmediate(resolve))
  assert.ok(left() > 3, 'some could not be removed')
  assert.deepEqual((await log.values()).length, 2)
  disk.fault = () => null
  await log.write(['10'])
  assert.equal(left(), 3)
  await log.engine.close()
  assert.doesNotMatch(log.said.join('\n'), /bug/)
})

test('of time and size whichever asks for more decides', async () => {
  for (const [retentionMs, retentionBytes, left] of [
    [BigInt(day), 250n, 4],
    [BigInt(day), 100_000n, 6],
    [BigInt(2 * day), 100_000n, 10],
  ] as const) {
    const log = await open({ retentionMs, retentionBytes, segmentBytes: 100 })
    for (let i = 0; i < 10; i++) await log.write([`${i}`], 0, i < 4 ? log.clock.now() - 1.5 * day : undefined)
    log.clock.advance(checked)
    assert.equal((await log.values()).length, left, `${retentionMs} ms, ${retentionBytes} bytes`)
  }
})

test('a thousand segments go in one round, and what is left is read from its new start', async () => {
  const log = await open({ retentionBytes: 100n, segmentBytes: 100 })
  for (let i = 0; i < 1000; i++) await log.write([`${i}`])
  log.clock.advance(checked)
  const { logStartOffset, highWatermark } = await log.bounds()
  assert.deepEqual([logStartOffset, highWatermark], [998n, 1000n])
  assert.deepEqual(await log.values(), ['998', '999'])
  assert.deepEqual(segments(log), [998, 999])
})

test('however many segments go, other work is served after every few of them', async () => {
  const log = await open({ segmentBytes: 100 })
  for (let i = 0; i < 100; i++) await log.write([`${i}`])
  const left = [segments(log).length]
  const look = () => {
    left.push(segments(log).length)
    if (left.at(-1) !== 1) log.clock.after(0, 'test/look', look)
  }
  log.clock.after(0, 'test/look', look)
  await log.deleteRecords(99n)
  log.clock.advance(0)
  assert.equal(left.at(-1), 1)
  for (const [i, before] of left.slice(0, -1).entries())
    assert.ok(before - (left[i + 1] as number) <= 8, `${left}`)
})

test('while retention drops many segments the log begins where its files do, so that a stop takes nothing back', async () => {
  const log = await open({ retentionBytes: 100n, segmentBytes: 100 })
  for (let i = 0; i < 100; i++) await log.write([`${i}`])
  const firstFiles: number[] = []
  const bounds: Promise<Bounds>[] = []
  const look = () => {
    const first = segments(log)[0] as number
    firstFiles.push(first)
    bounds.push(log.bounds())
    if (first < 98) log.clock.after(0, 'test/look', look)
  }
  log.clock.after(checked, 'test/look', look)
  log.clock.advance(checked)
  const starts = (await Promise.all(bounds)).map(({ logStartOffset }) => Number(logStartOffset))
  assert.deepEqual(starts, firstFiles)
  assert.equal(starts.at(-1), 98)
  assert.ok(starts.length > 10, `${starts}`)
})

test('while many segments of a partition go, others wait, and go as far as the last deletion asked', async () => {
  const log = await open({ segmentBytes: 100 })
  const partitions = [0, 1, 2]
  for (const partition of partitions) for (let i = 0; i < 30; i++) await log.write([`${i}`], partition)
  await log.deleteRecords(29n, 0)
  for (let before = 1n; before <= 29n; before++) {
    for (const partition of [1, 2]) await log.deleteRecords(before, partition)
  }
  log.clock.advance(0)
  for (const partition of partitions) {
    const files = log.given.files.list(log.folder(partition)).filter(name => name.endsWith('.log'))
    assert.deepEqual(files, ['00000000000000000029.log'])
  }
})

test('retention.ms of -1 keeps records for ever', async () => {
  const log = await open({ retentionMs: -1n, segmentBytes: 100 })
  for (let i = 0; i < 5; i++) await log.write([`${i}`], 0, 1)
  log.clock.advance(400 * day)
  assert.equal((await log.values()).length, 5)
})

test('a topic that is only compacted keeps all, whatever its age and size', async () => {
  const cleanupPolicy = { compact: true, delete: false }
  const log = await open({ cleanupPolicy, retentionMs: 1000n, retentionBytes: 0n, segmentBytes: 100 })
  for (let i = 0; i < 5; i++) await log.write([`${i}`], 0, 1)
  log.clock.advance(day)
  assert.equal((await log.values()).length, 5)
})

test('records without a timestamp age from when their segment was taken up', () => {
  const settings = { ...defaults, retentionMs: 1000n }
  const segment = { size: 10, maxTimestampMs: -1n, sinceMs: 5000 }
  assert.equal(outOfRetention([segment], settings, 6000), 0)
  assert.equal(outOfRetention([segment], settings, 6001), 1)
})

test('a clock that goes backwards deletes nothing', async () => {
  const log = await open({ retentionMs: BigInt(day), segmentBytes: 100 })
  for (let i = 0; i < 5; i++) await log.write([`${i}`])
  log.clock.jump(-10 * day)
  await log.write(['after the jump'])
  log.clock.advance(checked)
  assert.equal((await log.values()).length, 6)
})

test('a clock that goes backwards ends no segment, counts no age, and is taken as it is from then on', async () => {
  const log = await open({ segmentMs: 1000n, retentionMs: BigInt(day) })
  await log.write(['before'], 0, -1)
  log.clock.jump(-10 * day)
  await log.write(['after'], 0, -1)
  assert.deepEqual(segments(log), [0])
  assert.deepEqual(await log.values(), ['before', 'after'])
  await log.engine.close()
  const again = await log.reopened()
  assert.equal((await again.values()).length, 2)
  again.clock.advance(1001)
  await again.write(['later'], 0, -1)
  assert.deepEqual(segments(again), [0, 2])
  assert.deepEqual(await again.values(), ['before', 'after', 'later'])
})

test('a segment ends when the next batch would make it larger than segment.bytes', async () => {
  const log = await open({ segmentBytes: 150 })
  for (let i = 0; i < 4; i++) await log.write([`${i}`]) // 69 bytes each
  assert.deepEqual(segments(log), [0, 2])
})

test('a segment ends when its records are older than segment.ms, by their own time', async () => {
  const log = await open({ segmentMs: 1000n })
  await log.write(['a'], 0, 5000)
  await log.write(['b'], 0, 6000)
  await log.write(['c'], 0, 6001)
  assert.deepEqual(segments(log), [0, 2])
})

test('a segment ends earlier by its share of segment.jitter.ms, so that not all end at once', async () => {
  const topic = { segmentMs: 1000n, segmentJitterMs: 500n }
  const log = await LogWorld.open({ files: new MemoryFiles(1 << 26), topic, random: 0.5 })
  await log.write(['a'], 0, 5000)
  await log.write(['b'], 0, 5750)
  await log.write(['c'], 0, 5751)
  assert.deepEqual(segments(log), [0, 2])
})

test('a segment ends when its index is full', async () => {
  const log = await open({ segmentIndexBytes: 16, indexIntervalBytes: 0 })
  for (let i = 0; i < 6; i++) await log.write([`${i}`])
  assert.deepEqual(segments(log), [0, 3])
})

test('a batch larger than a segment is RECORD_LIST_TOO_LARGE', async () => {
  const log = await open({ segmentBytes: 100 })
  const result = await log.append({ records: [record('x'.repeat(100))] })
  assert.equal(result.kind === 'rejected' && result.error, 'RECORD_LIST_TOO_LARGE')
})

test('DeleteRecords of many partitions waits for one sync, and no other request waits for it', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, topic: { flushMessages: 1n } }) // whose they are the disk has
  for (let partition = 0; partition < 8; partition++) await log.write(['a', 'b'], partition)
  const syncs: string[] = []
  disk.fault = (operation, path) => {
    if (operation === 'sync') syncs.push(path)
    return null
  }
  const before = Array.from({ length: 8 }, (_, partition) => ({ target: log.target(partition), offset: 1n }))
  assert.deepEqual(await log.engine.deleteRecords([...before, { target: log.target(), offset: 3n }]), [
    ...before.map(() => 1n),
    new KafkaError('OFFSET_OUT_OF_RANGE'),
  ])
  assert.equal(syncs.length, 1, syncs.join())
})

test('a round of retention that meets a bug is said, and the next round comes all the same', async () => {
  let isBroken = true
  const config = {
    get 'producer.id.expiration.ms'() {
      if (isBroken) throw new TypeError('a bug')
      return 86_400_000
    },
  }
  const topic = { segmentBytes: 200, retentionBytes: 200n }
  const log = await LogWorld.open({ files: new SimulatedDisk(), topic, config })
  await log.write(['first'])
  log.clock.advance(300_000)
  assert.match(log.said.join(), /Retention met a bug/)
  isBroken = false
  for (let i = 0; i < 6; i++) await log.write(['x'.repeat(100)])
  log.clock.advance(300_000)
  for (let i = 0; i < 20; i++) await new Promise<void>(resolve => setImmediate(resolve))
  log.clock.advance(1000)
  assert.ok((await log.bounds()).logStartOffset > 0n)
})
