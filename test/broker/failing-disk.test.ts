import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import kafkajs, { type Kafka } from 'kafkajs'
import { Broker, type BrokerOptions, type Files, type OpenFile, type Surroundings } from '../../src/index.js'
import { ManualClock } from '../support/manual-clock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const topic = 'orders'
const timeout = 60_000

/** A broker on a disk of the test's, and a client of it. */
async function serving(t: TestContext, options: BrokerOptions & Surroundings) {
  const broker = await Broker.create(options)
  t.after(() => broker.stop())
  const kafka = new kafkajs.Kafka({
    brokers: broker.brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  })
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  const admin = kafka.admin()
  await Promise.all([producer.connect(), admin.connect()])
  t.after(() => Promise.all([producer.disconnect(), admin.disconnect()]))
  const send = (value: string, to = topic) =>
    producer.send({ topic: to, timeout: 30_000, messages: [{ value, partition: 0 }] })
  return { broker, kafka, producer, admin, send }
}

/** The error's name as Kafka has it. */
async function errorOf(sending: Promise<unknown>): Promise<string | undefined> {
  const error = await sending.then(
    () => null,
    (thrown: { type?: string; cause?: { type?: string } }) => thrown,
  )
  return error?.type ?? error?.cause?.type
}

/** Reads so many values from the beginning of the topic. */
async function values(kafka: Kafka, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 })
  const found: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      found.push(String(message.value))
      if (found.length === count) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return found
}

test('a disk that fails an append takes its directory offline and no other', { timeout }, async t => {
  const disk = new SimulatedDisk()
  const set = { 'log.dirs': '/one,/two' }
  const { broker, admin, send } = await serving(t, { files: disk, set, topics: [topic, 'letters'] })
  await send('a')
  await send('a', 'letters')
  const home = disk.exists('/one/orders-0') ? '/one' : '/two'
  const other = disk.exists(`${home}/letters-0`) ? null : 'letters'
  assert.ok(other, 'the topics lie in different directories')
  disk.fault = (operation, path) =>
    operation === 'append' && path.startsWith(`${home}/orders-0/`) ? 'EIO' : null
  assert.equal(await errorOf(send('b')), 'KAFKA_STORAGE_ERROR')
  disk.fault = () => null
  assert.equal(await errorOf(send('c')), 'KAFKA_STORAGE_ERROR')
  await send('b', 'letters')
  assert.equal((await admin.fetchTopicOffsets('letters'))[0]?.high, '2')
  assert.equal(broker.state, 'running')
})

test('a full disk refuses what is produced, and takes it again when there is room', { timeout }, async t => {
  const disk = new SimulatedDisk()
  const { kafka, send } = await serving(t, { files: disk, topics: [topic] })
  await send('before')
  disk.fault = operation => (operation === 'append' ? 'ENOSPC' : null)
  assert.equal(await errorOf(send('while it is full')), 'KAFKA_STORAGE_ERROR')
  disk.fault = () => null
  await send('after')
  assert.deepEqual(await values(kafka, 2), ['before', 'after'])
})

test('a sync that hangs for 30 s is REQUEST_TIMED_OUT for its producer, and everything goes on afterwards', {
  timeout,
}, async t => {
  const clock = new ManualClock(Date.now()) // the client's own clock stamps its records
  const disk = new SimulatedDisk()
  const held = holdSyncs(disk, '/data/orders-0/')
  const { kafka, admin, send } = await serving(t, {
    files: disk,
    clock,
    durability: 'fsync',
    topics: [topic, 'letters'],
  })
  const waiting = errorOf(send('late'))
  await held.asked
  const another = kafka.producer() // a request waits for those before it of its connection
  await another.connect()
  await another.send({ topic: 'letters', messages: [{ value: 'meanwhile' }] })
  await another.disconnect()
  clock.advance(29_999)
  await admin.fetchTopicOffsets('letters')
  clock.advance(1)
  assert.equal(await waiting, 'REQUEST_TIMED_OUT')
  held.letGo()
  await send('next')
  assert.equal((await admin.fetchTopicOffsets(topic))[0]?.high, '2')
})

/** Has the syncs of files below a path wait, until they are let go. */
function holdSyncs(disk: SimulatedDisk, path: string) {
  const open = disk.open.bind(disk)
  let letGo = () => {}
  let ask = () => {}
  const held = new Promise<void>(resolve => {
    letGo = resolve
  })
  const asked = new Promise<void>(resolve => {
    ask = resolve
  })
  disk.open = name => {
    const file: OpenFile = open(name)
    if (!name.startsWith(path)) return file
    const sync = file.sync.bind(file)
    file.sync = () => {
      ask()
      return held.then(sync)
    }
    return file
  }
  return { asked, letGo: () => letGo() }
}

test('with the same clock, files and chance a broker does the same again', { timeout }, async t => {
  const run = async () => {
    const files = new SimulatedDisk()
    const clock = new ManualClock()
    const options = { files, clock, random: chance(7), durability: 'fsync' as const, topics: [`${topic}:3`] }
    const { broker, producer } = await serving(t, options)
    await producer.send({ topic, messages: [{ value: 'a', partition: 1, timestamp: '1000' }] })
    await broker.stop()
    return contents(files, '/data')
  }
  const [first, second] = [await run(), await run()]
  assert.ok(first.some(([path]) => path === '/data/orders-1/00000000000000000000.log'))
  assert.deepEqual(second, first)
})

/** Numbers from 0 up to 1 by Park and Miller. */
function chance(seed: number): () => number {
  let last = seed
  return () => {
    last = (last * 48_271) % 2_147_483_647
    return last / 2_147_483_647
  }
}

/** All files below a folder, by their paths. */
function contents(files: Files, folder: string): [path: string, content: string][] {
  return files
    .list(folder)
    .sort()
    .flatMap(name => {
      const path = `${folder}/${name}`
      const inside = contents(files, path)
      if (inside.length > 0) return inside
      return [[path, files.size(path) === 0 ? '' : files.readFile(path).toString('base64')]]
    })
}
