import assert from 'node:assert/strict'
import { afterEach, mock, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { buildBatch } from '../../src/records/record-batch.js'
import { LogWorld, record } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const partitions = 200

afterEach(() => mock.reset())

test('one request that writes to many new partitions leaves turns to others', async () => {
  const { log, disk, batches } = await world()
  mock.method(performance, 'now', () => disk.operations) // each takes a millisecond
  let isOver = false
  const began = disk.operations
  const appending = log.engine.append(batches, forEver).finally(() => {
    isOver = true
  })
  let most = disk.operations - began
  for (let before = disk.operations; !isOver; before = disk.operations) {
    await nextTurn()
    most = Math.max(most, disk.operations - before)
  }
  const results = await appending
  assert.ok(results.every(({ kind }) => kind === 'appended'))
  assert.ok(most < 150, `${most} operations in one turn, of ${disk.operations}`)
})

test('a watcher of the first of many partitions hears of it before the last one is made', async () => {
  const { log, disk, batches } = await world()
  mock.method(performance, 'now', () => disk.operations)
  const order: string[] = []
  log.engine.watch([log.target(0)], () => order.push('told'))
  const appending = log.engine.append(batches, forEver).then(() => order.push('answered'))
  await nextTurn()
  assert.deepEqual(order, ['told'])
  await appending
})

test('a broker that stops makes no further partition of a request that is under way', async () => {
  const { log, disk, batches } = await world()
  mock.method(performance, 'now', () => disk.operations)
  const appending = log.engine.append(batches, forEver)
  await log.engine.close()
  const left = disk.list(log.directory).sort()
  const results = await appending
  assert.equal(results.at(-1)?.kind, 'unavailable')
  assert.deepEqual(disk.list(log.directory).sort(), left)
})

test('many partitions of one request are synced some at a time', async () => {
  const { log, disk, batches } = await world({ flushMessages: 1n })
  disk.clock = log.clock
  const synced = new Set<string>()
  let syncing = new Set<string>()
  disk.fault = (operation, path) => {
    if (operation !== 'sync' || !path.endsWith('.log')) return null
    if (synced.has(path)) return null
    syncing.add(path)
    return 'hang'
  }
  let isOver = false
  const appending = log.engine.append(batches, forEver).finally(() => {
    isOver = true
  })
  while (!isOver) {
    await nextTurn()
    assert.ok(syncing.size <= 64, `${syncing.size} at once`)
    for (const path of syncing) synced.add(path)
    syncing = new Set()
    log.clock.advance(30_000)
  }
  assert.ok((await appending).every(({ kind }) => kind === 'appended'))
  assert.equal(synced.size, partitions)
})

test('a stop of many partitions that are synced already leaves turns to others', async () => {
  const { log, disk, batches } = await world({ flushMessages: 1n })
  await log.engine.append(batches, forEver)
  mock.method(performance, 'now', () => disk.operations)
  let isOver = false
  const began = disk.operations
  const closing = log.engine.close().finally(() => {
    isOver = true
  })
  let most = disk.operations - began
  for (let before = disk.operations; !isOver; before = disk.operations) {
    await nextTurn()
    most = Math.max(most, disk.operations - before)
  }
  await closing
  assert.ok(most < 250, `${most} operations in one turn, of ${disk.operations - began}`)
})

test('a stop of many partitions makes no file once it syncs', async () => {
  const { log, disk, batches } = await world()
  await log.engine.append(batches, forEver)
  const order: string[] = []
  disk.fault = (operation, path) => {
    if (operation === 'write' && path.endsWith('.snapshot')) order.push('snapshot')
    if (operation === 'sync' && path.endsWith('.log')) order.push('sync')
    return null
  }
  await log.engine.close()
  assert.deepEqual([order.indexOf('sync'), order.lastIndexOf('snapshot')], [partitions, partitions - 1])
})

test('what a process made itself it writes once', async () => {
  const { log, disk, batches } = await world()
  await log.engine.append(batches, forEver)
  let rewritten = 0
  disk.fault = operation => {
    if (operation === 'rewrite') rewritten += 1
    return null
  }
  await log.engine.close()
  assert.equal(rewritten, 0)
})

test('a topic of many partitions is deleted in turns', async () => {
  const { log, disk, batches } = await world()
  await log.engine.append(batches, forEver)
  mock.method(performance, 'now', () => disk.operations)
  let isOver = false
  const began = disk.operations
  const deleting = log.deleteTopic().finally(() => {
    isOver = true
  })
  let most = disk.operations - began
  for (let before = disk.operations; !isOver; before = disk.operations) {
    await nextTurn()
    most = Math.max(most, disk.operations - before)
  }
  await deleting
  assert.ok(disk.operations - began >= partitions)
  assert.ok(most < 50, `${most} operations in one turn, of ${disk.operations - began}`)
  assert.ok(!disk.list(log.directory).some(name => /^letters-\d+$/.test(name)))
})

test('a stop while a topic is deleted leaves none of its folders', async () => {
  const { log, disk, batches } = await world()
  await log.engine.append(batches, forEver)
  mock.method(performance, 'now', () => disk.operations)
  const deleting = log.deleteTopic()
  await log.engine.close()
  const left = disk.list(log.directory).sort()
  assert.ok(!left.some(name => /^letters-\d+$/.test(name)))
  await deleting
  assert.deepEqual(disk.list(log.directory).sort(), left)
})

test('a stop that takes long says how far it is', async () => {
  const { log, disk, batches } = await world()
  await log.engine.append(batches, forEver)
  disk.clock = log.clock
  disk.fault = (operation, path) =>
    operation === 'sync' && path.includes('-150/') && path.endsWith('.log') ? 'hang' : null
  const closing = log.engine.close()
  for (let i = 0; i < 5000; i++) await nextTurn()
  assert.ok(!log.said.some(line => line.includes('closed')))
  log.clock.advance(3000)
  assert.deepEqual(
    log.said.filter(line => line.includes('closed')),
    [`${log.directory}: 199 of 200 partitions are closed.`],
  )
  log.clock.advance(30_000)
  await closing
  log.clock.advance(30_000)
  assert.equal(log.said.filter(line => line.includes('are closed')).length, 11)
})

test('a stop does not wait for ever for a disk that hangs, and the next start checks the files', async () => {
  const { log, disk, batches } = await world()
  await log.engine.append(batches, forEver)
  const hang = new ManualClock()
  disk.clock = hang
  disk.fault = (operation, path) =>
    operation === 'sync' && path.includes('-150/') && path.endsWith('.log') ? 'hang' : null
  let isOver = false
  const closing = log.engine.close().finally(() => {
    isOver = true
  })
  for (let passed = 0; !isOver && passed < 100_000; passed += 1000) {
    assert.ok(passed < 90_000, 'the stop waits for ever')
    for (let i = 0; i < 100; i++) await nextTurn()
    log.clock.advance(1000)
    assert.ok(!isOver || passed >= 59_000, `the stop gives up after ${passed} ms`)
  }
  await closing
  assert.match(
    log.said.join(),
    /The disk of \/data does not answer: 199 of 200 partitions are closed, not yet letters-150\. The stop waits no longer/,
  )
  assert.ok(disk.exists('/data/.lock'), 'the directory is not given back while something is under way in it')
  assert.equal(disk.exists('/data/.kafka_cleanshutdown'), false)
  const next = await log.reopened({ files: disk.killed() })
  assert.equal((await next.values(0n, 150)).length, 1)

  disk.fault = () => null
  hang.advance(30_000)
  for (let i = 0; i < 100; i++) await nextTurn()
  assert.ok(disk.exists('/data/.kafka_cleanshutdown'), 'a disk that comes back is closed cleanly after all')
  assert.equal(disk.exists('/data/.lock'), false)
})

test('of two directories the one whose disk works is closed cleanly while the other hangs', async () => {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, directory: '/one', moreDirectories: ['/two'] })
  for (const partition of [0, 1]) await log.write(['a'], partition)
  disk.clock = new ManualClock()
  disk.fault = (operation, path) => (operation === 'sync' && path.startsWith('/one/') ? 'hang' : null)
  const closing = log.engine.close()
  for (let i = 0; i < 20; i++) await nextTurn()
  assert.ok(disk.exists('/two/.kafka_cleanshutdown'))
  assert.equal(disk.exists('/two/.lock'), false)
  for (let i = 0; i < 100; i++) {
    await nextTurn()
    log.clock.advance(1000)
  }
  await closing
  assert.equal(disk.exists('/one/.kafka_cleanshutdown'), false)
})

const forEver = { acks: -1, timeoutMs: Number.POSITIVE_INFINITY } as const

async function world(topic = {}) {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, partitions, topic })
  const bytes = await buildBatch({ records: [record('first')] })
  const batches = Array.from({ length: partitions }, (_, partition) => ({
    target: log.target(partition),
    bytes: Buffer.from(bytes),
    fence: 0,
  }))
  return { log, disk, batches }
}
