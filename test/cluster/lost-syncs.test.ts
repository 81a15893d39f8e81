import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isControl, partitionLeaderEpoch, splitBatches } from '../../src/records/record-batch.js'
import type { SimulatedDisk } from '../support/simulated-disk.js'
import { journalFile, MetadataWorld } from './metadata-world.js'

/** Makes a topic whose sync failed, so that no client was told of it. */
async function inDoubt(): Promise<MetadataWorld> {
  const world = await MetadataWorld.open()
  await world.create('kept')
  world.disk.fault = (operation, path) => (operation === 'sync' && path === journalFile ? 'EIO' : null)
  await assert.rejects(world.create('in-doubt'), { errorName: 'KAFKA_STORAGE_ERROR' })
  return world
}

/** The chance by which a power failure takes all that was not synced. */
const allOfIt = () => 0

test('what a failed sync of the metadata journal took for clean is kept before the next start builds upon it', async () => {
  const again = await (await inDoubt()).afterKill()
  await again.create('acknowledged')
  assert.deepEqual(again.topics, ['kept:1', 'in-doubt:1', 'acknowledged:1'])
  const after = await again.afterPowerFailure(allOfIt)
  assert.deepEqual(after.topics, again.topics)
})

test('a start without room to write the journal again comes up, and changes nothing before there is', async () => {
  const full = (disk: SimulatedDisk) => {
    disk.fault = operation => (operation === 'rewrite' || operation === 'append' ? 'ENOSPC' : null)
  }
  const again = await (await inDoubt()).afterKill(full)
  assert.deepEqual(again.topics, ['kept:1', 'in-doubt:1'])
  await assert.rejects(again.create('refused'), { errorName: 'KAFKA_STORAGE_ERROR' })
  again.disk.fault = () => null
  await again.create('acknowledged')
  const after = await again.afterPowerFailure(allOfIt)
  assert.deepEqual(after.topics, ['kept:1', 'in-doubt:1', 'acknowledged:1'])
  const epochs = splitBatches(after.disk.readFile(journalFile)).filter(isControl).map(partitionLeaderEpoch)
  assert.deepEqual(epochs, [1, 2, 3])
})
