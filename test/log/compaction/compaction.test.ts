import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicSettings } from '../../../src/config/topic-settings.js'
import { codecs } from '../../../src/records/compression/compression.js'
import { Inflater } from '../../../src/records/inflater.js'
import {
  deleteHorizonMs,
  lastOffset,
  maxTimestamp,
  recordCount,
  splitBatches,
} from '../../../src/records/record-batch.js'
import { LogWorld, record } from '../../support/log-world.js'
import { SimulatedDisk } from '../../support/simulated-disk.js'

const compact = { cleanupPolicy: { compact: true, delete: false }, segmentBytes: 300 }

interface Given {
  readonly topic?: Partial<TopicSettings>
  readonly config?: Readonly<{ [name: string]: number }>
  readonly disk?: SimulatedDisk
}

const open = ({ topic = {}, config = {}, disk = new SimulatedDisk() }: Given = {}) =>
  LogWorld.open({ files: disk, topic: { ...compact, ...topic }, config })

/** Appends one record with a key; a null value is a tombstone. */
const put = (log: LogWorld, key: string, value: string | null, more = {}) => {
  const one = { ...record(value ?? '', log.clock.now(), key), ...(value === null ? { value: null } : {}) }
  return log.append({ records: [one], ...more })
}

/** Fills the active segment, so that all before it may be compacted, and lets the cleaner come round. */
async function clean(log: LogWorld, rounds = 1): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    await put(log, `filler ${i}`, 'x'.repeat(200))
    await pass(log, 15_000)
  }
}

/** Time passes, and the cleaner comes round as often as it would. */
async function pass(log: LogWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 15_000) {
    log.clock.advance(Math.min(left, 15_000))
    await rest(log)
  }
}

/** Lets the cleaner work until it waits for its next round. */
async function rest({ clock }: LogWorld): Promise<void> {
  do await new Promise<void>(resolve => setImmediate(resolve))
  while (!clock.isArmed('log/cleaner'))
}

const found = async (log: LogWorld) =>
  (await log.read())
    .filter(({ key }) => !String(key).startsWith('filler'))
    .map(({ offset, key, value }) => `${offset} ${key}=${value}`)

test('of each key the last value is left, at its old offset', async () => {
  const log = await open()
  for (let i = 0; i < 20; i++) await put(log, `key ${i % 3}`, `${i}`)
  await clean(log)
  assert.deepEqual(await found(log), ['17 key 2=17', '18 key 0=18', '19 key 1=19'])
  assert.equal((await log.bounds()).highWatermark, 21n)
  assert.equal((await log.bounds()).logStartOffset, 0n)
})

test('nothing is done while too small a share of the log is new', async () => {
  const log = await open({ topic: { minCleanableDirtyRatio: 0.9 } })
  for (let i = 0; i < 20; i++) await put(log, `${i}`, 'x'.repeat(100))
  await clean(log)
  for (let i = 0; i < 4; i++) await put(log, '0', `${i}`)
  await clean(log)
  assert.equal((await found(log)).filter(each => each.includes(' 0=')).length, 5)
})

test('records younger than min.compaction.lag.ms stay', async () => {
  const log = await open({ topic: { minCompactionLagMs: 60_000n } })
  for (let i = 0; i < 20; i++) await put(log, 'key', `${i}`)
  await clean(log)
  assert.equal((await found(log)).length, 20)
  await pass(log, 60_000)
  assert.deepEqual(await found(log), ['19 key=19'])
})

test('records older than max.compaction.lag.ms are compacted however small their share', async () => {
  const log = await open({ topic: { minCleanableDirtyRatio: 1, maxCompactionLagMs: 60_000n } })
  for (let i = 0; i < 20; i++) await put(log, 'key', `${i}`)
  await clean(log)
  assert.equal((await found(log)).length, 20)
  await pass(log, 60_000)
  assert.deepEqual(await found(log), ['19 key=19'])
})

test('a tombstone deletes its key, and goes itself after delete.retention.ms', async () => {
  const log = await open({ topic: { deleteRetentionMs: 100_000n, minCleanableDirtyRatio: 0 } })
  await put(log, 'a', '1')
  await put(log, 'b', '1')
  await put(log, 'a', null)
  await clean(log, 2)
  assert.deepEqual(await found(log), ['1 b=1', '2 a=null'])
  const [tombstone] = (await batches(log)).filter(each => lastOffset(each) === 2n)
  assert.ok(tombstone && (deleteHorizonMs(tombstone) ?? 0n) > BigInt(log.clock.now()))
  log.clock.advance(100_000)
  await clean(log, 2)
  assert.deepEqual(await found(log), ['1 b=1'])
})

test('a record without a key is dropped', async () => {
  const log = await open()
  await log.append({ records: [record('lost', log.clock.now())] })
  await put(log, 'a', '1')
  await clean(log)
  assert.deepEqual(await found(log), ['1 a=1'])
})

