import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitBatches } from '../../src/records/record-batch.js'
import { randomRuns } from '../support/random-runs.js'
import type { SimulatedDisk } from '../support/simulated-disk.js'
import { directory, journalFile, journalFolder, MetadataWorld } from './metadata-world.js'

const kept = ['first:3', 'second:1', 'third:2']

/** A broker with three topics, of which the last has a record, and so a folder. */
async function filled(): Promise<MetadataWorld> {
  const world = await MetadataWorld.open()
  await world.create('first', 3)
  await world.create('second')
  await world.write(await world.create('third', 2))
  return world
}

const flip =
  (path: string, at: number, bit = 0) =>
  (disk: SimulatedDisk) =>
    disk.damage(path, bytes => {
      bytes[at] = (bytes[at] as number) ^ (1 << bit)
      return bytes
    })

const lastBatchOf = (world: MetadataWorld): number =>
  world.disk.size(journalFile) - (splitBatches(world.disk.readFile(journalFile)).at(-1) as Buffer).length

/** The ways in which a process may end before the damage. */
const ends = {
  'a clean stop': (world: MetadataWorld, damage: (disk: SimulatedDisk) => void) => world.afterStop(damage),
  'a kill': (world: MetadataWorld, damage: (disk: SimulatedDisk) => void) => world.afterKill(damage),
} as const

for (const [end, next] of Object.entries(ends)) {
  test(`one bit of the journal that is flipped after ${end} changes nothing, or ends the start with the place`, async () => {
    const each = fc.asyncProperty(fc.nat(), fc.nat(7), async (n, bit) => {
      const world = await filled()
      const at = n % world.disk.size(journalFile)
      const again = await next(world, flip(journalFile, at, bit)).catch(thrown => thrown)
      if (again instanceof MetadataWorld) {
        assert.deepEqual(again.topics, kept)
        again.log.openRest()
        assert.deepEqual(again.folders.sort(), ['__cluster_metadata-0', 'third-0'])
      } else {
        assert.equal(again.name, 'DamagedMetadata', String(again.stack))
        assert.match(
          again.message,
          new RegExp(`^The metadata journal ${journalFile} is damaged at byte \\d+, offset \\d+: `),
        )
      }
    })
    await fc.assert(each, randomRuns(150, 5000) as object)
  })
}

test('a damaged place with whole batches behind it ends the start, after a crash as well, and nothing is cut', async () => {
  const world = await filled()
  const before = world.disk.size(journalFile)
  for (const length of [0, 5, 48, 1 << 20, -1]) {
    const disk = world.disk.killed()
    disk.damage(journalFile, bytes => {
      bytes.writeInt32BE(length, 8)
      return bytes
    })
    await assert.rejects(MetadataWorld.open({ disk }), {
      name: 'DamagedMetadata',
      message:
        /is damaged at byte 0, offset 0: a batch cannot be .* and whole batches follow\. Nothing was changed\./,
    })
    assert.equal(disk.size(journalFile), before)
  }
})

test('a last batch that does not hold is damage after a clean stop, and a torn write after a crash', async () => {
  const world = await MetadataWorld.open()
  await world.create('first')
  await world.create('second')
  const damage = flip(journalFile, world.disk.size(journalFile) - 1)
  assert.deepEqual((await world.afterKill(damage)).topics, ['first:1'])
  await assert.rejects(
    world.afterStop(damage),
    /checksum .* does not hold, though the broker stopped cleanly/,
  )
})

test('a last batch that does not hold counts as kept where a folder belongs to a topic that it may have created', async () => {
  const world = await filled()
  await assert.rejects(
    world.afterKill(flip(journalFile, lastBatchOf(world) + 70)),
    /may have told of \/data\/third-0, which belongs to no topic without it/,
  )
})

test('bytes behind the journal that are no batch, or zeros, are cut off after a crash', async () => {
  for (const left of [Buffer.alloc(500), Buffer.from('half a batch'), Buffer.alloc(100_000, 7)]) {
    const world = await filled()
    const again = await world.afterKill(disk =>
      disk.damage(journalFile, bytes => Buffer.concat([bytes, left])),
    )
    assert.deepEqual(again.topics, kept)
    await again.create('fourth')
    assert.deepEqual((await again.afterKill()).topics, [...kept, 'fourth:1'])
  }
})

test('zeros behind the journal are cut off after a clean stop too, and said once', async () => {
  for (const zeros of [1, 60, 100_000]) {
    const world = await filled()
    const size = world.disk.size(journalFile)
    let whole = 0
    const again = await world.afterStop(disk => {
      whole = disk.size(journalFile)
      disk.damage(journalFile, bytes => Buffer.concat([bytes, Buffer.alloc(zeros)]))
    })
    assert.ok(whole >= size)
    assert.deepEqual(again.topics, kept)
    assert.equal(again.logged.length, 1, again.logged.join('\n'))
    assert.match(again.logged[0] as string, new RegExp(`^${journalFile}: ${zeros} bytes `))
    assert.deepEqual(
      splitBatches(again.disk.readFile(journalFile)).reduce((sum, { length }) => sum + length, 0),
      again.disk.size(journalFile),
    )
    await again.create('fourth')
    assert.deepEqual((await again.afterStop()).topics, [...kept, 'fourth:1'])
  }
})

test('zeros in the place of the last batches are damage after a clean stop', async () => {
  for (const places of [() => 0, lastBatchOf]) {
    const world = await filled()
    await assert.rejects(
      world.afterStop(disk => disk.damage(journalFile, bytes => bytes.fill(0, places(world)))),
      { name: 'DamagedMetadata' },
    )
  }
})

