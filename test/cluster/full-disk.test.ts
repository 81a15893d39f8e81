import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identify } from '../../src/cluster/identity.js'
import { type SnapshotId, snapshotPath, snapshotsIn } from '../../src/cluster/snapshot-file.js'
import { isControl, partitionLeaderEpoch, splitBatches } from '../../src/records/record-batch.js'
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

const snapshotted = { 'metadata.log.max.record.bytes.between.snapshots': '200' }
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)
const newestSnapshotIn = (disk: SimulatedDisk): string => {
  const { endOffset, epoch } = snapshotsIn(disk, journalFolder).at(-1) as SnapshotId
  return snapshotPath(journalFolder, { endOffset, epoch })
}

/**
 * The leftovers of a file that was being written when the disk became full or the process crashed, each with the log
 * line about it.
 */
const leftovers: { readonly [what: string]: readonly [(disk: SimulatedDisk) => void, said: RegExp | null] } =
  {
    'a snapshot that is not complete': [
      disk => disk.writeFile(`${newestSnapshotIn(disk)}.part`, half(disk.readFile(newestSnapshotIn(disk)))),
      null,
    ],
    'half of the newest snapshot': [
      disk => disk.damage(newestSnapshotIn(disk), half),
      /checkpoint is damaged \(.*\), and is left out/,
    ],
    'a snapshot without content': [
      disk => disk.damage(newestSnapshotIn(disk), () => Buffer.alloc(0)),
      /checkpoint is damaged \(it has no header\), and is left out/,
    ],
    'half of quorum-state': [
      disk => disk.damage(`${journalFolder}/quorum-state`, half),
      /quorum-state is damaged, and written anew/,
    ],
    'quorum-state without content': [
      disk => disk.damage(`${journalFolder}/quorum-state`, () => Buffer.alloc(0)),
      /quorum-state is damaged, and written anew/,
    ],
    'a quorum-state beside the old one': [
      disk => disk.writeFile(`${journalFolder}/quorum-state.tmp`, Buffer.from('{"leader')),
      null,
    ],
    'half of meta.properties beside the old one': [
      disk => disk.writeFile('/data/meta.properties.tmp', Buffer.from('cluster.id=a')),
      null,
    ],
    'no owner of the journal': [
      disk => disk.damage(`${journalFolder}/partition.metadata`, () => Buffer.alloc(0)),
      /partition.metadata did not tell/,
    ],
    'half of the leader epochs': [
      disk => disk.damage(`${journalFolder}/leader-epoch-checkpoint`, half),
      null, // after a crash the batches tell them, and the file is not read
    ],
  }

for (const [what, [leave, said]] of Object.entries(leftovers)) {
  for (const end of ['afterStop', 'afterKill'] as const) {
    test(`${end} a full disk that holds ${what} is read, and goes on when there is room`, async () => {
      const before = await MetadataWorld.open({ settings: snapshotted })
      for (const name of ['orders', 'letters']) {
        await before.create(name, 3)
        await before.settled()
      }
      assert.ok(before.snapshots.length > 1)
      const world = await before[end](disk => {
        leave(disk)
        fill(disk)
      })
      assert.deepEqual(world.topics, ['orders:3', 'letters:3'])
      if (said) assert.match(world.logged.join('\n'), said)
      await assert.rejects(world.create('more'), { errorName: 'KAFKA_STORAGE_ERROR' })
      await world.settled()
      makeRoom(world.disk)
      await world.create('more', 3)
      world.clock.advance(60_000)
      await world.settled()
      const next = await world[end]()
      assert.deepEqual(next.topics, ['orders:3', 'letters:3', 'more:3'])
      assert.deepEqual(
        next.logged.filter(line => !line.includes('offset') || line.includes('damaged')),
        [],
      )
    })
  }
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
