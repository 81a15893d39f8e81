import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MetadataImage } from '../../src/cluster/metadata-image.js'
import { encodeFact } from '../../src/cluster/metadata-serde.js'
import { buildPlainBatch, lastOffset, splitBatches } from '../../src/records/record-batch.js'
import { randomFrom, randomRuns } from '../support/random-runs.js'
import { SimulatedDisk } from '../support/simulated-disk.js'
import { journalFile, MetadataWorld } from './metadata-world.js'

const setting = (name: string, value: string | null) => () => new Map([[name, value]])

test('topics, partitions, leaders and settings are there again after a kill', async () => {
  const world = await MetadataWorld.open()
  const { id } = await world.create('orders', 2, new Map([['retention.ms', '5']]))
  await world.grow(id, () => [[0]])
  await world.metadata.changePartitions(() => [{ topicId: id, index: 1, leader: -1, isr: [0] }])
  const gone = await world.create('gone')
  await world.delete(gone.id)
  const again = await world.afterKill()
  assert.deepEqual(again.topics, ['orders:3'])
  assert.deepEqual(again.metadata.topic('orders'), world.metadata.topic('orders'))
  assert.equal(again.metadata.topic('orders')?.settings.retentionMs, 5n)
  assert.deepEqual(
    again.metadata.topic('orders')?.partitions.map(({ leader, leaderEpoch }) => [leader, leaderEpoch]),
    [
      [0, 0],
      [-1, 1],
      [0, 0],
    ],
  )
})

test('of a change that the crash tore nothing is left, and everything before it', async () => {
  const world = await MetadataWorld.open()
  await world.create('first', 3)
  const whole = world.disk.size(journalFile)
  await world.create('second', 3)
  for (let size = whole; size < world.disk.size(journalFile); size += 7) {
    const again = await world.afterKill(disk => disk.damage(journalFile, bytes => bytes.subarray(0, size)))
    assert.deepEqual(again.topics, ['first:3'], `cut at ${size}`)
    await again.create('third')
    assert.deepEqual((await again.afterKill()).topics, ['first:3', 'third:1'])
  }
})

test('a topic of 10,000 partitions is there as a whole or not at all', async () => {
  const world = await MetadataWorld.open()
  await world.create('large', 10_000)
  assert.deepEqual((await world.afterKill()).topics, ['large:10000'])
  const torn = await world.afterKill(disk => disk.damage(journalFile, bytes => bytes.subarray(0, -1)))
  assert.deepEqual(torn.topics, [])
})

test('what was changed survives a power failure', async () => {
  const each = fc.asyncProperty(fc.integer(), async seed => {
    const world = await MetadataWorld.open()
    await world.create('orders', 2)
    await world.configure({ kind: 'group', name: 'g' }, setting('consumer.session.timeout.ms', '50000'))
    const again = await world.afterPowerFailure(randomFrom(seed))
    assert.deepEqual(again.topics, ['orders:2'])
    assert.equal(again.metadata.overrides({ kind: 'group', name: 'g' }).size, 1)
  })
  await fc.assert(each, randomRuns(20, 1000) as object)
})

test('no producer id is handed out twice, whatever ends the process', async () => {
  const ends = fc.constantFrom('kill', 'power failure')
  const lives = fc.array(
    fc.record({ ids: fc.integer({ min: 0, max: 1100 }), end: ends, seed: fc.integer() }),
    {
      maxLength: 5,
    },
  )
  const each = fc.asyncProperty(lives, async lives => {
    const seen = new Set<bigint>()
    let world = await MetadataWorld.open()
    for (const { ids, end, seed } of lives) {
      for (let i = 0; i < ids; i++) {
        const id = await world.metadata.nextProducerId()
        assert.equal(seen.has(id), false, `${id} was handed out twice`)
        seen.add(id)
      }
      world = await (end === 'kill' ? world.afterKill() : world.afterPowerFailure(randomFrom(seed)))
    }
  })
  await fc.assert(each, randomRuns(15, 300) as object)
})

test('a change that the disk refuses fails, and is not there', async () => {
  const world = await MetadataWorld.open()
  await world.create('first')
  world.disk.fault = operation => (operation === 'append' ? 'ENOSPC' : null)
  await assert.rejects(world.create('second'), { errorName: 'KAFKA_STORAGE_ERROR' })
  assert.deepEqual(world.topics, ['first:1'])
  world.disk.fault = () => null
  await world.create('third')
  assert.deepEqual((await world.afterKill()).topics, ['first:1', 'third:1'])
})

test('a change that the disk does not confirm fails and is not there, and no other is taken before the next start', async () => {
  const world = await MetadataWorld.open()
  await world.create('first')
  world.disk.fault = operation => (operation === 'sync' ? 'EIO' : null)
  await assert.rejects(world.create('second'), { errorName: 'KAFKA_STORAGE_ERROR' })
  world.disk.fault = () => null
  await assert.rejects(world.create('third'), { errorName: 'KAFKA_STORAGE_ERROR' })
  assert.deepEqual(world.topics, ['first:1'])
  assert.deepEqual(world.changes.length, 1, 'no listener was told')
  const again = await world.afterKill()
  assert.deepEqual(again.topics, ['first:1', 'second:1'], 'the disk had it after all')
})

test('a listener that throws keeps no other from its changes, and is logged', async () => {
  const world = await MetadataWorld.open()
  const told: string[] = []
  world.metadata.onChange(() => {
    throw new Error('a bug')
  })
  world.metadata.onChange(({ kind }) => told.push(kind))
  await world.create('orders')
  assert.deepEqual(told, ['topic-created'])
  assert.deepEqual(world.logged, ['A listener to changes of the metadata met a bug (topic-created).'])
})

