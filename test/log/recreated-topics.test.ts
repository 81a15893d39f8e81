import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedDisk } from '../support/simulated-disk.js'
import { StoryBroker } from '../support/stories/broker.js'
import { consume } from '../support/stories/consumer.js'
import { bytesOf } from '../support/stories/sent.js'
import { type StoryTopic, StoryTopics } from '../support/stories/topics.js'

/** Starts of a broker with two directories, and a topic `kept` (flush.messages=1) that is made again and again. */
class World {
  readonly topics = new StoryTopics()
  broker!: StoryBroker
  #sent = 0

  static async begin(): Promise<World> {
    const world = new World()
    await world.start(new SimulatedDisk())
    return world
  }

  topicOf(name: string): StoryTopic {
    return this.topics.all.find(each => each.name === name) as StoryTopic
  }

  async start(disk: SimulatedDisk): Promise<void> {
    this.broker = await StoryBroker.start(disk, 1_700_000_000_000 + this.#sent, this.topics, null)
  }

  async stop(): Promise<void> {
    await this.broker.engine.close()
    await this.start(this.broker.disk.killed())
  }

  /** Lets a start look at all folders. */
  async looksAtAll(): Promise<void> {
    for (let i = 0; i < 20; i++) {
      this.broker.clock.advance(0)
      await this.broker.settle()
    }
  }

  kill = () => this.start(this.broker.disk.killed())
  /** Nothing survives that was not synced. */
  powerFailure = () => this.start(this.broker.disk.unplugged(() => 0))

  async write(name = 'kept', partition = 0, size = 0) {
    const plain = { producerId: -1n, sequence: -1, transaction: null, isRefused: false, size, count: 1 }
    const bytes = bytesOf({ ...plain, firstNumber: this.#sent++, timestampMs: this.broker.clock.now() })
    const target = { topicId: this.topicOf(name).id, partition }
    const result = await this.broker.append(target, `${name}-${partition}`, bytes)
    await this.broker.settle()
    return result.kind
  }

  async read(
    name = 'kept',
    partition = 0,
    isolation: 'read_uncommitted' | 'read_committed' = 'read_uncommitted',
  ) {
    const target = { topicId: this.topicOf(name).id, partition }
    const { records } = await consume(this.broker.engine, target, 0, isolation)
    return records.map(({ value }) => Number.parseInt(value, 10))
  }

  async recreate(name = 'kept'): Promise<void> {
    const old = this.topicOf(name)
    this.topics.recreate(old)
    this.broker.deleteTopic(old)
    await this.broker.settle()
  }

  async move(name: string, path: string, partition = 0): Promise<void> {
    this.broker.move({ target: { topicId: this.topicOf(name).id, partition }, path })
    await this.broker.settle()
  }
}

test('what checkpoints tell of a deleted topic does not count for one of the same name', async () => {
  const world = await World.begin()
  await world.write('quick')
  await world.stop()
  await world.recreate('quick')
  await world.write('quick')
  await world.kill()
  assert.deepEqual(await world.read('quick'), [1])
  await world.stop()
  await world.powerFailure()
  assert.deepEqual(await world.read('quick'), [1], 'it was not taken for synced')
})

test('a folder that could not be removed is not served as one of a new topic', async () => {
  const world = await World.begin()
  await world.write()
  world.broker.disk.fault = operation => (operation === 'rename' ? 'ENOSPC' : null)
  await world.recreate()
  world.broker.works()
  assert.deepEqual(await world.read(), [])
  assert.equal(await world.write(), 'appended')
  await world.kill()
  assert.deepEqual(await world.read(), [1])
})

test('a partition of which the rename fails keeps none of the others', async () => {
  const world = await World.begin()
  for (const partition of [0, 1]) await world.write('kept', partition)
  world.broker.disk.fault = (operation, path) =>
    operation === 'rename' && path.endsWith('kept-0') ? 'ENOSPC' : null
  await world.recreate()
  assert.deepEqual(await world.read('kept', 1), [])
})

test('a new topic in one directory is not taken for the old one, that a power failure brought back in another', async () => {
  const world = await World.begin()
  for (let i = 0; i < 3; i++) await world.write()
  assert.ok(world.broker.disk.exists('/a/kept-0'))
  for (const partition of [0, 1]) await world.write('quick', partition)
  await world.recreate()
  await world.move('kept', '/b')
  await world.write()
  assert.ok(world.broker.disk.exists('/b/kept-0'))
  await world.powerFailure()
  assert.deepEqual(await world.read(), [5])
})

test('records that were not synced are not those of a topic that they were not written for', async () => {
  const world = await World.begin()
  await world.write('quick')
  await world.recreate('quick')
  const { disk } = world.broker
  const left = disk.list('/a').find(name => /^quick-0.*-delete$/.test(name)) as string
  disk.rename(`/a/${left}`, '/a/quick-0') // a power failure had it so
  disk.remove('/a/quick-0/partition.metadata')
  disk.boot = 'boot 1'
  await world.kill()
  assert.deepEqual(await world.read('quick'), [])
})

test('a folder that was not synced and does not tell whose it is has its records after a kill, for nothing was lost', async () => {
  for (const cut of [0, 21, 30]) {
    const world = await World.begin()
    await world.looksAtAll()
    await world.write('quick')
    const disk = world.broker.disk.killed()
    disk.damage('/a/quick-0/partition.metadata', bytes => bytes.subarray(0, cut))
    await world.start(disk)
    assert.deepEqual(await world.read('quick'), [0], `cut to ${cut} bytes`)
  }
})

test('a start after a power failure that is killed leaves it to the next start to set aside what tells no owner', async () => {
  const world = await World.begin()
  await world.looksAtAll()
  await world.write('quick')
  const disk = world.broker.disk.killed()
  disk.damage('/a/quick-0/partition.metadata', () => Buffer.alloc(5))
  disk.boot = 'boot 1'
  await world.start(disk)
  await world.kill() // before it has looked at the folder
  assert.deepEqual(await world.read('quick'), [])
})

test('a folder that does not tell whose it is does not take the place of a new topic in another directory', async () => {
  const world = await World.begin()
  await world.write('kept') // shares out the directories: the other topic is made in /b
  await world.write('quick', 0, 100)
  const disk = world.broker.disk.killed()
  disk.damage('/b/quick-0/partition.metadata', () => Buffer.alloc(0))
  disk.boot = 'boot 1'
  disk.fault = (_, path) => (path.startsWith('/b') ? 'EIO' : null)
  await world.start(disk)
  await world.recreate('quick')
  assert.equal(await world.write('quick'), 'appended')
  world.broker.works()
  await world.kill()
  assert.deepEqual(await world.read('quick'), [2])
})

test('a partition that a full table of descriptors kept from being made is kept whole when it can be', async () => {
  for (let after = 0; after < 12; after++) {
    const world = await World.begin()
    await world.stop()
    let left = after
    world.broker.disk.fault = () => (--left < 0 ? 'EMFILE' : null)
    await world.write()
    world.broker.works()
    const end = (await world.read()).length
    assert.equal(await world.write(), 'appended')
    await world.powerFailure()
    assert.equal((await world.read()).length, end + 1, `EMFILE after ${after} calls`)
  }
})

test('what is left of a partition that could not be made is not trusted after a clean stop', async () => {
  for (let after = 0; after < 12; after++) {
    const world = await World.begin()
    let left = after
    world.broker.disk.fault = () => (--left < 0 && left >= -4 ? 'EMFILE' : null)
    await world.write()
    world.broker.works()
    await world.stop()
    const end = (await world.read()).length
    assert.equal(await world.write(), 'appended')
    await world.powerFailure()
    assert.equal((await world.read()).length, end + 1, `EMFILE after ${after} calls`)
  }
})

test('a partition that was opened and never written is synced with its first record after a clean stop', async () => {
  const world = await World.begin()
  await world.write('kept', 1)
  let left = 1
  world.broker.disk.fault = (operation, path) =>
    operation === 'append' && /kept-0/.test(path) && left-- > 0 ? 'ENOSPC' : null
  await world.write()
  world.broker.works()
  await world.stop()
  assert.equal(await world.write(), 'appended')
  const kept = await world.read()
  await world.powerFailure()
  assert.deepEqual(await world.read(), kept)
})

test('a move that finds no room leaves nothing open', async () => {
  const world = await World.begin()
  await world.write()
  const { disk } = world.broker
  disk.fault = (operation, path) => (operation === 'open' && path.startsWith('/b') ? 'ENOSPC' : null)
  await world.move('kept', '/b')
  world.broker.works()
  await world.recreate()
  assert.deepEqual(
    disk.list('/a').filter(name => name === 'kept-0'),
    [],
    'it could be removed',
  )
})

test('what a full table of descriptors left of a new segment is not taken away when that is there', async () => {
  const world = await World.begin()
  await world.write()
  const { disk, clock } = world.broker
  let left = Infinity
  disk.fault = (operation, path) => {
    if (operation === 'open' && path.endsWith('01.index')) left = 8
    return left-- <= 8 && left >= 0 ? 'EMFILE' : null
  }
  clock.advance(700_000) // retention rolls the only segment, and cannot
  await world.broker.settle()
  world.broker.works()
  clock.advance(60_000)
  await world.broker.settle()
  assert.equal(await world.write(), 'appended')
  assert.ok(disk.exists('/a/kept-0/00000000000000000001.log'))
  await world.kill()
  assert.deepEqual(
    (
      await consume(
        world.broker.engine,
        { topicId: world.topicOf('kept').id, partition: 0 },
        1,
        'read_uncommitted',
      )
    ).records.length,
    1,
  )
})

test('what a roll that failed has left does not make the old copy of a moved partition the later one', async () => {
  const world = await World.begin()
  for (let i = 0; i < 7; i++) await world.write()
  const { disk } = world.broker
  disk.fault = (operation, path) =>
    /kept-0\/0*7\.(index|log)$/.test(path) && (operation === 'rename' || path.endsWith('index'))
      ? 'ENOSPC'
      : null
  assert.notEqual(await world.write('kept', 0, 100), 'appended')
  disk.fault = (operation, path) => (operation === 'rename' && path === '/a/kept-0' ? 'ENOSPC' : null)
  await world.move('kept', '/b')
  assert.equal(await world.write(), 'appended')
  await world.kill()
  assert.equal((await world.read()).length, 8)
})

test('a moved partition is not read before the disk has it in its new place', async () => {
  const world = await World.begin()
  await world.write()
  const { disk } = world.broker
  disk.fault = operation => (operation === 'sync' || operation === 'syncFolder' ? 'hang' : null)
  const waiting = world.write()
  await world.broker.settle()
  await world.move('kept', '/b')
  const seen = await world.read()
  await world.powerFailure()
  assert.deepEqual((await world.read()).slice(0, seen.length), seen)
  void waiting
})
