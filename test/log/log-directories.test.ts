import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogWorld, record } from '../support/log-world.js'
import { randomFrom } from '../support/random-runs.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const [one, two] = ['/one', '/two'] as const

async function world(given: Partial<Parameters<typeof LogWorld.open>[0]> = {}) {
  const disk = new SimulatedDisk()
  const log = await LogWorld.open({ files: disk, directory: one, moreDirectories: [two], ...given })
  return { disk, log }
}

const partitionsIn = (disk: SimulatedDisk, directory: string) =>
  disk.list(directory).filter(name => /^letters-\d$/.test(name))

const failing = (disk: SimulatedDisk, directory: string) => {
  disk.fault = (_operation, path) => (path.startsWith(`${directory}/`) ? 'EIO' : null)
}

/** Lets background work finish. */
async function settled(log: LogWorld) {
  for (let i = 0; i < 20; i++) {
    log.clock.advance(1)
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('partitions are shared out among the directories by their number', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1, 2, 3]) await log.write(['a'], partition)
  assert.deepEqual(partitionsIn(disk, one), ['letters-0', 'letters-2'])
  assert.deepEqual(partitionsIn(disk, two), ['letters-1', 'letters-3'])
})

test('all of them are found again after a stop, and after a kill', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1]) await log.write([`of ${partition}`], partition)
  const killed = await log.reopened({ files: disk.killed() })
  assert.deepEqual(
    [await killed.values(undefined, 0), await killed.values(undefined, 1)],
    [['of 0'], ['of 1']],
  )
  await log.engine.close()
  const stopped = await log.reopened()
  assert.deepEqual(
    [await stopped.values(undefined, 0), await stopped.values(undefined, 1)],
    [['of 0'], ['of 1']],
  )
})

test('a directory whose disk fails is offline, and the others go on', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1]) await log.write(['a'], partition)
  failing(disk, two)
  const refused = await log.append({ records: [record('b')] }, 1)
  assert.equal(refused.kind, 'unavailable')
  disk.fault = () => null
  await assert.rejects(log.values(0n, 1), { message: 'KAFKA_STORAGE_ERROR' })
  await log.write(['b'], 0)
  assert.deepEqual(await log.values(0n, 0), ['a', 'b'])
  const [working, broken] = await log.engine.describe()
  assert.equal(working?.failure, null)
  assert.match(broken?.failure ?? '', /EIO/)
  assert.deepEqual([broken?.usableBytes, broken?.replicas], [-1n, []])
  assert.match(log.said.join(), /\/two is offline, for its disk fails: EIO.* Start the broker again/)
})

test('new partitions are made in a directory that works', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1, 2]) await log.write(['a'], partition)
  failing(disk, two)
  await log.append({ records: [record('b')] }, 1)
  await log.write(['a'], 3)
  assert.deepEqual(partitionsIn(disk, one), ['letters-0', 'letters-2', 'letters-3'])
})

test('a new start takes up a directory that works again', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1]) await log.write(['a'], partition)
  failing(disk, two)
  await log.append({ records: [record('b')] }, 1)
  const again = await log.reopened({ files: disk.killed() })
  assert.deepEqual(await again.values(undefined, 1), ['a'])
})

test('a partition that is moved is served from the other directory with all that it had, and more', async () => {
  const { disk, log } = await world({ topic: { segmentBytes: 200 } })
  const values = Array.from({ length: 40 }, (_, i) => `value ${i}`)
  for (const value of values) await log.write([value])
  await log.deleteRecords(5n)
  await log.move(two)
  await settled(log)
  assert.deepEqual(partitionsIn(disk, one), [])
  assert.deepEqual(partitionsIn(disk, two), ['letters-0'])
  await log.write(['more'])
  assert.deepEqual(await log.values(), [...values.slice(5), 'more'])
  const again = await log.reopened({ files: disk.killed() })
  assert.deepEqual(await again.values(), [...values.slice(5), 'more'])
})

test('a move of a partition says nothing of records that are lost', async () => {
  const { disk, log } = await world()
  await log.write(['a', 'b'])
  await log.move(two)
  await settled(log)
  assert.deepEqual(partitionsIn(disk, two), ['letters-0'])
  assert.deepEqual(log.said, [])
})

test('what an idempotent producer wrote before a move is known after it', async () => {
  const { log } = await world()
  const draft = { records: [record('a')], producerId: 7n, producerEpoch: 0, baseSequence: 0 }
  await log.append(draft)
  await log.move(two)
  await settled(log)
  assert.equal((await log.append(draft)).kind, 'duplicate')
})

test('while a large partition is on its way, writes go on, and the copy is listed as a future one', async () => {
  const { log } = await world({ topic: { segmentBytes: 1 << 20 } })
  const large = 'x'.repeat(400_000)
  for (let i = 0; i < 12; i++) await log.write([`${i} ${large}`])
  await log.move(two)
  await new Promise(resolve => setImmediate(resolve))
  await log.write(['meanwhile'])
  const [from, to] = await log.engine.describe()
  assert.deepEqual([from?.replicas[0]?.isFuture, to?.replicas[0]?.isFuture], [false, true])
  assert.ok((to?.replicas[0]?.sizeBytes ?? 0n) < (from?.replicas[0]?.sizeBytes ?? 0n))
  await settled(log)
  const [left, moved] = await log.engine.describe()
  assert.deepEqual(left?.replicas, [])
  assert.deepEqual(moved?.replicas[0]?.isFuture, false)
  const found = await log.values()
  assert.deepEqual([found.length, found.at(-1)], [13, 'meanwhile'])
})

