import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicSettings } from '../../src/config/topic-settings.js'
import type { AppendResult } from '../../src/engine/log-engine.js'
import { DataDirectoryLocked } from '../../src/log/data-directory-lock.js'
import { LogWorld, record } from '../support/log-world.js'
import { randomFrom } from '../support/random-runs.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const first = '00000000000000000000'
const idempotent = (baseSequence: number, count = 1) => ({
  records: Array.from({ length: count }, (_, i) => record(`${baseSequence + i}`)),
  producerId: 7n,
  producerEpoch: 0,
  baseSequence,
})

async function world(topic: Partial<TopicSettings> = {}) {
  const disk = new SimulatedDisk()
  return { disk, log: await LogWorld.open({ files: disk, topic }) }
}

/** The broker was killed; another one opens what it left. */
const afterKill = (log: LogWorld): Promise<LogWorld> =>
  log.reopened({ files: (log.given.files as SimulatedDisk).killed() })

test('what was appended is there after the process was killed', async () => {
  const { log } = await world()
  for (let i = 0; i < 10; i++) await log.write([`${i}`])
  const again = await afterKill(log)
  assert.deepEqual(await again.values(), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  assert.equal(await again.write(['next']), 10n)
  assert.deepEqual(again.said, [])
})

for (const [what, tear] of [
  ['half a header', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 20)])],
  ['half a batch', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 65)])],
  ['zeros', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(500)])],
  ['garbage', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(500, 0xa5)])],
  ['an old batch', (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 74)])],
] as const) {
  test(`${what} at the tail is cut off on recovery, and said so`, async () => {
    const { log, disk } = await world()
    for (const value of ['a', 'b', 'c']) await log.write([value])
    const left = disk.killed()
    const { length } = left.readFile(`${log.folder()}/${first}.log`)
    left.damage(`${log.folder()}/${first}.log`, tear)
    const again = await log.reopened({ files: left })
    assert.deepEqual(await again.values(), ['a', 'b', 'c'])
    assert.match(again.said.join(), /bytes after offset 3 were torn or corrupt and are cut off/)
    assert.equal(left.size(`${log.folder()}/${first}.log`), length)
    assert.equal(await again.write(['d']), 3n)
    assert.deepEqual(await again.values(), ['a', 'b', 'c', 'd'])
  })
}

test('a batch of which a power failure took the offset is cut off where no batch after it holds', async () => {
  const { log, disk } = await world()
  for (const value of ['a', 'b', 'c']) await log.write([value])
  const left = disk.killed()
  left.damage(`${log.folder()}/${first}.log`, bytes => {
    const each = bytes.length / 3
    return Buffer.concat([bytes.fill(0, each, each + 8).subarray(0, -1), Buffer.alloc(1, 0xff)])
  })
  const again = await log.reopened({ files: left })
  assert.deepEqual(await again.values(), ['a'])
  assert.equal(await again.write(['d']), 1n)
  assert.deepEqual(await again.values(), ['a', 'd'])
})

test('a batch of which a power failure took the block with its offset is cut off, with all that comes after it', async () => {
  const { log, disk } = await world()
  const block = 64
  const sizeOf = () => disk.size(`${log.folder()}/${first}.log`)
  await log.write(['a'])
  const batchBytes = sizeOf()
  await log.write(['b'.repeat(184 - 2 * batchBytes)]) // the next one's offset ends before a block does
  for (const value of ['c', 'd']) await log.write([value])
  const at = sizeOf() - 2 * batchBytes
  const lost = block - (at % block)
  assert.ok(lost >= 8 && lost <= 10, `${lost} bytes up to the end of the block`)
  const left = disk.killed()
  left.damage(`${log.folder()}/${first}.log`, bytes => bytes.fill(0, at, at + lost))
  const again = await log.reopened({ files: left })
  assert.deepEqual((await again.values()).length, 2)
  assert.match(again.said.join('\n'), /bytes after offset 2 were torn or corrupt and are cut off/)
  assert.equal(await again.write(['e']), 2n)
})

