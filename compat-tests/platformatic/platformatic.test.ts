import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { OttlaProcess } from '../support/ottla-process.js'

let broker: OttlaProcess
before(async () => {
  broker = await OttlaProcess.start('--memory', '--port', '0', '--log-level', 'warn')
})
after(() => broker.stop())

test('a client that speaks only the newest versions creates a topic, produces and consumes in a group', async () => {
  const bootstrapBrokers = [broker.bootstrap]
  const admin = new Admin({ clientId: 'admin', bootstrapBrokers })
  await admin.createTopics({ topics: ['newest'], partitions: 3, replicas: 1 })
  const producer = new Producer({ clientId: 'producer', bootstrapBrokers, serializers: stringSerializers })
  const messages = Array.from({ length: 30 }, (_, i) => ({ topic: 'newest', key: `k${i}`, value: `v${i}` }))
  await producer.send({ messages })
  const consumer = new Consumer({
    clientId: 'consumer',
    groupId: 'newest-group',
    bootstrapBrokers,
    deserializers: stringDeserializers,
  })
  const stream = await consumer.consume({
    topics: ['newest'],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: true,
  })
  const seen = new Set<string>()
  for await (const message of stream) {
    seen.add(`${message.key}=${message.value}`)
    if (seen.size === messages.length) break
  }
  assert.deepEqual(seen, new Set(messages.map(({ key, value }) => `${key}=${value}`)))
  await consumer.close(true)
  await producer.close()
  await admin.close()
})
