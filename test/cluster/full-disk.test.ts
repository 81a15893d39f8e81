import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identify } from '../../src/cluster/identity.js'
import { isControl, partitionLeaderEpoch, splitBatches } from '../../src/wire/record-batch.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'
import { journalFile, journalFolder, MetadataWorld } from './metadata-world.js'

const writes: ReadonlySet<Operation> = new Set([
  'append',
  'write',
  'truncate',
  'makeFolder',
  'rename',
  'remove',
])
const fill = (disk: SimulatedDisk) => {
  disk.fault = operation => (writes.has(operation) ? 'ENOSPC' : null)
}
const makeRoom = (disk: SimulatedDisk) => {
  disk.fault = () => null
}
const epochs = (disk: SimulatedDisk) =>
  splitBatches(disk.readFile(journalFile)).filter(isControl).map(partitionLeaderEpoch)
const savedEpoch = (disk: SimulatedDisk): number =>
  JSON.parse(disk.readFile(`${journalFolder}/quorum-state`).toString()).leaderEpoch

for (const end of ['afterStop', 'afterKill'] as const) {
  test(`${end} on a full disk the metadata are read, and changed only in an epoch that is kept`, async () => {
    const before = await MetadataWorld.open()
    await before.create('orders')
    const world = await before[end](fill)
    assert.deepEqual(world.topics, ['orders:1'])
    await assert.rejects(world.create('letters'), { errorName: 'KAFKA_STORAGE_ERROR' })
    assert.deepEqual([epochs(world.disk), savedEpoch(world.disk)], [[1], 1])
    makeRoom(world.disk)
    await world.create('letters')
    assert.deepEqual([epochs(world.disk), savedEpoch(world.disk)], [[1, 2], 2])
    const next = await world.afterKill()
    assert.deepEqual(next.topics, ['orders:1', 'letters:1'])
    assert.deepEqual(epochs(next.disk), [1, 2, 3])
  })
}

test('an epoch that is said beside the journal, and had no room in it, is begun there before any change', async () => {
  const before = await MetadataWorld.open()
  await before.create('orders')
  const world = await before.afterKill(disk => {
    disk.fault = operation => (operation === 'append' ? 'ENOSPC' : null)
  })
  assert.deepEqual([epochs(world.disk), savedEpoch(world.disk)], [[1], 2])
  makeRoom(world.disk)
  await world.create('letters')
  assert.deepEqual(epochs(world.disk), [1, 2])
})

test('a journal whose disk fails at the start ends it', async () => {
  const before = await MetadataWorld.open()
  await before.create('orders')
  const start = before.afterKill(disk => {
    disk.fault = operation => (operation === 'append' ? 'EIO' : null)
  })
  await assert.rejects(start, { errorName: 'KAFKA_STORAGE_ERROR' })
})

test('the id of a directory of an older Kafka is written when a full disk has room', () => {
  const disk = new SimulatedDisk()
  const path = '/data/meta.properties'
  const old = 'cluster.id=abc\nnode.id=0\nversion=1\n'
  disk.writeFile(path, Buffer.from(old))
  fill(disk)
  const later: (() => void)[] = []
  const orLater = (_directory: string, _about: string, work: () => void) => void later.push(work)
  const logger = { warn() {} }
  const { directoryId } = identify(disk, ['/data'], { nodeId: 0, logger, orLater })
  assert.equal(disk.readFile(path).toString(), old)
  makeRoom(disk)
  for (const write of later) write()
  assert.match(disk.readFile(path).toString(), new RegExp(`directory.id=${directoryId}`))
})
