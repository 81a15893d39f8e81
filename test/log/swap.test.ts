import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogWorld, record } from '../support/log-world.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'

const topic = { cleanupPolicy: { compact: true, delete: false }, segmentBytes: 300 }
const { seed = 1, numRuns = 1 } = randomRuns(60, 3000)

const put = (log: LogWorld, key: string, value: string) =>
  log.append({ records: [record(value, log.clock.now(), key)] })

/** Lets background work finish. */
async function settled(log: LogWorld): Promise<void> {
  for (let i = 0; i < 30; i++) {
    log.clock.advance(1)
    await new Promise<void>(resolve => setImmediate(resolve))
  }
}

/** A log of three keys, and the disk as it was after each operation of its compaction. */
async function compaction(): Promise<{ log: LogWorld; moments: SimulatedDisk[] }> {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, topic })
  for (let i = 0; i < 30; i++) await put(log, `key ${i % 3}`, `${i}`)
  await put(log, 'filler', 'x'.repeat(200))
  const moments: SimulatedDisk[] = []
  disk.fault = () => {
    moments.push(disk.killed())
    return null
  }
  log.clock.advance(15_000)
  do await new Promise<void>(resolve => setImmediate(resolve))
  while (!log.clock.isArmed('log/cleaner'))
  return { log, moments }
}

/** Those moments at which a swap was begun and not finished. */
async function swapping() {
  const { log, moments } = await compaction()
  const found = moments.filter(disk => unfinished(disk, log).some(name => name.endsWith('.log.swap')))
  assert.ok(found.length > 10)
  return { log, moments: found }
}

const pick = (moments: readonly SimulatedDisk[], random: () => number) =>
  moments[Math.floor(random() * moments.length)] as SimulatedDisk

const unfinished = (disk: SimulatedDisk, log: LogWorld) =>
  disk.list(log.folder()).filter(name => /\.(cleaned|swap|deleted)$/.test(name))

/** Each key has its last value, wherever one begins to read. */
async function check(log: LogWorld): Promise<void> {
  const values = new Map((await log.read()).map(({ key, value }) => [String(key), String(value)]))
  for (let key = 0; key < 3; key++) assert.equal(values.get(`key ${key}`), `${27 + key}`)
  for (let offset = 0n; offset < 31n; offset += 3n) {
    const [at] = await log.read(offset)
    assert.ok(at && at.offset >= offset, `reading at ${offset}`)
  }
}

const writes: ReadonlySet<Operation> = new Set([
  'append',
  'write',
  'truncate',
  'makeFolder',
  'rename',
  'remove',
])

/** Makes the disk full after so many writes: then no write succeeds, and no file is made. */
function fill(disk: SimulatedDisk, after: number): void {
  let left = after
  const isFull = () => --left < 0
  disk.fault = (operation, path) => {
    const isWrite = operation === 'open' ? !disk.exists(path) : writes.has(operation)
    return isWrite && isFull() ? 'ENOSPC' : null
  }
}

test('a swap that a crash left half way is read from a full disk, and finished before anything is appended', async () => {
  const { log, moments } = await swapping()
  const random = randomFrom(seed)
  for (let run = 0; run < 2 * numRuns; run++) {
    const disk = pick(moments, random).killed()
    fill(disk, Math.floor(random() * 50))
    const full = await log.reopened({ files: disk })
    await check(full)
    disk.fault = () => null
    assert.equal((await put(full, 'more', 'appended')).kind, 'appended')
    assert.deepEqual(unfinished(disk, log), [])
    await check(full)
    const next = await log.reopened({ files: disk.killed() })
    await check(next)
    await next.engine.close()
    await check(await log.reopened({ files: disk.killed() }))
  }
})

test('a stop of a log on a disk that is full still leaves the swap to the next start', async () => {
  const { log, moments } = await swapping()
  for (const moment of moments) {
    const disk = moment.killed()
    fill(disk, 0)
    const full = await log.reopened({ files: disk })
    await check(full)
    await full.engine.close()
    const next = disk.killed()
    await check(await log.reopened({ files: next }))
    assert.deepEqual(unfinished(next, log), [])
  }
})

test('retention takes nothing of a log of which a swap waits for room', async () => {
  const { log, moments } = await swapping()
  const disk = moments[0] as SimulatedDisk
  fill(disk, 0)
  const full = await log.reopened({ files: disk })
  full.topic = { ...full.topic, cleanupPolicy: { compact: true, delete: true }, retentionBytes: 1n }
  await check(full)
  full.clock.advance(300_000)
  await settled(full)
  await check(full)
  disk.fault = () => null
  full.clock.advance(300_000)
  await settled(full)
  assert.ok((await full.bounds()).logStartOffset > 0n)
  assert.deepEqual(unfinished(disk, log), [])
})

test('a partition that is deleted while a swap waits for room is left alone', async () => {
  const { log, moments } = await swapping()
  const disk = moments[0] as SimulatedDisk
  fill(disk, 0)
  const full = await log.reopened({ files: disk })
  await check(full)
  disk.fault = () => null
  full.exists = false
  await full.deleteTopic()
  full.exists = true
  assert.equal((await put(full, 'a', 'of the next topic')).kind, 'appended')
  assert.deepEqual(await full.values(), ['of the next topic'])
  assert.deepEqual(
    full.said.filter(line => /offline|bug/.test(line)),
    [],
  )
})

test('a power failure while a start finishes a swap, or after it, takes no key', async () => {
  const { log, moments } = await swapping()
  const random = randomFrom(seed)
  for (let run = 0; run < numRuns; run++) {
    const first = moments[0] as SimulatedDisk // the disk does not know its name yet
    const disk = (run % 2 === 0 ? first : pick(moments, random)).killed()
    let left = Math.floor(random() * 120)
    let after: SimulatedDisk | null = null
    disk.fault = () => {
      if (left-- === 0) after = disk.unplugged(random)
      return null
    }
    await check(await log.reopened({ files: disk }))
    await check(await log.reopened({ files: after ?? disk.unplugged(random) }))
  }
})