test('a batch whose checksum does not hold ends the log, with all that comes after it', async () => {
  const { log, disk } = await world({ segmentBytes: 200 })
  for (let i = 0; i < 9; i++) await log.write([`${i}`])
  const left = disk.killed()
  left.damage(`${log.folder()}/${first}.log`, bytes => {
    bytes[bytes.length - 3] = 0xff
    return bytes
  })
  const again = await log.reopened({ files: left })
  assert.deepEqual(await again.values(), ['0'])
  assert.match(again.said.join('\n'), /lies after a place where the log was cut, and is removed/)
  assert.equal(await again.write(['next']), 1n)
})

test('segments before the recovery point are not read again after a crash', async () => {
  const { log, disk } = await world({ segmentBytes: 200 })
  for (let i = 0; i < 9; i++) await log.write([`${i}`])
  await settled()
  log.clock.advance(60_000) // the recovery points are saved
  const left = disk.killed()
  left.damage(`${log.folder()}/${first}.log`, bytes => {
    bytes[bytes.length - 3] = 0xff // what recovery would notice
    return bytes
  })
  const again = await log.reopened({ files: left })
  assert.equal((await again.bounds()).highWatermark, 9n)
  assert.deepEqual(again.said, [])
})

for (const kind of ['index', 'timeindex'] as const) {
  for (const [what, damage] of [
    ['lost', null],
    ['torn', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3)],
  ] as const) {
    for (const clean of [true, false]) {
      test(`a ${what} .${kind} is written anew after ${clean ? 'a clean stop' : 'a crash'}`, async () => {
        const { log, disk } = await world({ segmentBytes: 1000, indexIntervalBytes: 100 })
        for (let i = 0; i < 40; i++) await log.write([`${i}`], 0, 1000 + i)
        const path = `${log.folder()}/${first}.${kind}`
        const { length } = disk.readFile(path)
        if (clean) await log.engine.close()
        const left = disk.killed()
        if (damage) left.damage(path, damage)
        else left.remove(path)
        const again = await log.reopened({ files: left })
        for (let i = 0; i < 40; i++) {
          assert.deepEqual((await again.values(BigInt(i)))[0], `${i}`)
          assert.equal((await again.offsetForTime(BigInt(1000 + i)))?.offset, BigInt(i))
        }
        assert.equal(left.size(path), length)
      })
    }
  }
}

test('a batch that comes again is answered with its own time, also after a restart', async () => {
  const { log, disk } = await world()
  const firstMs = log.clock.now()
  const batch = (i: number) => ({ ...idempotent(i), records: [record('a', firstMs + i)] })
  for (let i = 0; i < 5; i++) await log.append(batch(i))
  await log.engine.close()
  const stopped = await log.reopened({ files: disk.killed() })
  for (const i of [0, 3, 4]) {
    const result = await stopped.append(batch(i))
    assert.ok(result.kind === 'duplicate')
    assert.equal(result.logAppendTimeMs, BigInt(firstMs + i))
  }
})

test('entries of an index are written many at a time, and all of them by the time that the broker stops', async () => {
  const { log } = await world({ indexIntervalBytes: 1 })
  for (let i = 0; i < 100; i++) await log.write([`${i}`])
  const disk = (log.given.files as SimulatedDisk).killed()
  let writes = 0
  disk.fault = (operation, path) => {
    if (operation === 'append' && path.endsWith('.index')) writes += 1
    return null
  }
  const again = await log.reopened({ files: disk })
  assert.equal((await again.values()).length, 100)
  assert.equal(writes, 1)
  const path = `${log.folder()}/${first}.index`
  assert.equal(disk.size(path), 99 * 8)
  for (let i = 0; i < 600; i++) await again.write([`more ${i}`])
  assert.equal(writes, 2)
  await again.engine.close()
  assert.equal(disk.size(path), 699 * 8)
})

