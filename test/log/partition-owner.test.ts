import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogDirectory } from '../../src/log/log-directory.js'
import { newId } from '../../src/random/ids.js'
import { Background } from '../../src/telemetry/background.js'
import { LogWorld } from '../support/log-world.js'
import { ManualClock } from '../support/manual-clock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const path = '/data/letters-0/partition.metadata'
const strays = (disk: SimulatedDisk) => disk.list('/data').filter(name => name.includes('-stray'))

/** A partition with one record whose owner's file says this at the next start. */
async function startedWith(content: Buffer) {
  const world = await LogWorld.open({ files: new SimulatedDisk() })
  await world.write(['kept'])
  await world.engine.close()
  const disk = (world.given.files as SimulatedDisk).killed()
  disk.damage(path, () => content)
  return { disk, world: await world.reopened({ files: disk }) }
}

const owner = (id: string) => Buffer.from(`version: 0\ntopic_id: ${id}\n`)

/** The id with so many of its bits changed. */
function changed(id: string, bits: number): string {
  const bytes = Buffer.from(id, 'base64url')
  for (let bit = 0; bit < bits; bit++) bytes.writeUInt8(bytes.readUInt8(bit) ^ 0x10, bit)
  return bytes.toString('base64url')
}

for (const [what, content] of [
  ['empty', Buffer.alloc(0)],
  ['garbage', Buffer.from('garbage')],
  ['cut', owner(LogWorld.topicId).subarray(0, 25)],
  ['zero-extended', Buffer.concat([owner(LogWorld.topicId), Buffer.alloc(9)])],
  ['a bit off', owner(changed(LogWorld.topicId, 1))],
  ['a few bits off', owner(changed(LogWorld.topicId, 8))],
] as const) {
  test(`a folder whose owner's file is ${what} stays its topic's, by its name`, async () => {
    for (const asked of [true, false]) {
      const { disk, world } = await startedWith(content)
      if (!asked) {
        world.engine.openRest()
        for (let i = 0; i < 5; i++) world.clock.advance(1)
      }
      assert.deepEqual(await world.values(), ['kept'])
      assert.deepEqual(strays(disk), [])
      assert.deepEqual(disk.readFile(path), owner(LogWorld.topicId))
      const told = world.said.filter(line => line.includes('partition.metadata is damaged'))
      assert.equal(told.length, what === 'empty' ? 0 : 1)
    }
  })
}

test('the file as Apache Kafka writes it, without the end of its last line, is as good', async () => {
  const { disk, world } = await startedWith(owner(LogWorld.topicId).subarray(0, -1))
  assert.deepEqual(await world.values(), ['kept'])
  assert.deepEqual([strays(disk), world.said.filter(line => line.includes('damaged'))], [[], []])
})

test('a folder that another topic of that name made is kept aside', async () => {
  for (let i = 0; i < 100; i++) {
    const { disk, world } = await startedWith(owner(newId()))
    assert.deepEqual(await world.values(0n), [])
    await world.write(['new'])
    assert.equal(strays(disk).length, 1)
  }
})

test('no folder is taken away that is open, or holds the metadata journal', async () => {
  const files = new SimulatedDisk()
  const world = await LogWorld.open({ files })
  await world.write(['open'])
  files.makeFolder('/other/__cluster_metadata-0')
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const config = { number: () => 60_000, boolean: () => true }
  const clock = new ManualClock()
  const background = new Background({ clock, logger })
  const options = { files, clock, logger, background, config, random: () => 0 }
  const other = await LogDirectory.open('/other', options)
  for (const take of ['setAside', 'discard'] as const) {
    assert.throws(
      () => other[take]('__cluster_metadata-0', 0 as never),
      /the metadata journal, and is not to be taken/,
    )
  }
  const [log] = (world.engine as unknown as { directories: { all: [LogDirectory] } }).directories.all
  assert.throws(() => log.setAside('letters-0'), /letters-0 is open, and is not to be taken away/)
  assert.throws(() => log.discard('letters-0', 0), /letters-0 is open, and is not to be taken away/)
})
