import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { Broker } from '../../src/index.js'
import { ManualClock } from '../support/manual-clock.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const kafka = ({ brokers }: Broker) => new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })

const timeout = 60_000

test('a broker stops although its disk hangs, says so, and finds all at the next start', {
  timeout,
}, async () => {
  const disk = new SimulatedDisk()
  const clock = new ManualClock(Date.now())
  const said: string[] = []
  const note = (message: unknown) => void said.push(String(message))
  const logger = { debug() {}, info() {}, warn: note, error: note }
  const broker = await Broker.create({ files: disk, clock, topics: ['orders:2'], logger })
  const producer = kafka(broker).producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ value: 'a', partition: 0 }] })
  await producer.disconnect()
  disk.clock = new ManualClock()
  disk.fault = operation => (operation === 'sync' || operation === 'syncFolder' ? 'hang' : null)
  let isOver = false
  const stopping = broker.stop().finally(() => {
    isOver = true
  })
  for (let i = 0; !isOver && i < 1000; i++) {
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    clock.advance(1000)
  }
  assert.ok(isOver, 'the stop waits for ever')
  await stopping
  assert.equal(broker.state, 'stopped')
  assert.match(said.join(), /The disk of \/data does not answer: .* The stop waits no longer/)
  const again = await Broker.create({ files: disk.killed(), clock: new ManualClock(Date.now()) })
  const admin = kafka(again).admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets('orders')
  assert.equal(offsets.find(({ partition }) => partition === 0)?.high, '1')
  await admin.disconnect()
  await again.stop()
})