test('a producer that repeats one of its last five batches is recognised after a clean stop and after a crash', async () => {
  const { log, disk } = await world({ segmentBytes: 300 })
  for (let i = 0; i < 12; i += 2) await log.append(idempotent(i, 2))
  await log.write(['of another'])
  const killed = await log.reopened({ files: disk.killed() })
  await log.engine.close()
  const stopped = await log.reopened({ files: disk.killed() })
  for (const again of [killed, stopped]) {
    for (const sequence of [2, 4, 6, 8, 10]) {
      const result = await again.append(idempotent(sequence, 2))
      assert.equal(result.kind, 'duplicate', `sequence ${sequence}`)
      assert.equal((result as { baseOffset: bigint }).baseOffset, BigInt(sequence))
    }
    assert.equal((await again.append(idempotent(14, 2))).kind, 'rejected')
    assert.equal((await again.append(idempotent(12, 2))).kind, 'appended')
  }
})

test('a batch whose sequences went round is recognised after a restart', async () => {
  const { log } = await world()
  await log.append(idempotent(2 ** 31 - 2, 1))
  await log.append(idempotent(2 ** 31 - 1, 2))
  await log.engine.close()
  const again = await log.reopened()
  assert.equal((await again.append(idempotent(2 ** 31 - 1, 2))).kind, 'duplicate')
})

test('a snapshot that is torn is not believed: the log is read instead', async () => {
  const { log, disk } = await world({ segmentBytes: 300 })
  for (let i = 0; i < 12; i += 2) await log.append(idempotent(i, 2))
  await log.engine.close()
  const left = disk.killed()
  for (const name of left.list(log.folder()).filter(each => each.endsWith('.snapshot'))) {
    left.damage(`${log.folder()}/${name}`, bytes => bytes.subarray(0, bytes.length - 1))
  }
  const again = await log.reopened({ files: left })
  assert.equal((await again.append(idempotent(10, 2))).kind, 'duplicate')
})

test('a snapshot that is torn is written anew after a crash, for the log before it may go', async () => {
  const { log, disk } = await world({ segmentBytes: 100 })
  for (let i = 0; i < 2; i++) await log.append(idempotent(i))
  const left = disk.killed()
  const snapshot = `${log.folder()}/00000000000000000001.snapshot`
  left.damage(snapshot, bytes => bytes.subarray(1))
  const again = await log.reopened({ files: left })
  await again.deleteRecords(1n)
  const [of] = await again.producers()
  assert.equal(of?.lastSequence, 1)
  await settled()
  assert.equal(left.exists(`${log.folder()}/${first}.log`), false)
  left.damage(`${log.folder()}/00000000000000000001.log`, bytes => bytes.subarray(1)) // the snapshot is all there is
  const last = await again.reopened({ files: left.killed() })
  assert.equal((await last.producers())[0]?.lastSequence, 0)
})

/** Reopens the log after a power failure that takes all that was not synced, renames included. */
const afterPowerFailure = (log: LogWorld): Promise<LogWorld> =>
  log.reopened({ files: (log.given.files as SimulatedDisk).unplugged(() => 0) })

test('a synced batch that retention has dropped is recognised when it comes again after a power failure', async () => {
  const { log } = await world({ flushMessages: 1n, retentionMs: 1000n })
  await log.append(idempotent(0))
  log.clock.advance(300_000)
  await settled()
  assert.deepEqual(await log.values(), [])
  const again = await afterPowerFailure(log)
  assert.deepEqual((await again.bounds()).highWatermark, 1n)
  assert.equal((await again.append(idempotent(0))).kind, 'duplicate')
})

test('up to where records were deleted is known after a power failure, though none of the log was synced', async () => {
  const { log } = await world()
  await log.write(['a', 'b'])
  await log.deleteRecords(1n)
  for (let run = 1; run <= 30; run++) {
    const left = (log.given.files as SimulatedDisk).unplugged(randomFrom(run * 7919))
    const again = await log.reopened({ files: left })
    assert.ok((await again.bounds()).logStartOffset >= 1n)
  }
})

test('a stop writes no snapshot over the one that alone tells of a producer, and that the disk has', async () => {
  const { log } = await world({ flushMessages: 1n, retentionMs: 1000n })
  await log.append(idempotent(0))
  log.clock.advance(300_000)
  await settled()
  assert.deepEqual(await log.values(), [])
  await log.engine.close()
  for (let run = 1; run <= 20; run++) {
    const left = (log.given.files as SimulatedDisk).unplugged(randomFrom(run * 7919))
    const again = await log.reopened({ files: left })
    assert.equal((await again.append(idempotent(0))).kind, 'duplicate')
  }
})

