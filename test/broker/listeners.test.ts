import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/index.js'
import { describeCluster } from '../../src/wire/apis/describe-cluster.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { freePorts } from '../support/free-ports.js'
import { heardBy } from '../support/log-target.js'
import { RawClient } from '../support/raw-client.js'

/** The addresses that the broker tells a client of this port. */
async function told(port: number, host = '127.0.0.1'): Promise<string[]> {
  const client = await RawClient.connect(port, { host })
  try {
    const { brokers } = await client.ask(metadata, 9, { topics: [] })
    const { brokers: described } = await client.ask(describeCluster, 1, {
      includeClusterAuthorizedOperations: false,
    })
    assert.deepEqual(
      described.map(({ brokerId, host, port }) => ({ brokerId, host, port })),
      brokers.map(({ nodeId, host, port }) => ({ brokerId: nodeId, host, port })),
    )
    return brokers.map(broker => `${broker.host}:${broker.port}`)
  } finally {
    client.destroy()
  }
}

const portOf = (broker: Broker): number => Number(broker.bootstrapServers.split(':')[1])

test('the broker tells a client the address that it dialled', async () => {
  await using broker = await Broker.create({ set: { listeners: 'PLAINTEXT://:0' } })
  const port = portOf(broker)
  assert.deepEqual(await told(port, '127.0.0.1'), [`127.0.0.1:${port}`])
  assert.deepEqual(await told(port, '127.0.0.2'), [`127.0.0.2:${port}`])
})

test('the broker tells clients advertised.listeners instead, wherever they dialled', async () => {
  const set = { listeners: 'PLAINTEXT://:0', 'advertised.listeners': 'PLAINTEXT://kafka.example:29092' }
  await using broker = await Broker.create({ set })
  assert.deepEqual(await told(portOf(broker)), ['kafka.example:29092'])
})

test('an advertised address without a host is the one that the client dialled, under the advertised port', async () => {
  const set = { listeners: 'PLAINTEXT://:0', 'advertised.listeners': 'PLAINTEXT://:29092' }
  await using broker = await Broker.create({ set })
  assert.deepEqual(await told(portOf(broker), '127.0.0.2'), ['127.0.0.2:29092'])
})

test('a host name that this machine does not know is advertised, and all addresses are listened on', async () => {
  const warned: string[] = []
  const warn = (message: string) => void warned.push(message)
  await using broker = await Broker.create({
    set: { listeners: 'PLAINTEXT://kafka.invalid:0' },
    logger: heardBy(warn),
  })
  assert.deepEqual(await told(portOf(broker), '127.0.0.2'), [`kafka.invalid:${portOf(broker)}`])
  assert.deepEqual(warned, [
    "The host 'kafka.invalid' is not known on this machine: all addresses are listened on instead.",
  ])
})

test('with --parity the broker tells clients the address of the listener, as Kafka does', async () => {
  const set = { listeners: 'PLAINTEXT://localhost:0' }
  await using broker = await Broker.create({ set, parity: true })
  assert.deepEqual(await told(portOf(broker), '127.0.0.1'), [`localhost:${portOf(broker)}`])
})

test('each listener has its own port and tells its own addresses', async () => {
  const first = await freePorts(3)
  const set = {
    listeners: `INTERNAL://127.0.0.1:${first},CONTROLLER://:9093,EXTERNAL://127.0.0.1:${first + 2}`,
    'advertised.listeners': `INTERNAL://kafka:29092,EXTERNAL://localhost:${first + 2}`,
    'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
  }
  await using broker = await Broker.create({ set })
  assert.equal(broker.bootstrapServers, `127.0.0.1:${first}`)
  assert.deepEqual(await told(first), ['kafka:29092'])
  assert.deepEqual(await told(first + 2), [`localhost:${first + 2}`])
})

test('further nodes are advertised one port above the one before', async () => {
  const first = await freePorts(2)
  const set = {
    listeners: `PLAINTEXT://127.0.0.1:${first}`,
    'advertised.listeners': 'PLAINTEXT://kafka:29092',
  }
  await using broker = await Broker.create({ set, brokers: 2 })
  assert.equal(broker.bootstrapServers, `127.0.0.1:${first},127.0.0.1:${first + 1}`)
  for (const port of [first, first + 1]) assert.deepEqual(await told(port), ['kafka:29092', 'kafka:29093'])
})

test('the options `port` and `host` are those of the first listener that the environment names', async () => {
  const port = await freePorts(1)
  const env = { KAFKA_LISTENERS: 'PLAINTEXT://192.0.2.1:9092' }
  await using broker = await Broker.create({ port, host: '127.0.0.1', env })
  assert.equal(broker.bootstrapServers, `127.0.0.1:${port}`)
})