test('a partition that was never written is made where it was moved to', async () => {
  const { disk, log } = await world()
  await log.move(two, 4)
  assert.equal((await log.engine.describe())[1]?.replicas[0]?.target.partition, 4)
  await log.write(['a'], 4)
  assert.deepEqual(partitionsIn(disk, two), ['letters-4'])
})

test('a move to a directory that is none, or offline, is refused', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1]) await log.write(['a'], partition)
  await assert.rejects(log.move('/three'), { errorName: 'LOG_DIR_NOT_FOUND' })
  failing(disk, two)
  await log.append({ records: [record('b')] }, 1)
  await assert.rejects(log.move(two), { errorName: 'KAFKA_STORAGE_ERROR' })
})

test('a move that fails leaves the partition where it was', async () => {
  const { disk, log } = await world()
  await log.write(['a'])
  disk.fault = (_operation, path) => (path.startsWith(two) ? 'ENOSPC' : null)
  await log.move(two)
  await settled(log)
  disk.fault = () => null
  await log.write(['b'])
  assert.deepEqual(await log.values(), ['a', 'b'])
  assert.deepEqual(partitionsIn(disk, one), ['letters-0'])
  assert.match(log.said.join(), /\/one\/letters-0 could not be moved to \/two/)
})

test('wherever a move is cut off by a kill, the partition is there once, with all that was acknowledged', async () => {
  const total = await operationsOf(async () => {})
  for (let cut = 1; cut <= total; cut++) await operationsOf(async log => check(log), cut)
})

test('a move of which the last sync lacks a descriptor is finished in the background', async () => {
  const { disk, log } = await world()
  await log.write(['a'])
  let left = 2
  disk.fault = (operation, path) =>
    operation === 'open' && path.endsWith('.new') && left-- > 0 ? 'EMFILE' : null
  await log.move(two)
  await settled(log)
  assert.ok(disk.exists('/one/letters-0'), 'the old copy stays until the disk has the new one')
  await log.write(['b'])
  log.clock.advance(1000)
  await settled(log)
  assert.deepEqual(
    disk.list(one).filter(name => name.startsWith('letters')),
    [],
  )
  assert.deepEqual(await log.values(), ['a', 'b'])
})

/** A partition that was moved, and of which the old copy cannot be removed. */
async function movedHalfway() {
  const { disk, log } = await world()
  await log.write(['a'])
  disk.fault = (operation, path) => (operation === 'rename' && path === '/one/letters-0' ? 'ENOSPC' : null)
  await log.move(two)
  await settled(log)
  assert.deepEqual([partitionsIn(disk, one), partitionsIn(disk, two)], [['letters-0'], ['letters-0']])
  disk.fault = () => null
  return { disk, log }
}

test('a partition that comes back from where it was moved takes the place of what it left', async () => {
  const { disk, log } = await movedHalfway()
  await log.write(['b'])
  await log.move(one)
  await settled(log)
  assert.deepEqual([partitionsIn(disk, one), partitionsIn(disk, two)], [['letters-0'], []])
  assert.deepEqual(await log.values(), ['a', 'b'])
  assert.deepEqual(await (await log.reopened({ files: disk.killed() })).values(), ['a', 'b'])
})

test('what a move left goes with the topic, and is not found in the next one of its name', async () => {
  const { disk, log } = await movedHalfway()
  log.exists = false
  await log.deleteTopic()
  log.exists = true
  await log.write(['of the next topic'])
  assert.deepEqual(await log.values(), ['of the next topic'])
  log.clock.advance(60_000)
  await settled(log)
  assert.deepEqual([partitionsIn(disk, one), partitionsIn(disk, two)].flat(), ['letters-0'])
})

test('what is left of a topic whose deletion had no room goes later, and the next topic of its name stays', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1, 2]) await log.write(['a'], partition)
  disk.fault = (operation, path) => (operation === 'rename' && path === '/one/letters-0' ? 'ENOSPC' : null)
  await assert.rejects(log.deleteTopic(), { name: 'StorageFault', kind: 'full' })
  assert.deepEqual([partitionsIn(disk, one), partitionsIn(disk, two)], [['letters-0'], []])
  disk.fault = () => null
  await log.write(['of the next topic'], 1)
  await log.deleteTopic()
  assert.deepEqual([partitionsIn(disk, one), partitionsIn(disk, two)].flat(), ['letters-1'])
  assert.deepEqual(await log.values(undefined, 1), ['of the next topic'])
})

