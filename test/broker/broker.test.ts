import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { Broker, type BrokerOptions } from '../../src/index.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { temporaryFolder } from '../support/folder.js'
import { freePorts } from '../support/free-ports.js'
import { RawClient } from '../support/raw-client.js'
import { ServedBroker } from '../support/served-broker.js'

/** The message of the error that a start ends with, after a look at its class. */
async function refusal(name: string, options: BrokerOptions): Promise<string> {
  const error = await Broker.create(options).then(
    async broker => {
      await broker.stop()
      throw new Error('the broker started')
    },
    (thrown: Error) => thrown,
  )
  assert.equal(error.name, name, error.stack)
  return error.message
}

test('a broker that was created listens on a free port of its own, and its address is known at once', async () => {
  await using first = await Broker.create()
  await using second = await Broker.create()
  assert.match(first.bootstrapServers, /^127\.0\.0\.1:\d+$/)
  assert.deepEqual(first.brokers, [first.bootstrapServers])
  assert.notEqual(first.bootstrapServers, second.bootstrapServers)
  assert.notEqual(first.clusterId, second.clusterId)
})

test('topics asked for are there with their partitions when the broker is', async () => {
  const topics = ['orders:3', 'single', 'copied:2:1', 'latest:1:1:compact']
  await using served = await ServedBroker.open({ topics, set: { 'num.partitions': 4 } })
  const answer = await served.ask(metadata, 9, { topics: null })
  const counts = Object.fromEntries(answer.topics.map(({ name, partitions }) => [name, partitions.length]))
  assert.deepEqual(counts, { orders: 3, single: 4, copied: 2, latest: 1 })
})

test('`state` tells where the broker is, and stopping twice is stopping once', async () => {
  const broker = await Broker.create()
  assert.equal(broker.state, 'running')
  const stopped = broker.stop()
  assert.equal(broker.state, 'stopping')
  assert.equal(broker.stop(), stopped)
  await stopped
  await broker.stop()
  assert.equal(broker.state, 'stopped')
  assert.deepEqual(broker.brokers, [])
})

test('`await using` stops the broker and frees its port', async () => {
  let port = 0
  {
    await using served = await ServedBroker.open()
    port = served.port
  }
  await assert.rejects(RawClient.connect(port), { code: 'ECONNREFUSED' })
})

test('in memory nothing is left behind in the working folder', async () => {
  const before = readdirSync('.')
  await using served = await ServedBroker.open({ topics: ['t'] })
  await served.write('t', ['a'])
  assert.deepEqual(readdirSync('.'), before)
})

test('on disk records, topics and the cluster’s id are there again after a restart', async t => {
  const dataDir = join(await temporaryFolder(t), 'made', 'on', 'the', 'way')
  const open = () => ServedBroker.open({ dataDir, topics: ['orders:2'] })
  let clusterId: string
  {
    await using served = await open()
    clusterId = served.broker.clusterId
    await served.write('orders', ['a', 'b'])
  }
  await using served = await open()
  assert.equal(served.broker.clusterId, clusterId)
  assert.deepEqual(await served.values('orders'), ['a', 'b'])
})

test('a topic that exists stays as it is when it is asked for with other partitions', async t => {
  const dataDir = await temporaryFolder(t)
  await (await Broker.create({ dataDir, topics: ['orders:2'] })).stop()
  await using served = await ServedBroker.open({ dataDir, topics: ['orders:5'] })
  const { topics } = await served.ask(metadata, 9, { topics: null })
  assert.equal(topics[0]?.partitions.length, 2)
})

test('a port that is taken is a PortInUse, and no other port stays open', async () => {
  const port = await freePorts(2)
  const taken = createServer().listen(port + 1, '127.0.0.1')
  await once(taken, 'listening')
  try {
    const sentence = new RegExp(`^Port ${port + 1} .* is taken .*: `)
    assert.match(await refusal('PortInUse', { port: port + 1 }), sentence)
    assert.match(await refusal('PortInUse', { port, brokers: 2 }), sentence)
    await assert.rejects(RawClient.connect(port), { code: 'ECONNREFUSED' })
  } finally {
    taken.close()
  }
})

test('a data directory that another broker uses is a DataDirectoryLocked', async t => {
  const dataDir = await temporaryFolder(t)
  await using first = await Broker.create({ dataDir })
  assert.match(
    await refusal('DataDirectoryLocked', { dataDir }),
    new RegExp(`${dataDir} is in use by the broker with process id ${process.pid}: `),
  )
  await first.stop()
  await using second = await Broker.create({ dataDir })
  assert.equal(second.state, 'running')
})