test('while syncs of the disk fail, retention drops nothing, and everything in a later round', async () => {
  const { log, disk } = await world({ retentionMs: 1000n })
  await log.write(['a'])
  disk.fault = operation => (operation === 'sync' ? 'EMFILE' : null)
  log.clock.advance(300_000)
  await settled()
  assert.deepEqual(await log.values(), ['a'])
  assert.match(log.said.join(), /Retention of letters-0 failed/)
  disk.fault = () => null
  log.clock.advance(300_000)
  await settled()
  assert.deepEqual(await log.values(), [])
})

test('a partition that is deleted while retention waits for its sync takes nothing offline', async () => {
  const { log, disk } = await world({ retentionMs: 1000n })
  await log.write(['a'])
  log.clock.advance(300_000)
  disk.fault = operation => (operation === 'sync' ? 'EIO' : null) // as where the folder is gone
  await log.deleteTopic()
  await settled()
  disk.fault = () => null
  assert.equal((await log.engine.describe())[0]?.failure, null)
})

test('after a clean stop the time index ends with the greatest timestamp, and grows from there', async () => {
  const { log, disk } = await world()
  const last = () => {
    const entry = disk.readFile(`${log.folder()}/${first}.timeindex`).subarray(-12)
    return [entry.readBigInt64BE(0), entry.readInt32BE(8)]
  }
  await log.write(['a'], 0, 300)
  await log.write(['b'], 0, 100)
  await log.engine.close()
  assert.deepEqual(last(), [300n, 0])
  const again = await log.reopened()
  await again.write(['c'], 0, 400)
  await again.engine.close()
  assert.deepEqual(last(), [400n, 2])
})

test('snapshots do not pile up over many clean stops', async () => {
  let { log } = await world()
  for (let i = 0; i < 5; i++) {
    await log.append(idempotent(i))
    await log.engine.close()
    log = await log.reopened()
  }
  const snapshots = log.given.files.list(log.folder()).filter(name => name.endsWith('.snapshot'))
  await log.values()
  assert.ok(snapshots.length <= 2, snapshots.join())
})

test('leader epochs are found in the batches again when their file is lost', async () => {
  const { log, disk } = await world()
  await log.write(['a', 'b'])
  log.leaderEpoch = 4
  await log.write(['c'])
  const left = disk.killed()
  left.remove(`${log.folder()}/leader-epoch-checkpoint`)
  const again = await log.reopened({ files: left })
  assert.deepEqual(await again.epochEnd(0), { leaderEpoch: 0, endOffset: 2n })
  assert.equal(await again.epochAt(2n), 4)
})

test('partitions that no client asks for are recovered as well, so that a later clean stop can be trusted', async () => {
  const { log, disk } = await world()
  await log.write(['a'], 0)
  await log.write(['b'], 1)
  const left = disk.killed()
  left.damage(`${log.folder(1)}/${first}.log`, bytes => Buffer.concat([bytes, Buffer.alloc(7)]))
  const second = await log.reopened({ files: left })
  second.engine.openRest()
  second.clock.advance(10)
  assert.match(second.said.join(), /letters-1.*cut off/)
  await second.engine.close()
  const third = await second.reopened()
  assert.deepEqual(await third.values(0n, 1), ['b'])
})

test('a broker that stops before all is recovered leaves no word of a clean stop', async () => {
  const { log, disk } = await world()
  await log.write(['a'], 0)
  await log.write(['b'], 1)
  const left = disk.killed()
  left.damage(`${log.folder(1)}/${first}.log`, bytes => Buffer.concat([bytes, Buffer.alloc(7)]))
  const second = await log.reopened({ files: left })
  assert.deepEqual(await second.values(), ['a'])
  await second.engine.close()
  const third = await second.reopened()
  assert.deepEqual(await third.values(0n, 1), ['b'])
  assert.match(third.said.join(), /cut off/)
})

