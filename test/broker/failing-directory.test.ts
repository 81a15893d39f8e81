import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { Broker } from '../../src/index.js'
import { ManualClock } from '../support/manual-clock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const topic = 'orders'
const partitions = [0, 1, 2, 3]
const timeout = 60_000

const started = (files: SimulatedDisk) =>
  Broker.create({
    files,
    clock: new ManualClock(Date.now()),
    topics: [`${topic}:${partitions.length}`],
    set: { 'log.dirs': '/one,/two' },
  })

/** Sends a record to each partition, and returns `taken` or the error for each. */
async function send(broker: Broker): Promise<(string | undefined)[]> {
  const kafka = new kafkajs.Kafka({
    brokers: broker.brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  })
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const outcomes: (string | undefined)[] = []
  for (const partition of partitions) {
    const outcome = await producer.send({ topic, messages: [{ value: 'a', partition }] }).then(
      () => 'taken',
      (thrown: { type?: string; cause?: { type?: string } }) => thrown.type ?? thrown.cause?.type,
    )
    outcomes.push(outcome)
  }
  await producer.disconnect()
  return outcomes
}

for (const [what, fails] of [
  ['meta.properties', '/two/meta.properties'],
  ['recovery points', '/two/recovery-point-offset-checkpoint'],
  ['disk', '/two'],
] as const) {
  test(`a broker of which the ${what} of one of the log.dirs cannot be read serves the others`, {
    timeout,
  }, async () => {
    const disk = new SimulatedDisk()
    const before = await started(disk)
    assert.deepEqual(await send(before), ['taken', 'taken', 'taken', 'taken'])
    await before.stop()
    const failing = disk.killed()
    const inOne = partitions.filter(partition => failing.exists(`/one/${topic}-${partition}`))
    assert.equal(inOne.length, 2)
    failing.fault = (_, path) => (path.startsWith(fails) ? 'EIO' : null)
    const broker = await started(failing)
    assert.deepEqual(
      await send(broker),
      partitions.map(each => (inOne.includes(each) ? 'taken' : 'KAFKA_STORAGE_ERROR')),
    )
    await broker.stop()
    const after = await started(failing.killed())
    assert.deepEqual(await send(after), ['taken', 'taken', 'taken', 'taken'])
    await after.stop()
  })
}

test('a broker of which one of the log.dirs is not mounted refuses what lay there, and has it when it is back', {
  timeout,
}, async () => {
  const disk = new SimulatedDisk()
  const before = await started(disk)
  await send(before)
  await before.stop()
  const unmounted = disk.killed()
  const inOne = partitions.filter(partition => unmounted.exists(`/one/${topic}-${partition}`))
  unmounted.rename('/two', '/unmounted')
  for (let start = 0; start < 2; start++) {
    const broker = await started(unmounted)
    assert.deepEqual(
      await send(broker),
      partitions.map(each => (inOne.includes(each) ? 'taken' : 'KAFKA_STORAGE_ERROR')),
    )
    await broker.stop()
  }
  unmounted.remove('/two')
  unmounted.rename('/unmounted', '/two')
  const broker = await started(unmounted)
  assert.deepEqual(await send(broker), ['taken', 'taken', 'taken', 'taken'])
  await broker.stop()
})