test('a folder that log.dirs names twice is a ConfigurationError that names both, also by a link', async t => {
  const folder = await temporaryFolder(t)
  const [data, link] = [join(folder, 'data'), join(folder, 'link')]
  symlinkSync(data, link)
  for (const [other, says] of [
    [`${data}/`, `${data}/`],
    [link, link],
  ]) {
    assert.equal(
      await refusal('ConfigurationError', { set: { 'log.dirs': `${data},${other}` } }),
      `log.dirs names one folder twice, as ${data} and as ${says}: leave one of the two out.`,
    )
  }
  await using broker = await Broker.create({ set: { 'log.dirs': `${data},${folder}/more` } })
  assert.equal(broker.state, 'running')
})

test('a data directory of another node is a WrongNode, and stays free for its own', async t => {
  const dataDir = await temporaryFolder(t)
  await (await Broker.create({ dataDir })).stop()
  const message = await refusal('WrongNode', { dataDir, set: { 'node.id': 7 } })
  assert.match(message, /belongs to node 0, but node\.id is 7: set node\.id=0 or use another directory\.$/)
  await using broker = await Broker.create({ dataDir })
  assert.equal(broker.state, 'running')
})

test('a data directory that cannot be made is a ConfigurationError', async t => {
  const file = join(await temporaryFolder(t), 'file')
  writeFileSync(file, '')
  const message = await refusal('ConfigurationError', { dataDir: join(file, 'data') })
  assert.match(
    message,
    /^The data directory .*\/file\/data cannot be used: .* lies below one; name a folder\.$/,
  )
})

test('an address that is not of this machine is a ConfigurationError', async () => {
  const message = await refusal('ConfigurationError', { host: '192.0.2.1' })
  assert.match(message, /^There is no listening on 192\.0\.2\.1, port 0 .*EADDRNOTAVAIL.*: /)
})

const wrong: readonly (readonly [BrokerOptions, RegExp])[] = [
  [{ set: { 'num.partitions': 'many' } }, /^Invalid value many for configuration num\.partitions: .*\.$/],
  [{ set: { 'num.partitions': 0 } }, /^Invalid value 0 for configuration num\.partitions: .* at least 1\.$/],
  [{ brokers: 0 }, /^There can be 1 to 100 nodes, not 0\.$/],
  [{ brokers: 1.5 }, /^The option 'brokers' is 1\.5: it takes a whole number/],
  [{ port: 65_536 }, /^The port 65536 is not one from 0 to 65535\.$/],
  [{ port: 65_535, brokers: 2 }, /^The port 65536 of node 2 is not one from 0 to 65535\.$/],
  [{ topics: ['a:b'] }, /^The topic 'a:b' cannot be read: write it as name:partitions/],
  [{ topics: ['a:0'] }, /^The topic 'a:0' cannot be read/],
  [{ topics: ['a:1:1:compact:more'] }, /^The topic 'a:1:1:compact:more' cannot be read/],
  [{ topics: ['no name:1'] }, /^The topic 'no name' cannot be created: .*characters other than/],
  [{ topics: ['a:1:1:shred'] }, /^The topic 'a' cannot be created: Invalid value shred/],
  [{ topics: ['a:1:3'], parity: true }, /^The topic 'a' cannot be created: .*only 1 broker/],
  [{ config: '/there/is/no/such.properties' }, /^The settings in \/there.* cannot be read .*ENOENT/],
  [
    { set: { listeners: 'SSL://:9093' } },
    /^The listener 'SSL' asks for SSL, but TLS and SASL are not served yet: use PLAINTEXT\.$/,
  ],
  [
    { port: 0, set: { listeners: 'PLAINTEXT://:0' } },
    /^Both the port and the setting listeners say where to listen: leave one of them out\.$/,
  ],
  [{ set: { listeners: 'here' } }, /^'here' in listeners cannot be read: write it as PLAINTEXT:/],
]

for (const [options, sentence] of wrong) {
  test(`${JSON.stringify(options)} is a ConfigurationError`, async () => {
    assert.match(await refusal('ConfigurationError', options), sentence)
  })
}

test('a start that failed leaves no lock and no listening port behind', async t => {
  const dataDir = await temporaryFolder(t)
  await refusal('ConfigurationError', { dataDir, topics: ['no name'] })
  assert.equal(existsSync(join(dataDir, '.lock')), false)
  await using broker = await Broker.create({ dataDir })
  assert.equal(broker.state, 'running')
})
