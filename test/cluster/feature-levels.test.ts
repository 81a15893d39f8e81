import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFact } from '../../src/cluster/metadata-serde.js'
import { buildPlainBatch } from '../../src/records/record-batch.js'
import { SimulatedDisk } from '../support/simulated-disk.js'
import { directory, journalFile, journalFolder, MetadataWorld } from './metadata-world.js'

const elr = 'eligible.leader.replicas.version'
const key = 'min.insync.replicas'

const metaProperties =
  'version=1\nnode.id=0\ncluster.id=AAAAAAAAAAAAAAAAAAAAAw\ndirectory.id=AAAAAAAAAAAAAAAAAAAABA\n'

const kept = ({ metadata }: MetadataWorld, name: string) =>
  metadata.overrides({ kind: 'broker', name }).get(key)

/** The state in which a release before eligible leader replicas left a data directory. */
async function older(settings: Readonly<Record<string, string>>): Promise<MetadataWorld> {
  const world = await MetadataWorld.open({ settings })
  await world.metadata.changeFeatures(() => new Map([[elr, 0]]))
  await world.configure({ kind: 'broker', name: '' }, () => new Map([[key, null]]))
  return world.afterStop()
}

test('a new cluster keeps min.insync.replicas as it was started, whatever a later start says', async () => {
  const first = await MetadataWorld.open({ settings: { [key]: ' 02 ' } })
  assert.deepEqual([first.metadata.featureLevel(elr), kept(first, '')], [1, '2'])
  await first.metadata.close()
  await first.log.close()
  const next = await MetadataWorld.open({ disk: first.disk.killed(), settings: { [key]: '3' } })
  assert.equal(kept(next, ''), '2')
  assert.equal(next.config.number(key), 2)
})

test('a cluster that is older stays as it is', async () => {
  const world = await older({ [key]: '2' })
  assert.deepEqual([world.metadata.featureLevel(elr), kept(world, '')], [0, undefined])
  assert.equal(world.config.number(key), 2)
})

test('a journal without any feature is no new cluster', async () => {
  const disk = new SimulatedDisk()
  const value = encodeFact({ kind: 'topic', value: { name: 'a', topicId: 'AAAAAAAAAAAAAAAAAAAAAg' } })
  disk.makeFolder(journalFolder)
  disk.writeFile(`${directory}/meta.properties`, Buffer.from(metaProperties))
  disk
    .open(journalFile)
    .append([
      buildPlainBatch({ records: [{ timestampMs: 1n, key: null, value, headers: [] }], leaderEpoch: 1 }),
    ])
  const world = await MetadataWorld.open({ disk })
  const levels = (['metadata.version', 'group.version', elr] as const).map(name =>
    world.metadata.featureLevel(name),
  )
  assert.deepEqual([levels, kept(world, '')], [[30, 1, 0], undefined])
})

test('where the feature is switched on one number is kept for all brokers, and none for any of them', async () => {
  const world = await older({ [key]: '2' })
  await world.configure({ kind: 'broker', name: '0' }, () => new Map([[key, '4']]))
  await world.metadata.changeFeatures(() => new Map([[elr, 1]]))
  assert.deepEqual([kept(world, ''), kept(world, '0')], ['2', undefined])
  await world.metadata.changeFeatures(() => new Map([[elr, 0]]))
  await world.configure({ kind: 'broker', name: '' }, () => new Map([[key, '5']]))
  await world.metadata.changeFeatures(() => new Map([[elr, 1]]))
  assert.equal(kept(world, ''), '5')
})