test('a topic created again under the old name does not find the records of the old one', async () => {
  const { log, disk } = await world()
  await log.write(['old'])
  const left = disk.killed()
  left.writeFile(
    `${log.folder()}/partition.metadata`,
    Buffer.from('version: 0\ntopic_id: BBBBBBBBBBBBBBBBBBBBBQ\n'),
  )
  const again = await log.reopened({ files: left })
  assert.equal(await again.write(['new']), 0n)
  assert.deepEqual(await again.values(), ['new'])
})

test('the folder of an unknown topic is set aside at the next start, with all that is in it', async () => {
  const { log, disk } = await world()
  await log.write(['a'])
  const again = await log.reopened({ files: disk.killed() })
  again.exists = false
  again.engine.openRest()
  again.clock.advance(10)
  assert.match(again.said.join(), /belongs to no topic, and is kept as letters-0\.[0-9a-f]{32}-stray/)
  const { files } = again.given
  const [stray, ...more] = files.list(again.directory).filter(name => name.startsWith('letters'))
  assert.deepEqual(more, [])
  assert.ok(files.size(`${again.directory}/${stray}/${first}.log`) > 0)
})

test('a log that was cut before its start begins at its start', async () => {
  const { log, disk } = await world()
  for (let i = 0; i < 5; i++) await log.write([`${i}`])
  await log.deleteRecords(4n)
  const left = disk.killed()
  left.damage(`${log.folder()}/${first}.log`, bytes => bytes.subarray(0, 100))
  const again = await log.reopened({ files: left })
  assert.deepEqual(await again.bounds(), {
    logStartOffset: 4n,
    highWatermark: 4n,
    lastStableOffset: 4n,
  })
  assert.equal(await again.write(['next']), 4n)
  assert.deepEqual(await again.values(), ['next'])
})

test('with preallocate a segment is as long as it may become, and as what is in it once it is full', async () => {
  const { log, disk } = await world({ preallocate: true, segmentBytes: 300 })
  for (let i = 0; i < 9; i++) await log.write([`${i}`])
  const sizes = () =>
    disk
      .list(log.folder())
      .filter(name => name.endsWith('.log'))
      .map(name => disk.size(`${log.folder()}/${name}`))
  const [active = 0, ...full] = sizes().reverse()
  assert.equal(active, 300)
  assert.ok(full.length > 1 && full.every(size => size < 300 && size > 0), `${full}`)
  const crashed = await log.reopened({ files: disk.killed() })
  assert.equal((await crashed.values()).length, 9)
  assert.equal(await crashed.write(['next']), 9n)
  await log.engine.close()
  assert.ok(sizes().every(size => size < 300))
  const again = await log.reopened({ files: disk })
  assert.equal((await again.values()).length, 9)
})

test('with flush.messages=1 what was acknowledged survives a power failure', async () => {
  const { log, disk } = await world({ flushMessages: 1n, segmentBytes: 300 })
  for (let i = 0; i < 9; i++) await log.write([`${i}`])
  const again = await log.reopened({ files: disk.unplugged(() => 0) })
  assert.equal((await again.values()).length, 9)
})

test('whose a partition is the disk has with its first records', async () => {
  const { log, disk } = await world({ flushMessages: 1n })
  await log.write(['a'])
  const metadata = disk.unplugged(() => 0).readFile(`${log.folder()}/partition.metadata`)
  assert.equal(metadata.toString(), `version: 0\ntopic_id: ${LogWorld.topicId}\n`)
})

test('a partition of which a power failure took whose it is gets that again', async () => {
  const { log, disk } = await world()
  await log.write(['a'])
  const left = disk.unplugged(() => 0)
  const path = `${log.folder()}/partition.metadata`
  assert.equal(left.size(path), 0)
  const again = await log.reopened({ files: left })
  await again.write(['b'])
  assert.match(left.readFile(path).toString(), new RegExp(LogWorld.topicId))
})

test('with flush.ms the disk has the records after that time', async () => {
  const { log, disk } = await world({ flushMs: 200n })
  await log.write(['a'])
  assert.deepEqual(await (await log.reopened({ files: disk.unplugged(() => 0) })).values(), [])
  log.clock.advance(200)
  await settled()
  assert.deepEqual(await (await log.reopened({ files: disk.unplugged(() => 0) })).values(), ['a'])
})