for (const [name, codec] of Object.entries(codecs)) {
  test(`a batch that loses records keeps its codec (${name}), its offsets and its headers`, async () => {
    const log = await open()
    const records = ['a', 'b', 'c'].map((key, i) => ({
      ...record(`first ${key}`, 1000 + i, key),
      headers: [{ key: 'kept', value: Buffer.from(key) }],
    }))
    await log.append({ records, codec })
    await put(log, 'a', 'second')
    await put(log, 'c', 'second')
    await clean(log)
    assert.deepEqual(await found(log), ['1 b=first b', '3 a=second', '4 c=second'])
    const [kept] = await log.read(1n)
    assert.equal(kept?.timestampMs, 1001n)
    assert.deepEqual(kept?.headers, [{ key: 'kept', value: Buffer.from('b') }])
    const [rebuilt] = await batches(log)
    assert.ok(rebuilt)
    assert.deepEqual([recordCount(rebuilt), lastOffset(rebuilt)], [1, 2n])
  })
}

test('small neighbours become one segment', async () => {
  const log = await open({ topic: { minCleanableDirtyRatio: 0 } })
  for (let i = 0; i < 40; i++) await put(log, `key ${i % 2}`, `${i}`)
  const before = segments(log).length
  await clean(log, 2)
  assert.ok(before >= 10)
  assert.deepEqual(segments(log), [0, 40, 41]) // a filler has one for itself
})

test('the last batch of a producer stays as an empty one, so that its sequence is known after a restart', async () => {
  const log = await open()
  await put(log, 'key', 'of a producer', { producerId: 9n, producerEpoch: 0, baseSequence: 0 })
  for (let i = 0; i < 10; i++) await put(log, 'key', `${i}`)
  await clean(log)
  assert.deepEqual(await found(log), ['10 key=9'])
  await log.engine.close()
  const files = log.given.files as SimulatedDisk
  for (const name of files.list(log.folder()))
    if (name.endsWith('.snapshot')) files.remove(`${log.folder()}/${name}`)
  const again = await log.reopened()
  const result = await put(again, 'key', 'of a producer', {
    producerId: 9n,
    producerEpoch: 0,
    baseSequence: 0,
  })
  assert.equal(result.kind, 'duplicate')
})

test('more keys than fit into memory take several passes', async () => {
  const log = await open({
    topic: { minCleanableDirtyRatio: 0 },
    config: { 'log.cleaner.dedupe.buffer.size': 24 * 20 },
  })
  for (let i = 0; i < 200; i++) await put(log, `key ${i % 50}`, `${i}`)
  await clean(log)
  const left = await found(log)
  assert.deepEqual(
    left,
    Array.from({ length: 50 }, (_, i) => `${150 + i} key ${i}=${150 + i}`),
  )
})

test('a batch of very many records is looked through at a pace, and others are served meanwhile', async () => {
  const log = await open({ topic: { segmentBytes: 1 << 20 } })
  const many = Array.from({ length: 20_000 }, (_, i) => record(`${i}`, 1000, `key ${i % 15_000}`))
  await log.append({ records: many, codec: codecs.gzip })
  await log.append({ records: [record('x'.repeat(1_000_000), 1000, 'filler')] })
  let turns = 0
  log.clock.advance(15_000)
  do {
    await new Promise<void>(resolve => setImmediate(resolve))
    turns += 1
  } while (!log.clock.isArmed('log/cleaner'))
  assert.equal((await found(log)).length, 15_000)
  assert.ok(turns > 5, `${turns} turns of the event loop`)
})

test('a tombstone in a batch with others gets its horizon, and the times of all stay', async () => {
  const log = await open()
  const records = [record('a', 5000, 'a'), { ...record('', 7000, 'b'), value: null }, record('c', 9000, 'c')]
  await log.append({ records, codec: codecs.lz4 })
  await put(log, 'c', 'later')
  await clean(log)
  const [batch] = await batches(log)
  assert.notEqual(deleteHorizonMs(batch as Buffer), null)
  assert.deepEqual(
    (await log.read()).slice(0, 2).map(({ timestampMs, key }) => `${key} at ${timestampMs}`),
    ['a at 5000', 'b at 7000'],
  )
  assert.equal(maxTimestamp(batch as Buffer), 7000n)
})

test('with compact,delete retention takes old segments as well', async () => {
  const cleanupPolicy = { compact: true, delete: true }
  const log = await open({ topic: { cleanupPolicy, retentionMs: 400_000n } })
  await put(log, 'old', '1')
  await clean(log)
  assert.deepEqual(await found(log), ['0 old=1'])
  log.clock.advance(700_000)
  assert.deepEqual(await found(log), [])
})

