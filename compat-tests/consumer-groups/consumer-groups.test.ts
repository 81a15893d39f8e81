import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { listGroups } from '../../src/wire/apis/list-groups.js'
import { RawClient } from '../../test/support/raw-client.js'
import { missingKafka } from '../apache-kafka/jars.js'
import type { Consumer, Driver } from '../matrix/driver.js'
import { Drivers } from '../matrix/drivers.js'
import type { Subscribe } from '../matrix/steps.js'
import { numbered, World } from '../matrix/world.js'
import { pythonDriver } from '../support/build.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'
import { verifiableConsumers } from './verifiable-consumers.js'

const skip = missingKafka() || missing('python3', '--version')
const timeout = 120_000
const partitions = 6
/** Members hear of a rebalance by their next heartbeat. */
const quickly = [
  'group.consumer.min.heartbeat.interval.ms=300',
  'group.consumer.heartbeat.interval.ms=300',
].flatMap(setting => ['--set', setting])

describe('A group whose work the broker shares out (KIP-848)', { skip }, () => {
  let broker: OttlaProcess
  let java: Drivers
  let python: Drivers
  let world: World
  let scenarios = 0

  before(async () => {
    broker = await OttlaProcess.start('--memory', '--port', '0', '--log-level', 'warn', ...quickly)
    java = new Drivers(await verifiableConsumers(), broker.bootstrap)
    python = new Drivers(pythonDriver('confluent-kafka'), broker.bootstrap)
  })
  after(() => broker?.stop())
  beforeEach(() => {
    world = new World(`group-${++scenarios}`, java)
  })
  afterEach(() => world.close(false))

  const joins = async (driver: Driver, consumer: string, how: Partial<Subscribe> = {}) => {
    const { name } = world
    const who = { consumer, group: name, topics: [name], protocol: 'consumer', autoCommitMs: 100 } as const
    await driver.ask('subscribe', { ...who, ...how })
    return driver.consumer(consumer)
  }
  const write = async (from: number, to: number) => {
    const records = numbered(to - from).map((_, i) => ({ value: `record ${from + i}` }))
    for (let partition = 0; partition < partitions; partition++)
      await world.write(world.name, records, partition)
  }
  const haveAll = (...consumers: Consumer[]) =>
    world.until(() => shareAll(consumers), `${consumers.length} members share ${partitions} partitions`)
  const committed = async (count: number) => {
    for (let partition = 0; partition < partitions; partition++)
      assert.equal(await world.committed(world.name, world.name, partition), count)
  }

  test('Java and librdkafka share a topic, commit what they read, and take over from one that leaves', {
    timeout,
  }, async () => {
    await world.topic(partitions)
    const driver = await world.start()
    await write(0, 10)
    const a = await joins(driver, 'a')
    await haveAll(a)
    const other = await world.start(python)
    const b = await joins(other, 'b')
    await haveAll(a, b)
    const c = await joins(driver, 'c')
    await haveAll(a, b, c)
    await write(10, 20)
    await world.until(() => read(a, b, c) === 20 * partitions, 'everything is read')
    await driver.ask('close', { consumer: 'a' })
    await haveAll(b, c)
    await write(20, 30)
    await world.until(() => read(a, b, c) === 30 * partitions, 'what came later is read as well')
    await driver.ask('close', { consumer: 'c' })
    await haveAll(b)
    assert.deepEqual(
      [a, b, c].flatMap(({ errors }) => errors),
      [],
    )
    await world.close(false)
    await committed(30)
  })

  test('a live group goes over to this protocol and back, member by member, and loses no offset', {
    timeout,
  }, async () => {
    await world.topic(partitions)
    const driver = await world.start()
    const all: Consumer[] = []
    let there: Consumer[] = []
    const comes = async (name: string, protocol: 'classic' | 'consumer') => {
      const consumer = await joins(driver, name, { protocol })
      all.push(consumer)
      there.push(consumer)
      await works()
    }
    const goes = async (name: string) => {
      await driver.ask('close', { consumer: name })
      there = there.filter(each => each !== driver.consumer(name))
      await works()
    }
    let written = 0
    const works = async () => {
      if (there.length === 0) return
      await haveAll(...there)
      await write(written, written + 20)
      written += 20
      await world.until(
        () => read(...all) === written * partitions,
        `${written} records of each partition are read`,
      )
    }
    const type = async () => {
      const client = await RawClient.connect(broker.port)
      const { groups } = await client.ask(listGroups, 5, {})
      client.destroy()
      return groups.find(({ groupId }) => groupId === world.name)?.groupType
    }

    await comes('a', 'classic')
    await comes('b', 'classic')
    assert.equal(await type(), 'classic')
    await comes('c', 'consumer')
    assert.equal(await type(), 'consumer')
    await goes('a')
    await comes('d', 'consumer')
    await goes('b')
    await comes('e', 'consumer')
    await goes('c')
    await comes('f', 'classic')
    await goes('d')
    await comes('g', 'classic')
    assert.equal(await type(), 'consumer')
    await goes('e')
    assert.equal(await type(), 'classic')
    await goes('f')
    await goes('g')
    await committed(written)
    const again = all.reduce((sum, { records }) => sum + records.length, 0) - written * partitions
    assert.ok(again < 20 * partitions, `${again} records were read more than once`)
    assert.deepEqual(
      all.flatMap(({ errors }) => errors),
      [],
    )
  })

  test('librdkafka reads what a regular expression stands for, also topics that come later', {
    timeout,
  }, async () => {
    const { name } = world
    await world.topic(1, {}, `${name}-eu`)
    await world.topic(1, {}, `${name}-other`)
    const driver = await world.start(python)
    const reader = await joins(driver, 'a', { topics: [], pattern: `^${name}-(eu|us)$` })
    await world.until(() => [...reader.owned].join() === `${name}-eu-0`, 'the topic that is there is read')
    await world.topic(1, {}, `${name}-us`)
    await world.until(() => reader.owned.size === 2, 'the topic that came later is read too')
    assert.deepEqual([...reader.owned].sort(), [`${name}-eu-0`, `${name}-us-0`])
    assert.deepEqual(reader.errors, [])
  })
})

/** True where each has as many partitions as the others, and together they have all. */
function shareAll(consumers: readonly Consumer[]): boolean {
  const all = consumers.flatMap(({ owned }) => [...owned])
  const share = partitions / consumers.length
  return new Set(all).size === partitions && consumers.every(({ owned }) => owned.size === share)
}

/** The number of records that were read, each counted once. */
function read(...consumers: Consumer[]): number {
  const all = consumers.flatMap(({ records }) =>
    records.map(({ partition, offset }) => `${partition}:${offset}`),
  )
  return new Set(all).size
}
