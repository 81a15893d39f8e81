import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogWorld, record } from '../support/log-world.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'

const writes: ReadonlySet<Operation> = new Set([
  'append',
  'write',
  'truncate',
  'makeFolder',
  'rename',
  'remove',
])

/** Makes the disk full: no write succeeds, and no file is made, until there is room. */
function fill(disk: SimulatedDisk): void {
  disk.fault = (operation, path) => {
    if (operation === 'open') return disk.exists(path) ? null : 'ENOSPC'
    return writes.has(operation) ? 'ENOSPC' : null
  }
}

const makeRoom = (disk: SimulatedDisk) => {
  disk.fault = () => null
}

const logFile = '/data/letters-0/00000000000000000000.log'

/** The next process on the disk of one that wrote `a` and `b` and then stopped, or was killed. */
async function restarted(end: 'stop' | 'kill', damage: (disk: SimulatedDisk) => void = () => {}) {
  const files = new SimulatedDisk()
  const before = await LogWorld.open({ files })
  await before.write(['a'])
  await before.write(['b'])
  if (end === 'stop') await before.engine.close()
  const disk = files.killed()
  damage(disk)
  fill(disk)
  return { disk, world: await before.reopened({ files: disk }) }
}

for (const end of ['stop', 'kill'] as const) {
  test(`after a ${end} a log comes up on a full disk, is read, refuses what is appended and takes it when there is room`, async () => {
    const { disk, world } = await restarted(end)
    assert.deepEqual(await world.values(), ['a', 'b'])
    const refused = await world.append({ records: [] })
    assert.equal(refused.kind, 'unavailable')
    makeRoom(disk)
    await world.write(['c'])
    assert.ok(disk.exists('/data/.lock'))
    assert.equal(disk.exists('/data/.kafka_cleanshutdown'), false)
    const next = await world.reopened({ files: disk.killed() })
    assert.deepEqual(await next.values(), ['a', 'b', 'c'])
  })
}

test('what a kill left torn is not read from a full disk, and cut off before anything is appended', async () => {
  const { disk, world } = await restarted('kill', before =>
    before.damage(logFile, bytes =>
      Buffer.concat([bytes, bytes.subarray(0, bytes.length / 2), Buffer.alloc(70, 1)]),
    ),
  )
  assert.deepEqual(await world.values(), ['a', 'b'])
  makeRoom(disk)
  await world.write(['c'])
  const next = await world.reopened({ files: disk.killed() })
  assert.deepEqual(await next.values(), ['a', 'b', 'c'])
})

test('a full disk that refuses a transaction index has all of the log before readers see it', async () => {
  const topic = { flushMessages: 1n, segmentBytes: 3000 }
  const files = new SimulatedDisk()
  const before = await LogWorld.open({ files, topic, unverified: true })
  const producer = { producerId: 1n, producerEpoch: 0, transactional: true }
  await before.append({ records: [record('aborted')], baseSequence: 0, ...producer })
  const [key, value] = [Buffer.from([0, 0, 0, 0]), Buffer.alloc(6)]
  const marker = { timestampMs: 1000n, key, value, headers: [] }
  await before.append({ records: [marker], control: true, ...producer })
  await before.write(['.'.repeat(2800)])
  await before.write(['in the second segment'])
  const disk = files.killed()
  for (const name of disk.list('/data/letters-0')) {
    if (name.endsWith('.txnindex')) disk.remove(`/data/letters-0/${name}`)
  }
  fill(disk)
  const full = disk.fault
  const synced = new Set<string>()
  disk.fault = (operation, path) => {
    if (operation === 'sync' && path.endsWith('.log')) synced.add(path.slice(-5, -4))
    return full(operation, path)
  }
  const world = await before.reopened({ files: disk, topic })
  assert.equal((await world.values()).length, 4)
  assert.equal(synced.size, 2, 'both segments are synced')
})

test('a stop that could not make up for what the start left undone is followed by a check of the files', async () => {
  const { disk, world } = await restarted('kill', before =>
    before.damage(logFile, bytes => Buffer.concat([bytes, Buffer.alloc(70, 1)])),
  )
  assert.deepEqual(await world.values(), ['a', 'b'])
  await world.engine.close()
  assert.equal(disk.exists('/data/.kafka_cleanshutdown'), false)
  const next = await world.reopened({ files: disk.killed() })
  assert.deepEqual(await next.values(), ['a', 'b'])
})

test('the epochs that a full disk has no room for are known, and kept before the next record', async () => {
  const { disk, world } = await restarted('kill', before =>
    before.damage('/data/letters-0/leader-epoch-checkpoint', () => Buffer.from('0\n0\n')),
  )
  assert.equal(await world.epochAt(1n), 0)
  makeRoom(disk)
  await world.write(['c'])
  await world.engine.close()
  const next = await world.reopened({ files: disk.killed() })
  assert.equal(await next.epochAt(1n), 0)
})

test('a clean stop before anything could be written leaves the files trusted', async () => {
  const { disk, world } = await restarted('stop')
  assert.deepEqual(await world.values(), ['a', 'b'])
  await world.engine.close()
  assert.ok(disk.exists('/data/.kafka_cleanshutdown'))
})