test('a sync that fails leaves the outcome unknown, not acknowledged', async () => {
  const { log, disk } = await world({ flushMessages: 1n })
  disk.fault = operation => (operation === 'sync' ? 'EIO' : null)
  assert.equal((await log.append({ records: [record('a')] })).kind, 'unknown')
  assert.match(log.said.join(), /is offline, for its disk fails: EIO/)
})

test('a full disk rejects the append, and what it wrote by half is not there', async () => {
  const { log, disk } = await world()
  await log.write(['a'])
  disk.fault = operation => (operation === 'append' || operation === 'truncate' ? 'ENOSPC' : null)
  disk.shortBytes = 30
  const result: AppendResult = await log.append({ records: [record('b')] })
  assert.equal(result.kind, 'unavailable')
  assert.deepEqual(await log.values(), ['a'])
  disk.fault = () => null
  assert.equal(await log.write(['c']), 1n)
  assert.deepEqual(await log.values(), ['a', 'c'])
  assert.deepEqual(await (await afterKill(log)).values(), ['a', 'c'])
})

test('a new segment that could be neither made nor removed takes nothing of what comes later', async () => {
  const { disk, log } = await world({ segmentBytes: 200 })
  await log.write(['a'])
  let opened = 0
  disk.fault = (operation, path) => {
    if (!/1\.(log|index|timeindex)$/.test(path)) return null
    if (operation === 'open') opened += 1
    return opened > 1 ? 'ENOSPC' : null
  }
  const large = await log.append({ records: [record('x'.repeat(100))] })
  assert.equal(large.kind, 'unavailable')
  const small = await log.append({ records: [record('b')] })
  assert.equal(small.kind, 'unavailable')
  disk.fault = () => null
  await log.write(['b'])
  const again = await afterKill(log)
  assert.deepEqual(await again.values(), ['a', 'b'])
})

test('a partition that could not be recovered leaves no file open', async () => {
  const { log, disk } = await world()
  await log.write(['a'])
  const left = disk.killed()
  const again = await log.reopened({ files: left })
  left.fault = operation => (operation === 'truncate' ? 'EIO' : null)
  const refused = await again.append({ records: [record('b')] })
  assert.equal(refused.kind, 'unavailable')
  left.fault = () => null
  for (const name of left.list(again.folder())) left.remove(`${again.folder()}/${name}`)
})

test('too few file descriptors are made do with', async () => {
  const { log, disk } = await world()
  for (let i = 0; i < 8; i++) await log.write(['a'], i)
  let fail = true
  disk.fault = operation => {
    if (operation !== 'open' || !fail) return null
    fail = false
    return 'EMFILE'
  }
  await log.engine.close()
  const again = await log.reopened()
  for (let i = 0; i < 8; i++) assert.deepEqual(await again.values(0n, i), ['a'])
  assert.equal(fail, false)
})

test('a second broker on the same directory is refused with a sentence that says what to do', async () => {
  const { log } = await world()
  await assert.rejects(log.reopened(), error => {
    assert.ok(error instanceof DataDirectoryLocked)
    assert.match(
      error.message,
      /is in use by the broker with process id \d+: stop that one, or choose another data directory/,
    )
    return true
  })
  await log.engine.close()
  await (await log.reopened()).engine.close()
})

