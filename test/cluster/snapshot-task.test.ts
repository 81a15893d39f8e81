import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newestSnapshot, snapshotPath } from '../../src/cluster/snapshot-file.js'
import { only } from '../../src/engine/only.js'
import { decodePlainRecords, isControl } from '../../src/records/record-batch.js'
import { randomRuns } from '../support/random-runs.js'
import type { SimulatedDisk } from '../support/simulated-disk.js'
import { journalFolder, MetadataWorld } from './metadata-world.js'

const bytesBetween = 'metadata.log.max.record.bytes.between.snapshots'
const interval = 'metadata.log.max.snapshot.interval.ms'
const keptBytes = 'metadata.max.retention.bytes'
const keptMs = 'metadata.max.retention.ms'

const controlTypes = (batches: readonly Buffer[]) =>
  batches
    .filter(isControl)
    .flatMap(decodePlainRecords)
    .map(({ key }) => key?.readInt16BE(2))

async function makeAndDelete(world: MetadataWorld, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { id } = await world.create(`passing-${i}`)
    await world.delete(id)
    await world.settled()
  }
}

test('a snapshot is written once so many bytes have come, with who votes, from its header to its footer', async () => {
  const world = await MetadataWorld.open({ settings: { [bytesBetween]: '1500' } })
  await world.create('kept', 2)
  await world.settled()
  assert.deepEqual(world.snapshots, [])
  await makeAndDelete(world, 6)
  const [first] = world.snapshots
  assert.ok(first !== undefined)
  const snapshot = newestSnapshot(world.disk, journalFolder, assert.fail)
  assert.deepEqual(controlTypes(snapshot?.batches ?? []), [3, 5, 6, 4])
  assert.deepEqual((await world.afterKill()).topics, ['kept:2'])
})

test('a snapshot is written so long after a change, and none where nothing changed since', async () => {
  const world = await MetadataWorld.open({ settings: { [interval]: '60000' } })
  await world.create('kept')
  world.clock.advance(59_999)
  await world.settled()
  assert.deepEqual(world.snapshots, [])
  world.clock.advance(1)
  await world.settled()
  assert.equal(world.snapshots.length, 1)
  world.clock.advance(600_000)
  await world.settled()
  assert.equal(world.snapshots.length, 1)
})

test('an interval of 0 leaves it to the bytes', async () => {
  const world = await MetadataWorld.open({ settings: { [interval]: '0' } })
  await world.create('kept')
  world.clock.advance(2 ** 31)
  await world.settled()
  assert.deepEqual(world.snapshots, [])
})

test('a start reads the newest snapshot and what came after it, and nothing before', async () => {
  const world = await MetadataWorld.open({
    settings: { [bytesBetween]: '1500', 'log.index.interval.bytes': '100' },
  })
  await world.create('kept', 2, new Map([['retention.ms', '5']]))
  await makeAndDelete(world, 10)
  await world.create('after')
  const again = await world.afterStop(disk =>
    disk.damage(`${journalFolder}/00000000000000000000.log`, bytes => bytes.fill(0, 0, 400)),
  )
  assert.deepEqual(again.topics, ['kept:2', 'after:1'])
  assert.deepEqual(again.metadata.topic('kept'), world.metadata.topic('kept'))
})

test('the oldest snapshots go with the journal before them, by size and by age, and one always stays', async () => {
  for (const settings of [{ [keptBytes]: '0' }, { [keptMs]: '1' }]) {
    const world = await MetadataWorld.open({
      settings: { [bytesBetween]: '1500', 'metadata.log.segment.ms': '1000', ...settings },
    })
    await world.create('kept', 2)
    for (let round = 0; round < 5; round++) {
      world.clock.advance(2000)
      await makeAndDelete(world, 6)
    }
    assert.equal(world.snapshots.length, 1)
    const { logStartOffset } = await only(
      world.log.bounds([{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partition: 0 }]),
    )
    assert.ok(logStartOffset > 0n)
    assert.equal(world.disk.exists(`${journalFolder}/00000000000000000000.log`), false)
    assert.deepEqual((await world.afterKill()).topics, ['kept:2'])
  }
})

test('without a limit all snapshots and the whole journal stay', async () => {
  const world = await MetadataWorld.open({
    settings: { [bytesBetween]: '1500', [keptBytes]: '-1', [keptMs]: '-1' },
  })
  await makeAndDelete(world, 20)
  world.clock.advance(2 ** 31)
  await world.settled()
  assert.ok(world.snapshots.length > 2)
})