test('what follows a transaction that Apache Kafka left open counts all the same', async () => {
  const world = await MetadataWorld.open()
  await world.create('first')
  const open = await world.afterKill(disk =>
    disk.damage(journalFile, bytes => Buffer.concat([bytes, openTransaction(bytes)])),
  )
  assert.deepEqual(open.topics, ['first:1'])
  await open.create('second')
  assert.deepEqual((await open.afterKill()).topics, ['first:1', 'second:1'])
})

/** A batch that begins a transaction and tells of a topic in it, to follow a journal. */
function openTransaction(journal: Buffer): Buffer {
  const topicId = 'AAAAAAAAAAAAAAAAAAAAZQ'
  const values = [
    encodeFact({ kind: 'beginTransaction', value: {} }),
    encodeFact({ kind: 'topic', value: { name: 'half', topicId } }),
  ]
  return buildPlainBatch({
    records: values.map(value => ({ timestampMs: 1n, key: null, value, headers: [] })),
    baseOffset: lastOffset(splitBatches(journal).at(-1) as Buffer) + 1n,
    leaderEpoch: 1,
  })
}

test('settings of topics, brokers and groups survive a restart, and can be taken back', async () => {
  const world = await MetadataWorld.open()
  await world.create('orders')
  const resources = [
    [{ kind: 'topic', name: 'orders' }, 'retention.ms'],
    [{ kind: 'broker', name: '' }, 'log.retention.ms'],
    [{ kind: 'broker', name: '0' }, 'log.cleaner.threads'],
    [{ kind: 'group', name: 'readers' }, 'consumer.session.timeout.ms'],
  ] as const
  for (const [resource, name] of resources) await world.configure(resource, setting(name, '7'))
  const again = await world.afterKill()
  for (const [resource, name] of resources) {
    assert.equal(again.metadata.overrides(resource).get(name), '7')
    await again.configure(resource, setting(name, null))
  }
  const last = await again.afterKill()
  for (const [resource, name] of resources) assert.equal(last.metadata.overrides(resource).has(name), false)
  assert.deepEqual([...last.metadata.configured('group')], [])
})

test('a broker’s settings act at once and after a restart, for itself and for its topics', async () => {
  const world = await MetadataWorld.open()
  await world.create('orders')
  const check = ({ config, metadata }: MetadataWorld) => {
    assert.equal(config.number('log.cleaner.threads'), 3)
    assert.equal(metadata.topic('orders')?.settings.retentionMs, 9n)
  }
  await world.configure({ kind: 'broker', name: '' }, setting('log.retention.ms', '9'))
  await world.configure({ kind: 'broker', name: '0' }, setting('log.cleaner.threads', '3'))
  check(world)
  check(await world.afterKill())
})

test('a topic that is made again after its deletion has none of the old settings, and another id', async () => {
  const world = await MetadataWorld.open()
  const old = await world.create('orders', 1, new Map([['retention.ms', '5']]))
  await world.delete(old.id)
  const made = await world.create('orders')
  assert.notEqual(made.id, old.id)
  assert.equal(made.overrides.size, 0)
})

test('a topic in the folder of the metadata, as old releases let clients make one, counts for nothing', async () => {
  const { config } = await MetadataWorld.open()
  const image = new MetadataImage(config)
  const topicId = 'AAAAAAAAAAAAAAAAAAAAQQ'
  const replicas = { replicas: [0], isr: [0], removingReplicas: [], addingReplicas: [], directories: [] }
  const changes = image.apply([
    { kind: 'topic', value: { name: '__cluster_metadata', topicId } },
    {
      kind: 'partition',
      value: {
        partitionId: 0,
        topicId,
        ...replicas,
        leader: 0,
        leaderRecoveryState: 0,
        leaderEpoch: 0,
        partitionEpoch: 0,
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    },
  ])
  assert.deepEqual([changes, [...image.topics()]], [[], []])
})

test('a topic is announced once, with all its partitions', async () => {
  const world = await MetadataWorld.open()
  await world.create('orders', 3, new Map([['retention.ms', '5']]))
  const told = world.changes.filter(change => 'topic' in change)
  assert.deepEqual(
    told.map(change => [change.kind, change.topic.partitions.length]),
    [['topic-created', 3]],
  )
})

test('changes at the same time are each planned on what the one before left', async () => {
  const world = await MetadataWorld.open()
  const { id } = await world.create('orders')
  const seen: number[] = []
  const grow = () =>
    world.grow(id, ({ partitions }) => {
      seen.push(partitions.length)
      return [[0]]
    })
  await Promise.all([grow(), grow(), grow()])
  assert.deepEqual(seen, [1, 2, 3])
  assert.deepEqual(world.topics, ['orders:4'])
  const [first, second] = await Promise.allSettled([world.create('same'), world.create('same')])
  assert.equal(first.status, 'fulfilled')
  assert.equal((second as PromiseRejectedResult).reason.errorName, 'TOPIC_ALREADY_EXISTS')
})

test('a plan that fails changes nothing and stops no other', async () => {
  const world = await MetadataWorld.open({ disk: new SimulatedDisk() })
  const failing = world.metadata.createTopics(() => {
    throw new RangeError('no')
  })
  const next = world.create('orders')
  await assert.rejects(failing, RangeError)
  await next
  assert.deepEqual(world.topics, ['orders:1'])
})