test('a topic whose folder the disk does not let go of takes the directory offline, once', async () => {
  const { disk, log } = await world()
  for (const partition of [0, 1]) await log.write(['a'], partition)
  disk.fault = (operation, path) => (operation === 'rename' && path === '/two/letters-1' ? 'EIO' : null)
  await log.deleteTopic()
  assert.deepEqual(
    (await log.engine.describe()).map(({ failure }) => failure !== null),
    [false, true],
  )
  assert.deepEqual(log.said.filter(line => line.includes('is offline')).length, 1)
})

for (const [fault, isOffline] of [
  ['EIO', true],
  ['EMFILE', false],
] as const) {
  test(`a directory that cannot be described for ${fault} has an error of its own, and the others are described`, async () => {
    const { disk, log } = await world()
    for (const partition of [0, 1]) await log.write(['a'], partition)
    disk.fault = (each, path) => (each === 'usableBytes' && path === two ? fault : null)
    const [first, second] = await log.engine.describe()
    assert.deepEqual([first?.failure, first?.replicas.length], [null, 1])
    assert.match(second?.failure ?? '', new RegExp(fault))
    assert.equal(
      (await log.append({ records: [record('b')] }, 1)).kind,
      isOffline ? 'unavailable' : 'appended',
    )
  })
}

test('a copy that could not be opened in its new place is taken away again', async () => {
  const { disk, log } = await world()
  await log.write(['a'])
  let arrived = false
  disk.fault = (operation, path) => {
    if (operation === 'rename' && path.includes('-future')) arrived = true
    return arrived && operation === 'list' && path === '/two/letters-0' ? 'EMFILE' : null
  }
  await log.move(two)
  await settled(log)
  disk.fault = () => null
  await log.write(['b'])
  assert.deepEqual(await log.values(), ['a', 'b'])
  log.clock.advance(1000)
  await settled(log)
  assert.deepEqual([partitionsIn(disk, one), partitionsIn(disk, two)], [['letters-0'], []])
})

test('of two copies the one that was written last is kept, though retention left less of it', async () => {
  const { disk, log } = await world({ topic: { segmentBytes: 100 } })
  for (const value of ['a', 'b', 'c']) await log.write([value])
  disk.fault = (operation, path) => (operation === 'rename' && path === '/one/letters-0' ? 'ENOSPC' : null)
  await log.move(two)
  await settled(log)
  await log.write(['d'])
  log.topic = { ...log.topic, retentionBytes: 1n }
  log.clock.advance(300_000)
  await settled(log)
  const left = await log.values()
  assert.ok(left.length < 4 && left.at(-1) === 'd')
  disk.fault = () => null
  await log.engine.close()
  assert.deepEqual(partitionsIn(disk, one), ['letters-0'], 'there are two copies')
  assert.deepEqual(await (await log.reopened()).values(), left)
})

async function check(log: LogWorld): Promise<void> {
  assert.deepEqual(await log.values(), ['a', 'b', 'c'])
  assert.equal(await log.write(['d']), 3n)
  const directories = await log.engine.describe()
  assert.equal(directories.flatMap(({ replicas }) => replicas).length, 1)
}

/** Moves a partition; with `cut` the process is killed at that operation, and `then` sees the next one. */
async function operationsOf(then: (log: LogWorld) => Promise<void>, cut = 0): Promise<number> {
  const { disk, log } = await world({ topic: { segmentBytes: 100 } })
  for (const value of ['a', 'b', 'c']) await log.write([value])
  let operations = 0
  let killed: SimulatedDisk | null = null
  disk.fault = () => {
    operations += 1
    if (operations === cut) killed = disk.killed()
    return null
  }
  await log.move(two)
  await settled(log)
  if (killed) await then(await log.reopened({ files: killed }))
  return operations
}

test('of two copies that are alike the one is kept that a clean stop has brought to disk', async () => {
  const { disk, log } = await world()
  disk.clock = log.clock
  await log.write(['a'])
  disk.fault = (_operation, path) => (path.startsWith(`${two}/log-start-offset`) ? 'hang' : null)
  await log.move(two)
  await settled(log) // the old copy is not removed before the disk answers
  await log.engine.close()
  const left = disk.killed()
  assert.deepEqual([partitionsIn(left, one), partitionsIn(left, two)], [['letters-0'], ['letters-0']])
  const again = await log.reopened({ files: left })
  assert.deepEqual([partitionsIn(left, one), partitionsIn(left, two)], [[], ['letters-0']])
  assert.deepEqual(await again.values(), ['a'])
})

test('of two copies that are alike in size the one is kept that the disk has', async () => {
  const { disk, log } = await world()
  disk.clock = log.clock
  for (const value of ['a', 'b', 'c', 'd']) await log.write([value])
  disk.fault = (_operation, path) => (path.startsWith(`${two}/log-start-offset`) ? 'hang' : null)
  await log.move(two)
  await settled(log) // the old copy is not removed before the disk answers
  for (let seed = 1; seed <= 100; seed++) {
    const again = await log.reopened({ files: disk.unplugged(randomFrom(seed)) })
    assert.deepEqual(await again.values(), ['a', 'b', 'c', 'd'], `power failure ${seed}`)
  }
})