/** A world with two snapshots, of which the newest is damaged by `change`. */
async function withDamage(
  change: (bytes: Buffer) => Buffer,
  first: (disk: SimulatedDisk) => void = () => {},
) {
  const world = await MetadataWorld.open({ settings: { [bytesBetween]: '1500' } })
  await world.create('kept', 2)
  await makeAndDelete(world, 15)
  assert.ok(world.snapshots.length >= 2)
  return world.afterStop(disk => {
    first(disk)
    const newest = newestSnapshot(disk, journalFolder, assert.fail)
    disk.damage(newest?.path as string, change)
  })
}

test('a damaged snapshot is said and left out, where an older one and the journal reach, and a new one is written', async () => {
  for (const change of [
    (bytes: Buffer) => bytes.subarray(0, -1),
    (bytes: Buffer) => bytes.subarray(0, -90),
    (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(100)]),
    (bytes: Buffer) => Buffer.alloc(bytes.length),
    () => Buffer.from('garbage'),
    (bytes: Buffer) => bytes.fill(0xff, 200, 201),
  ]) {
    const again = await withDamage(change)
    assert.deepEqual(again.topics, ['kept:2'])
    assert.equal(
      again.logged.filter(line => /\.checkpoint is damaged \(.*\), and is left out\.$/.test(line)).length,
      1,
    )
    await again.settled()
    const last = await again.afterKill()
    assert.deepEqual([last.topics, last.logged], [['kept:2'], []])
  }
})

test('a damaged snapshot of which the journal does not reach back ends the start', async () => {
  const world = await MetadataWorld.open({
    settings: { [bytesBetween]: '1500', 'metadata.log.segment.ms': '1000', [keptBytes]: '0' },
  })
  for (let round = 0; round < 5; round++) {
    world.clock.advance(2000)
    await makeAndDelete(world, 6)
  }
  const [id] = world.snapshots
  await assert.rejects(
    world.afterStop(disk =>
      disk.damage(newestSnapshot(disk, journalFolder, assert.fail)?.path as string, () => Buffer.alloc(9)),
    ),
    { name: 'DamagedMetadata', message: /begins at offset \d+, and no snapshot tells what was before/ },
  )
  assert.ok(id)
})

test('a journal that ends before its snapshot was cut, and ends the start', async () => {
  const world = await MetadataWorld.open({ settings: { [bytesBetween]: '1500' } })
  await makeAndDelete(world, 15)
  await assert.rejects(
    world.afterKill(disk =>
      disk.damage(`${journalFolder}/00000000000000000000.log`, bytes => bytes.subarray(0, 500)),
    ),
    { name: 'DamagedMetadata', message: /ends at offset \d+, and goes on at \d+/ },
  )
})

test('wherever it is killed while it writes snapshots and drops old ones, all that was acknowledged is there', async () => {
  const settings = { [bytesBetween]: '1200', [keptBytes]: '0', 'metadata.log.segment.ms': '1000' }
  const each = fc.asyncProperty(fc.nat(120), async stopAt => {
    const world = await MetadataWorld.open({ settings })
    const kept: string[] = []
    const left: { disk: SimulatedDisk; kept: string[] }[] = []
    const from = world.disk.operations
    world.disk.fault = () => {
      if (world.disk.operations === from + stopAt) left.push({ disk: world.disk.killed(), kept: [...kept] })
      return null
    }
    for (let i = 0; i < 12; i++) {
      world.clock.advance(600)
      await world.create(`t${i}`)
      kept.push(`t${i}:1`)
      await world.settled()
    }
    const [{ disk, kept: acknowledged } = { disk: world.disk.killed(), kept }] = left
    const again = await MetadataWorld.open({ disk, settings })
    assert.deepEqual(again.topics.slice(0, acknowledged.length), acknowledged)
    await again.create('next')
    assert.deepEqual((await again.afterKill()).topics, again.topics)
  })
  await fc.assert(each, randomRuns(40, 1000) as object)
})

test('a disk that refuses a snapshot does not keep metadata from changing, and the snapshot is tried again', async () => {
  const world = await MetadataWorld.open({ settings: { [bytesBetween]: '1500' } })
  world.disk.fault = (_, path) => (path.includes('.checkpoint') ? 'ENOSPC' : null)
  await makeAndDelete(world, 6)
  await world.create('kept')
  assert.deepEqual([world.snapshots, world.topics], [[], ['kept:1']])
  assert.equal(
    world.logged.filter(line => line.includes('snapshot of the metadata journal failed')).length,
    1,
  )
  world.disk.fault = () => null
  world.clock.advance(1000)
  await world.settled()
  assert.equal(world.snapshots.length, 1)
  assert.ok(
    world.disk.size(snapshotPath(journalFolder, { endOffset: world.snapshots[0] as bigint, epoch: 1 })) > 0,
  )
})
