import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs, { type Consumer, type EachMessagePayload, type Kafka } from 'kafkajs'
import snappy from 'kafkajs-snappy'
import { OttlaProcess } from '../support/ottla-process.js'

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs
CompressionCodecs[CompressionTypes.Snappy] = snappy

let broker: OttlaProcess
let kafka: Kafka

before(async () => {
  broker = await OttlaProcess.start('--memory', '--port', '0', '--log-level', 'warn')
  kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
})
after(() => broker.stop())

/** Collects messages until there are `count`, then resolves; the consumer goes on. */
function collect(consumer: Consumer, count: number): Promise<EachMessagePayload[]> {
  return new Promise((resolve, reject) => {
    const seen: EachMessagePayload[] = []
    consumer
      .run({
        eachMessage: async payload => {
          seen.push(payload)
          if (seen.length === count) resolve(seen)
        },
      })
      .catch(reject)
  })
}

async function consumerOf(groupId: string, topic: string): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  return consumer
}

test('the admin creates, describes, grows and deletes topics', async () => {
  const admin = kafka.admin()
  await admin.connect()
  const topic = 'admin-life'
  assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), true)
  assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2 }] }), false)
  assert.ok((await admin.listTopics()).includes(topic))
  await admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  assert.equal(topics[0]?.partitions.length, 5)
  assert.ok(topics[0]?.partitions.every(partition => partition.leader === 0))
  assert.deepEqual(
    (await admin.fetchTopicOffsets(topic)).map(({ offset }) => offset),
    ['0', '0', '0', '0', '0'],
  )
  const cluster = await admin.describeCluster()
  assert.equal(cluster.brokers.length, 1)
  await admin.deleteTopics({ topics: [topic] })
  assert.ok(!(await admin.listTopics()).includes(topic))
  await admin.disconnect()
})

test('the admin alters and describes settings', async () => {
  const admin = kafka.admin()
  await admin.connect()
  const name = 'admin-settings'
  await admin.createTopics({ topics: [{ topic: name }] })
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name,
        configEntries: [{ name: 'retention.ms', value: '1234' }],
      },
    ],
  })
  const described = await admin.describeConfigs({
    includeSynonyms: true,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configNames: ['retention.ms', 'cleanup.policy'] }],
  })
  const values = Object.fromEntries(
    (described.resources[0]?.configEntries ?? []).map(entry => [entry.configName, entry.configValue]),
  )
  assert.deepEqual(values, { 'retention.ms': '1234', 'cleanup.policy': 'delete' })
  await admin.disconnect()
})

for (const acks of [0, 1, -1]) {
  test(`a producer with acks=${acks} is heard`, async () => {
    const topic = `acks-${acks}`
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, acks, messages: [{ key: 'k', value: 'v', headers: { h: 'x' } }] })
    const consumer = await consumerOf(`group-${topic}`, topic)
    const [first] = await collect(consumer, 1)
    assert.equal(first?.message.key?.toString(), 'k')
    assert.equal(first?.message.value?.toString(), 'v')
    assert.equal(first?.message.headers?.h?.toString(), 'x')
    await consumer.disconnect()
    await producer.disconnect()
  })
}

test('an idempotent producer numbers what it sends, and a retry is stored once', async () => {
  const topic = 'idempotent'
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let i = 0; i < 20; i++) await producer.send({ topic, messages: [{ value: String(i) }] })
  const consumer = await consumerOf('group-idempotent', topic)
  const seen = await collect(consumer, 20)
  assert.deepEqual(
    seen.map(({ message }) => message.value?.toString()),
    Array.from({ length: 20 }, (_, i) => String(i)),
  )
  await consumer.disconnect()
  await producer.disconnect()
})

for (const [name, compression] of [
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
] as const) {
  test(`what was produced with ${name} is read back`, async () => {
    const topic = `codec-${name}`
    const producer = kafka.producer()
    await producer.connect()
    const messages = Array.from({ length: 200 }, (_, i) => ({ value: `message ${i} `.repeat(20) }))
    await producer.send({ topic, compression, messages })
    const consumer = await consumerOf(`group-${topic}`, topic)
    const seen = await collect(consumer, 200)
    assert.deepEqual(
      seen.map(({ message }) => message.value?.toString()),
      messages.map(({ value }) => value),
    )
    await consumer.disconnect()
    await producer.disconnect()
  })
}

test('three members share six partitions, and those that stay take over from one that leaves', async () => {
  const topic = 'shared'
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 6 }] })
  const assigned = new Map<Consumer, number[]>()
  const consumers: Consumer[] = []
  let changed = () => {}
  const settled = (members: number, each: number) =>
    new Promise<void>(resolve => {
      changed = () => {
        const shares = [...assigned.values()]
        const all = new Set(shares.flat())
        if (shares.length === members && all.size === 6 && shares.every(share => share.length === each))
          resolve()
      }
      changed()
    })
  for (let i = 0; i < 3; i++) {
    const consumer = await consumerOf('group-shared', topic)
    consumers.push(consumer)
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      assigned.set(consumer, payload.memberAssignment[topic] ?? [])
      changed()
    })
    await consumer.run({ eachMessage: async () => {} })
  }
  await settled(3, 2)
  const [first, ...rest] = consumers as [Consumer, ...Consumer[]]
  await first.disconnect()
  assigned.delete(first)
  await settled(2, 3)
  const { groups } = await admin.describeGroups(['group-shared'])
  assert.equal(groups[0]?.state, 'Stable')
  assert.equal(groups[0]?.members.length, 2)
  for (const consumer of rest) await consumer.disconnect()
  await admin.disconnect()
})

test('pause, resume and seek do what they say', async () => {
  const topic = 'seeking'
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: Array.from({ length: 10 }, (_, i) => ({ value: String(i) })) })
  const consumer = await consumerOf('group-seeking', topic)
  const seen: string[] = []
  let arrived = () => {}
  const until = (count: number) =>
    new Promise<void>(resolve => {
      arrived = () => {
        if (seen.length === count) resolve()
      }
      arrived()
    })
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(message.offset)
      arrived()
    },
  })
  await until(10)
  consumer.pause([{ topic }])
  consumer.seek({ topic, partition: 0, offset: '7' })
  consumer.resume([{ topic }])
  await until(13)
  assert.deepEqual(seen.slice(10), ['7', '8', '9'])
  await consumer.disconnect()
  await producer.disconnect()
})

test('a group goes on at its committed offset', async () => {
  const topic = 'committed'
  const producer = kafka.producer()
  const admin = kafka.admin()
  await Promise.all([producer.connect(), admin.connect()])
  await producer.send({ topic, messages: Array.from({ length: 10 }, (_, i) => ({ value: String(i) })) })
  const first = await consumerOf('group-committed', topic)
  await collect(first, 10)
  await first.commitOffsets([{ topic, partition: 0, offset: '6', metadata: 'six' }])
  await first.disconnect()
  await admin.setOffsets({ groupId: 'group-committed', topic, partitions: [{ partition: 0, offset: '6' }] })
  const second = await consumerOf('group-committed', topic)
  const seen = await collect(second, 4)
  assert.deepEqual(
    seen.map(({ message }) => message.value?.toString()),
    ['6', '7', '8', '9'],
  )
  await second.disconnect()
  await admin.deleteGroups(['group-committed'])
  const { groups } = await admin.listGroups()
  assert.ok(!groups.some(({ groupId }) => groupId === 'group-committed'))
  await Promise.all([producer.disconnect(), admin.disconnect()])
})