/** The ways in which the end of a file may be damaged. */
const endings: { readonly [how: string]: (bytes: Buffer, from: number) => Buffer } = {
  'zeros in the place of': (bytes, from) => bytes.fill(0, from),
  'zeros in the place of half of': (bytes, from) => bytes.fill(0, (from + bytes.length) >> 1),
  'a cut before': (bytes, from) => bytes.subarray(0, from),
  'a cut within': (bytes, from) => bytes.subarray(0, from + 70),
}

for (const [how, change] of Object.entries(endings)) {
  test(`${how} any batches at the end is damage after a clean stop, where they told of topics without records`, async () => {
    const world = await MetadataWorld.open()
    for (const name of ['first', 'second']) await world.create(name)
    await world.log.close()
    let from = 0
    for (const batch of splitBatches(world.disk.readFile(journalFile))) {
      const disk = world.disk.killed()
      disk.damage(journalFile, bytes => change(bytes, from))
      const size = disk.size(journalFile)
      await assert.rejects(MetadataWorld.open({ disk }), {
        name: 'DamagedMetadata',
        message:
          /(though the broker stopped cleanly|and it had reached offset \d+, as \S+\.snapshot tells)\. Nothing was changed\./,
      })
      assert.equal(disk.size(journalFile), size)
      from += batch.length
    }
  })
}

test('a journal that ends before the last clean stop is damage after a kill too, and later batches may be torn', async () => {
  const world = await MetadataWorld.open()
  await world.create('first')
  const second = await world.afterStop()
  const stopped = second.disk.size(journalFile)
  await second.create('second')
  await assert.rejects(
    second.afterKill(disk => disk.damage(journalFile, bytes => bytes.fill(0, lastBatchOf(world)))),
    /had reached offset/,
  )
  for (const zeros of [true, false]) {
    const torn = (bytes: Buffer) => (zeros ? bytes.fill(0, stopped) : bytes.subarray(0, stopped + 30))
    const again = await second.afterKill(disk => disk.damage(journalFile, torn))
    assert.deepEqual(again.topics, ['first:1'])
  }
})

test('a journal that is gone after a clean stop ends the start, even where no topic has records', async () => {
  const world = await MetadataWorld.open()
  await world.create('first')
  await assert.rejects(
    world.afterStop(disk => disk.remove(journalFile)),
    /^DamagedMetadata: The metadata journal \S+ ends at offset 0, and it had reached offset \d+/,
  )
})

test('zeros behind the journal that anything follows end the start after a clean stop, and nothing is cut', async () => {
  for (const left of [Buffer.from('\0\0\0x'), Buffer.concat([Buffer.alloc(100_000), Buffer.from([1])])]) {
    const world = await filled()
    await assert.rejects(
      world.afterStop(disk => disk.damage(journalFile, bytes => Buffer.concat([bytes, left]))),
      { name: 'DamagedMetadata', message: /though the broker stopped cleanly\. Nothing was changed\./ },
    )
  }
})

test('a journal that is gone, or its folder, ends the start where partitions are', async () => {
  for (const gone of [journalFile, journalFolder]) {
    const world = await filled()
    await assert.rejects(
      world.afterStop(disk => disk.remove(gone)),
      /^DamagedMetadata: There is no metadata journal in \/data\/__cluster_metadata-0, but partitions are there, as \/data\/third-0/,
    )
  }
})

test('a start that ends for damage leaves everything as it was, the word of a clean stop included', async () => {
  const world = await filled()
  await world.log.close()
  const disk = world.disk.killed()
  flip(journalFile, 70)(disk)
  const before = contentOf(disk)
  await assert.rejects(MetadataWorld.open({ disk }))
  assert.deepEqual(contentOf(disk), before)
})

/** The files of the data directory, without the lock. */
const contentOf = (disk: SimulatedDisk) =>
  ['', '/__cluster_metadata-0', '/third-0'].flatMap(folder =>
    disk
      .list(directory + folder)
      .filter(name => name.includes('.') && !name.startsWith('.lock'))
      .map(name => [`${folder}/${name}`, disk.readFile(`${directory}${folder}/${name}`).toString('hex')]),
  )

test('the file that tells whose folder the journal is may say anything: its id is fixed', async () => {
  for (const content of ['', 'garbage', 'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAACQ\n']) {
    const world = await filled()
    const path = `${journalFolder}/partition.metadata`
    const again = await world.afterStop(disk => disk.damage(path, () => Buffer.from(content)))
    assert.deepEqual(again.topics, kept)
    assert.equal(again.logged.filter(line => line.includes('partition.metadata')).length, 1)
    assert.match(again.disk.readFile(path).toString(), /^topic_id: AAAAAAAAAAAAAAAAAAAAAQ$/m)
    again.log.openRest()
    assert.deepEqual(again.folders.sort(), ['__cluster_metadata-0', 'third-0'])
  }
})

test('a damaged quorum-state is written anew from what the batches tell, and said', async () => {
  for (const content of ['', '{"leaderEpoch":', '{}', '{"leaderEpoch":-7}', 'null', '\0\0\0\0']) {
    const world = await (await filled()).afterStop()
    const path = `${journalFolder}/quorum-state`
    const again = await world.afterStop(disk => disk.damage(path, () => Buffer.from(content)))
    assert.deepEqual(again.topics, kept)
    assert.deepEqual(again.logged, [`${path} is damaged, and written anew by what the journal tells.`])
    assert.equal(JSON.parse(again.disk.readFile(path).toString()).leaderEpoch, 3)
  }
})