/** Lets promises that wait for a sync go on. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

test('a segment is gone at once, its bytes by and by, after a kill at the next start', async () => {
  const { disk, log } = await world({ segmentBytes: 300 })
  for (let i = 0; i < 5; i++) await log.write(['x'.repeat(200)])
  disk.removeSlowly = () => new Promise(() => {})
  await log.deleteRecords(3n)
  await settled()
  const left = (files: SimulatedDisk, ending: string) =>
    files.list(log.folder()).filter(name => name.endsWith(ending)).length
  assert.deepEqual([left(disk, '.log'), left(disk, '.index'), left(disk, '.log.deleted')], [2, 2, 3])
  const after = disk.killed()
  const again = await log.reopened({ files: after })
  assert.deepEqual(await again.values(), ['x'.repeat(200), 'x'.repeat(200)])
  assert.equal(left(after, '.deleted'), 0)
})

test('a segment that recovery removed stays away, also after another power failure', async () => {
  const { log } = await world({ segmentBytes: 100, flushMessages: 1n })
  for (const value of ['a', 'b', 'c']) await log.write([value])
  log.topic = { ...log.topic, flushMessages: 2n ** 62n }
  const files = (log.given.files as SimulatedDisk).killed()
  files.damage(`${log.folder()}/00000000000000000001.log`, bytes => bytes.subarray(0, 20))
  const cut = await log.reopened({ files })
  assert.deepEqual(await cut.values(), ['a'])
  const again = await afterPowerFailure(cut)
  assert.equal((await again.bounds()).highWatermark, 1n)
})

test('epochs that begin where DeleteRecords moved the log’s start, and empty checkpoints, are as Apache Kafka leaves them', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk })
  for (const value of ['a', 'b', 'c']) await log.write([value])
  await log.deleteRecords(1n)
  await log.engine.close()
  const left = disk.killed()
  left.damage(`${log.folder()}/leader-epoch-checkpoint`, () => Buffer.from('0\n1\n0 1\n'))
  left.writeFile(`${log.directory}/cleaner-offset-checkpoint`, Buffer.alloc(0))
  const after = await log.reopened({ files: left })
  assert.deepEqual(await after.values(), ['b', 'c'])
  assert.deepEqual(after.said, [])
})

/** A log of three records of which a roll failed, for want of room, and left an empty segment that the disk has. */
async function afterFailedRoll() {
  const { log, disk } = await world({ segmentBytes: 400 })
  for (const value of ['a', 'b', 'c']) await log.write([value.repeat(10)])
  const rolled = `${log.folder()}/${'3'.padStart(20, '0')}.log`
  disk.fault = (operation, path) =>
    path === rolled && (operation === 'append' || operation === 'exists') ? 'ENOSPC' : null
  assert.equal((await log.append({ records: [record('too large'.repeat(20))] })).kind, 'unavailable')
  disk.fault = () => null
  assert.ok(disk.exists(rolled), 'the roll has left a file')
  await log.deleteRecords(0n) // the disk has the names of all files from now on
  return { log, disk, rolled }
}

test('an empty segment that a failed roll left stays gone, whatever a power failure brings back', async () => {
  const { log, disk } = await afterFailedRoll()
  log.topic = { ...log.topic, flushMessages: 1n }
  await log.write(['d'])
  for (let seed = 1; seed <= 50; seed++) {
    const again = await log.reopened({ files: disk.unplugged(randomFrom(seed)) })
    assert.equal((await again.values()).length, 4, `power failure ${seed}`)
    assert.equal(await again.write(['e']), 4n)
  }
})

test('an empty segment that a power failure brings back does not hide the record that took its place', async () => {
  const { log, disk, rolled } = await afterFailedRoll()
  await log.write(['d'])
  const left = disk.killed()
  assert.ok(!left.exists(rolled))
  left.writeFile(rolled, Buffer.alloc(0))
  const again = await log.reopened({ files: left })
  assert.equal((await again.values()).length, 4)
  assert.equal(await again.write(['e']), 4n)
  assert.ok(!left.exists(rolled))
})

test('a producer goes on where records before a segment are lost, as the snapshot of its beginning tells', async () => {
  const { log, disk } = await world({ segmentBytes: 200 })
  let sequence = 0
  const next = () => log.append(idempotent(sequence++))
  while (!disk.exists(`${log.folder()}/${'2'.padStart(20, '0')}.log`)) await next()
  assert.equal(sequence, 3)
  const left = disk.killed()
  left.damage(`${log.folder()}/${first}.log`, bytes => bytes.subarray(0, bytes.length / 2))
  left.damage(`${log.folder()}/${'2'.padStart(20, '0')}.log`, () => Buffer.alloc(0))
  const again = await log.reopened({ files: left })
  assert.deepEqual(await again.values(), ['0'])
  assert.equal((await again.append(idempotent(2))).kind, 'appended')
})
