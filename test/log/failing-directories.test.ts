import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileLogEngine } from '../../src/log/file-log-engine.js'
import { LogWorld, record } from '../support/log-world.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'

const [one, two] = ['/one', '/two'] as const

/** The next process on the disk of one that wrote `of 0` and `of 1` in two directories, one partition in each. */
async function startedAgain(fails: (operation: Operation, path: string) => boolean) {
  const before = await LogWorld.open({ files: new SimulatedDisk(), directory: one, moreDirectories: [two] })
  for (const partition of [0, 1]) await before.write([`of ${partition}`], partition)
  await before.engine.close()
  const disk = (before.given.files as SimulatedDisk).killed()
  disk.fault = (operation, path) => (fails(operation, path) ? 'EIO' : null)
  return { before, disk, start: () => before.reopened({ files: disk }) }
}

const isOffline = async (world: LogWorld) =>
  (await world.engine.describe()).map(({ failure }) => failure !== null)

const refused = { message: 'KAFKA_STORAGE_ERROR' }

for (const name of [
  'recovery-point-offset-checkpoint',
  'log-start-offset-checkpoint',
  'cleaner-offset-checkpoint',
  '.lock',
  '.kafka_cleanshutdown',
]) {
  test(`an I/O error at ${name} takes its directory offline at the start, and the others are served`, async () => {
    const { before, disk, start } = await startedAgain((_, path) => path.startsWith(`${two}/${name}`))
    const world = await start()
    assert.deepEqual(await isOffline(world), [false, true])
    assert.deepEqual(await world.values(0n, 0), ['of 0'])
    await assert.rejects(world.values(0n, 1), refused)
    assert.equal((await world.append({ records: [record('b')] }, 1)).kind, 'unavailable')
    await world.write(['new'], 3)
    world.engine.openRest()
    world.clock.advance(100)
    await world.engine.close()
    const next = await before.reopened({ files: disk.killed() })
    assert.deepEqual(await next.values(0n, 1), ['of 1'])
    assert.deepEqual(await next.values(0n, 3), ['new'])
    assert.deepEqual(world.said.filter(line => line.includes('is offline, for its disk fails')).length, 1)
  })
}

test('an I/O error in the first directory, where the metadata journal lies, ends the start', async () => {
  const { start } = await startedAgain((_, path) => path.startsWith(`${one}/recovery-point`))
  await assert.rejects(start(), { name: 'StorageFault', path: `${one}/recovery-point-offset-checkpoint` })
})

test('what may lie in a directory that cannot be looked through is not made anew, later topics are', async () => {
  const { start } = await startedAgain((_, path) => path.startsWith(two))
  const world = await start()
  const known = [{ id: LogWorld.topicId, partitions: [0, 1, 2] }]
  ;(world.engine as FileLogEngine).startsWith(known)
  assert.deepEqual(await world.values(0n, 0), ['of 0'])
  for (const partition of [1, 2]) {
    await assert.rejects(world.values(0n, partition), refused)
    assert.equal((await world.append({ records: [record('b')] }, partition)).kind, 'unavailable')
  }
  await world.write(['new'], 3)
  assert.deepEqual(await world.values(0n, 3), ['new'])
})

test('nor is what may lie in one that is not there and cannot be made', async () => {
  const { disk, start } = await startedAgain((operation, path) => operation === 'makeFolder' && path === two)
  disk.rename(two, '/away')
  const world = await start()
  ;(world.engine as FileLogEngine).startsWith([{ id: LogWorld.topicId, partitions: [0, 1] }])
  assert.deepEqual(await isOffline(world), [false, true])
  assert.deepEqual(await world.values(0n, 0), ['of 0'])
  await assert.rejects(world.values(0n, 1), refused)
})

test('of a partition that lies in an offline directory as well no copy is served, since the later one is unknown', async () => {
  const { disk, start } = await startedAgain((_, path) => path.startsWith(`${two}/recovery-point`))
  disk.writeFile(`${one}/letters-1/00000000000000000000.log`, Buffer.alloc(0))
  const world = await start()
  await assert.rejects(world.values(0n, 1), refused)
  assert.match(world.said.join(), /\/one\/letters-1 is not served, for \/two, which is offline/)
  assert.ok(disk.exists(`${one}/letters-1`))
})

test('a topic is deleted whose partition lies in an offline directory, and the next start sets that aside', async () => {
  const { before, disk, start } = await startedAgain((_, path) => path.startsWith(`${two}/recovery-point`))
  const world = await start()
  await world.deleteTopic()
  await world.engine.close()
  assert.ok(disk.exists(`${two}/letters-1`))
  const after = disk.killed()
  const next = await before.reopened({ files: after })
  next.exists = false
  next.engine.openRest()
  for (let i = 0; i < 10; i++) next.clock.advance(1)
  assert.match(after.list(two).join(), /letters-1\.[0-9a-f]+-stray/)
})
