import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { Broker } from '../../src/index.js'
import { ManualClock } from '../support/manual-clock.js'
import { type Operation, SimulatedDisk } from '../support/simulated-disk.js'

const topic = 'orders'
const timeout = 60_000
const writes: ReadonlySet<Operation> = new Set([
  'append',
  'write',
  'truncate',
  'makeFolder',
  'rename',
  'remove',
])

async function clientOf(broker: Broker) {
  const kafka = new kafkajs.Kafka({
    brokers: broker.brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  })
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  const admin = kafka.admin()
  await Promise.all([producer.connect(), admin.connect()])
  const send = (value: string) =>
    producer.send({ topic, messages: [{ value, partition: 0 }] }).then(
      () => 'taken',
      (thrown: { type?: string; cause?: { type?: string } }) => thrown.type ?? thrown.cause?.type,
    )
  const high = async () => (await admin.fetchTopicOffsets(topic))[0]?.high
  const topics = async () =>
    Object.fromEntries(
      (await admin.fetchTopicMetadata()).topics.map(each => [each.name, each.partitions.length]),
    )
  const close = () => Promise.all([producer.disconnect(), admin.disconnect()])
  return { send, high, topics, close }
}

for (const end of ['stopped', 'killed'] as const) {
  test(`a broker that was ${end} comes up on a full disk to be read, and goes on by itself in a later epoch`, {
    timeout,
  }, async () => {
    const disk = new SimulatedDisk()
    const clock = new ManualClock(Date.now())
    await using before = await Broker.create({ files: disk, clock, topics: [topic] })
    const first = await clientOf(before)
    assert.equal(await first.send('a'), 'taken')
    await first.close()
    if (end === 'stopped') await before.stop()

    const full = disk.killed()
    full.fault = operation => (writes.has(operation) ? 'ENOSPC' : null)
    await using broker = await Broker.create({
      files: full,
      clock: new ManualClock(Date.now()),
      topics: [topic],
    })
    const second = await clientOf(broker)
    assert.equal(await second.high(), '1')
    assert.equal(await second.send('b'), 'KAFKA_STORAGE_ERROR')
    assert.deepEqual(
      broker.failing.map(({ name }) => name),
      ['The beginning of the epochs of this start'],
    )
    const epochs = '/data/orders-0/leader-epoch-checkpoint'
    const was = full.readFile(epochs).toString().trim().split('\n').length
    full.fault = () => null
    // It brings the new epoch, in which the client that asks again may write.
    assert.equal(await second.send('b'), 'NOT_LEADER_FOR_PARTITION')
    assert.equal(await second.send('b'), 'taken')
    assert.equal(await second.high(), '2')
    assert.equal(full.readFile(epochs).toString().trim().split('\n').length, was + 1)
    await second.close()
  })
}

const filled = (operation: Operation) => (writes.has(operation) ? 'ENOSPC' : null)

/** Moves the time of a broker on until nothing of it fails any more. */
async function untilAllIsWell(broker: Broker, clock: ManualClock): Promise<void> {
  while (broker.failing.length > 0) {
    clock.advance(30_000)
    await new Promise(resolve => setImmediate(resolve))
  }
}

test('a topic that is asked for at a start on a full disk is made once there is room', {
  timeout,
}, async () => {
  const disk = new SimulatedDisk()
  await using before = await Broker.create({
    files: disk,
    clock: new ManualClock(Date.now()),
    topics: [topic],
  })
  const first = await clientOf(before)
  assert.equal(await first.send('a'), 'taken')
  await first.close()
  await before.stop()

  const full = disk.killed()
  full.fault = filled
  const clock = new ManualClock(Date.now())
  await using broker = await Broker.create({ files: full, clock, topics: [topic, 'payments:3'] })
  const second = await clientOf(broker)
  assert.equal(await second.high(), '1')
  assert.ok(broker.failing.some(({ name }) => name === "The creation of the topic 'payments'"))
  full.fault = () => null
  await untilAllIsWell(broker, clock)
  const topics = await second.topics()
  assert.deepEqual(topics, { [topic]: 1, payments: 3 })
  await second.close()
})

test('a first start on a full disk ends with a sentence that says so', { timeout }, async () => {
  const disk = new SimulatedDisk()
  disk.fault = filled
  await assert.rejects(Broker.create({ files: disk, clock: new ManualClock(Date.now()) }), {
    name: 'ConfigurationError',
    message: /^The data directory \/data has no room .*: make room, or choose another one\.$/,
  })
})

test('a broker that was killed in its first start comes up on a full disk, and begins when there is room', {
  timeout,
}, async () => {
  const disk = new SimulatedDisk()
  let appends = 0
  disk.fault = (operation, path) => {
    const isJournal = operation === 'append' && path.endsWith('.log') && path.includes('__cluster_metadata')
    return isJournal && ++appends > 1 ? 'ENOSPC' : null
  }
  const clock = new ManualClock(Date.now())
  await using unfinished = await Broker.create({ files: disk, clock })
  assert.ok(appends > 1)

  const full = disk.killed()
  full.fault = filled
  const later = new ManualClock(Date.now())
  await using broker = await Broker.create({ files: full, clock: later, topics: ['payments:3'] })
  full.fault = () => null
  await untilAllIsWell(broker, later)
  const client = await clientOf(broker)
  assert.deepEqual(await client.topics(), { payments: 3 })
  await client.close()
  assert.equal(unfinished.state, 'running')
})