test('a segment that compaction has left empty holds up no retention', async () => {
  const cleanupPolicy = { compact: true, delete: true }
  const log = await open({ topic: { cleanupPolicy } })
  for (let i = 0; i < 20; i++) await put(log, 'key', `${i}`)
  await clean(log)
  log.topic = { ...log.topic, retentionBytes: 1n }
  await pass(log, 300_000)
  assert.ok((await log.bounds()).logStartOffset > 0n)
})

test('up to where a log is clean is remembered', async () => {
  const log = await open()
  for (let i = 0; i < 20; i++) await put(log, 'key', `${i}`)
  await clean(log)
  await log.engine.close()
  const text = log.given.files.readFile(`${log.directory}/cleaner-offset-checkpoint`).toString()
  assert.equal(text, '0\n1\nletters 0 20\n')
})

test('a topic that is deleted meanwhile is left alone', async () => {
  const log = await open()
  for (let i = 0; i < 200; i++) await put(log, `key ${i % 3}`, `${i}`)
  await put(log, 'filler', 'x'.repeat(200))
  log.clock.advance(15_000)
  await new Promise<void>(resolve => setImmediate(resolve))
  log.exists = false
  await log.deleteTopic()
  await pass(log, 60_000)
  assert.deepEqual(log.said, [])
  assert.deepEqual(
    log.given.files.list(log.directory).filter(name => name.startsWith('letters')),
    [],
  )
})

test('a crash at any moment of a compaction leaves each key with its last value', async () => {
  const whole = await open()
  await fill(whole)
  const disk = whole.given.files as SimulatedDisk
  const before = disk.operations
  await compactOnce(whole)
  const operations = disk.operations - before
  assert.ok(operations > 10)
  for (let n = 0; n <= operations; n++) {
    const log = await open()
    await fill(log)
    const crashing = log.given.files as SimulatedDisk
    const states: SimulatedDisk[] = []
    let left = n
    crashing.fault = () => {
      if (left-- === 0) states.push(crashing.killed())
      return null
    }
    await compactOnce(log)
    for (const state of states) {
      const again = await log.reopened({ files: state })
      const values = new Map((await again.read()).map(({ key, value }) => [String(key), String(value)]))
      for (let key = 0; key < 3; key++)
        assert.equal(values.get(`key ${key}`), `${27 + key}`, `after ${n} operations`)
      assert.equal((await again.bounds()).highWatermark, 31n)
      const names = state.list(again.folder())
      assert.deepEqual(
        names.filter(name => /cleaned|swap/.test(name)),
        [],
        `after ${n} operations`,
      )
      for (let offset = 0n; offset < 31n; offset++) {
        const [at] = await again.read(offset)
        assert.ok(at && at.offset >= offset, `reading at ${offset} after ${n} operations`)
      }
    }
  }
})

async function fill(log: LogWorld): Promise<void> {
  for (let i = 0; i < 30; i++) await put(log, `key ${i % 3}`, `${i}`)
  await put(log, 'filler', 'x'.repeat(200))
}

async function compactOnce(log: LogWorld): Promise<void> {
  await pass(log, 15_000)
}

const segments = (log: LogWorld): number[] =>
  log.given.files
    .list(log.folder())
    .filter(name => name.endsWith('.log'))
    .map(name => Number(name.slice(0, 20)))
    .sort((a, b) => a - b)

async function batches(log: LogWorld): Promise<Buffer[]> {
  const read = { isolation: 'read_uncommitted', maxBytes: 1 << 20 } as const
  const [result] = await log.engine.read([{ target: log.target(), offset: 0n, maxBytes: 1 << 20 }], read)
  assert.ok(result?.kind === 'read')
  return result.batches.flatMap(splitBatches)
}

test('a batch that is too large to be inflated stays as it is, and the others are compacted', async () => {
  const narrow = new Inflater({ mostBatchBytes: 1000, memoryBytes: 100_000 })
  const log = await LogWorld.open({ files: new SimulatedDisk(), topic: compact, inflater: narrow })
  await put(log, 'a', 'old')
  await put(log, 'b', 'old')
  await log.append({ records: [record('x'.repeat(1000), log.clock.now(), 'a')], codec: codecs.gzip })
  await put(log, 'b', 'new')
  await clean(log)
  assert.deepEqual(await found(log), ['0 a=old', `2 a=${'x'.repeat(1000)}`, '3 b=new'])
})

test('what a full disk kept of a compaction that failed is not part of the next one', async () => {
  const disk = new SimulatedDisk()
  const log = await open({ disk })
  for (const value of ['a', 'b', 'c']) await put(log, 'k', value)
  disk.fault = (operation, path) =>
    path.includes('.cleaned') && ['sync', 'rename', 'remove'].includes(operation) ? 'ENOSPC' : null
  await clean(log)
  assert.match(log.said.join(), /could not be compacted/)
  disk.fault = () => null
  await clean(log)
  assert.deepEqual(await found(log), ['2 k=c'])
  const again = await log.reopened({ files: disk.killed() })
  assert.deepEqual(await found(again), ['2 k=c'])
})
