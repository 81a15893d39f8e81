import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { AppendResult } from '../../src/engine/log-engine.js'
import { diskFiles } from '../../src/log/disk-files.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { buildBatch } from '../../src/records/record-batch.js'
import { LogWorld, record } from '../support/log-world.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

type Options = Omit<Parameters<typeof LogWorld.open>[0], 'files'>

/** The two kinds of files; the promises of every engine stand in `test/engine/conformance.ts`. */
const places = {
  'in memory': (options: Options) => LogWorld.open({ files: new MemoryFiles(1 << 26), ...options }),
  'on disk': (options: Options) =>
    LogWorld.open({ files: diskFiles, directory: temporaryFolder(), ...options }),
}

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-log-'))
  folders.push(folder)
  return folder
}

const read = { isolation: 'read_uncommitted', maxBytes: 1 << 20 } as const
for (const [place, open] of Object.entries(places)) {
  describe(place, () => {
    test('batches that were read stay as they are until they are released; then their memory is used again', async () => {
      const { log, engine, target } = await world()
      for (const value of ['a', 'b', 'c']) await log.write([value.repeat(10_000)])
      const readAt = async (offset: bigint) => {
        const [result] = await engine.read([{ target, offset, maxBytes: 1 << 14 }], read)
        assert.ok(result?.kind === 'read')
        return result
      }
      const [a, b] = [await readAt(0n), await readAt(1n)]
      const before = [a, b].map(({ batches }) => Buffer.concat(batches))
      engine.release([b])
      const c = await readAt(2n)
      assert.equal(c.batches[0]?.buffer, b.batches[0]?.buffer)
      assert.deepEqual(Buffer.concat(a.batches), before[0])
      assert.notDeepEqual(Buffer.concat(c.batches), before[1])
    })

    test('a deleted topic is empty at once under its old name, and its files go after a delay, in memory at once', async () => {
      const { log } = await world()
      const { files } = log.given
      await log.write(['old'])
      await log.deleteTopic()
      assert.deepEqual(await log.values(), [])
      assert.ok(!files.exists(log.folder()))
      const doomed = () => files.list(log.directory).filter(name => name.endsWith('-delete'))
      if (files.inMemory) return assert.deepEqual(doomed(), [])
      assert.match(doomed().join(), /^letters-0\.[0-9a-f]{32}-delete$/)
      log.clock.advance(59_999)
      assert.equal(doomed().length, 1)
      log.clock.advance(1)
      while (doomed().length > 0) await setImmediate()
    })

    async function world(options: Options = {}) {
      const log = await open(options)
      return { log, engine: log.engine, target: log.target() }
    }
  })
}

test('with a full memory appends fail with a sentence that says what to do, reading goes on, and room is noticed', async () => {
  const log = await LogWorld.open({ files: new MemoryFiles(3000), topic: { segmentBytes: 400 } })
  let result: AppendResult
  do result = await log.append({ records: [record('x'.repeat(100))] })
  while (result.kind === 'appended')
  assert.equal(result.kind, 'unavailable')
  assert.match(log.said.join('\n'), /ottla\.memory\.max\.bytes/)
  for (let i = 0; i < 20; i++) await log.append({ records: [record('x'.repeat(100))] })
  assert.equal(log.said.length, 1, 'said once')
  const { highWatermark } = await log.bounds()
  assert.equal((await log.read()).length, Number(highWatermark))
  await log.deleteRecords(highWatermark)
  assert.equal(await log.write(['room']), highWatermark)
  assert.equal(log.said.length, 2)
})

test('an append whose sync hangs is unknown when its time is over, goes on, and is readable once the disk is back', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, topic: { flushMessages: 1n } })
  const release = hangingSyncs(disk)
  const bytes = await buildBatch({ records: [record('late')] })
  const appending = log.engine.append([{ target: log.target(), bytes, fence: 0 }], {
    acks: -1,
    timeoutMs: 1500,
  })
  log.clock.advance(1499)
  await setImmediate()
  log.clock.advance(1)
  assert.deepEqual(await appending, [{ kind: 'unknown' }])
  release()
  assert.equal(await log.write(['next']), 1n)
  assert.deepEqual(await log.values(), ['late', 'next'])
})

/** Has the syncs of a disk wait; returns how to let them go on. */
function hangingSyncs(disk: SimulatedDisk): () => void {
  const open = disk.open.bind(disk)
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  disk.open = path => {
    const file = open(path)
    const sync = file.sync.bind(file)
    file.sync = () => held.then(sync)
    return file
  }
  return () => release()
}

test('in memory a deleted topic makes room for the next one', async () => {
  const log = await LogWorld.open({ files: new MemoryFiles(3000) })
  for (let i = 0; i < 5; i++) {
    assert.equal(await log.write(['x'.repeat(2000)]), 0n)
    await log.deleteTopic()
  }
})
