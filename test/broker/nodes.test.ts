import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Broker, type BrokerOptions } from '../../src/index.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { temporaryFolder } from '../support/folder.js'
import { freePorts } from '../support/free-ports.js'
import { RawClient } from '../support/raw-client.js'

const portOf = (address: string | undefined): number => Number(address?.split(':')[1])

/** The nodes of a broker, and their answers. */
class Nodes implements AsyncDisposable {
  private constructor(readonly broker: Broker) {}

  static async open(options: BrokerOptions = {}): Promise<Nodes> {
    return new Nodes(await Broker.create({ brokers: 3, ...options }))
  }

  async #any<T>(question: (client: RawClient) => Promise<T>, nth = 0): Promise<T> {
    const client = await RawClient.connect(portOf(this.broker.brokers[nth]))
    try {
      return await question(client)
    } finally {
      client.destroy()
    }
  }

  metadata = (nth = 0) => this.#any(client => client.ask(metadata, 9, { topics: null }), nth)

  async leaders(topic: string): Promise<number[]> {
    const { topics } = await this.metadata()
    return topics.find(each => each.name === topic)!.partitions.map(each => each.leaderId)
  }

  async coordinators(groups: readonly string[]): Promise<number[]> {
    const { coordinators } = await this.#any(client =>
      client.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: [...groups] }),
    )
    return coordinators.map(({ nodeId }) => nodeId)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.broker.stop()
  }
}

test('three nodes listen on three consecutive ports from `port` on, and all tell of all', async () => {
  const port = await freePorts(3)
  await using nodes = await Nodes.open({ port })
  assert.equal(nodes.broker.bootstrapServers, [0, 1, 2].map(i => `127.0.0.1:${port + i}`).join(','))
  for (const nth of [0, 1, 2]) {
    const { brokers } = await nodes.metadata(nth)
    assert.deepEqual(
      brokers.map(broker => [broker.nodeId, broker.port]),
      [0, 1, 2].map(i => [i, port + i]),
    )
  }
})

test('ids count from node.id on', async () => {
  await using nodes = await Nodes.open({ set: { 'node.id': 5 }, topics: ['t:3:1'] })
  const { brokers, controllerId } = await nodes.metadata()
  assert.deepEqual(
    brokers.map(broker => broker.nodeId),
    [5, 6, 7],
  )
  assert.equal(controllerId, 5)
  assert.deepEqual((await nodes.leaders('t')).sort(), [5, 6, 7])
})

test('broker.id stands for node.id where that is not set', async () => {
  await using nodes = await Nodes.open({ set: { 'broker.id': 3 }, brokers: 1 })
  assert.equal((await nodes.metadata()).controllerId, 3)
})

test('leaders and coordinators move off a node that stops, and it takes connections again when it is back', async () => {
  await using nodes = await Nodes.open({ topics: ['t:6:3'] })
  const { broker } = nodes
  const groups = Array.from({ length: 20 }, (_, i) => `group-${i}`)
  const [before, coordinators] = [await nodes.leaders('t'), await nodes.coordinators(groups)]
  assert.deepEqual([...new Set(before)].sort(), [0, 1, 2])
  assert.deepEqual([...new Set(coordinators)].sort(), [0, 1, 2])
  const address = broker.brokers[1]

  await broker.stopNode(1)
  assert.equal(broker.brokers.length, 2)
  await assert.rejects(RawClient.connect(portOf(address)), { code: 'ECONNREFUSED' })
  const without = await nodes.leaders('t')
  assert.ok(!without.includes(1))
  assert.deepEqual(
    without.filter((_, i) => before[i] !== 1),
    before.filter(id => id !== 1),
  )
  assert.ok(!(await nodes.coordinators(groups)).includes(1))

  await broker.startNode(1)
  assert.equal(broker.brokers[1], address)
  const { brokers, topics } = await nodes.metadata()
  assert.deepEqual(brokers.map(each => each.nodeId).sort(), [0, 1, 2])
  assert.ok(topics[0]?.partitions.every(each => each.isrNodes.length === 3))
})

test('the controller moves when its node stops, and partitions of a node alone have no leader', async () => {
  await using nodes = await Nodes.open({ topics: ['alone:3:1'] })
  await nodes.broker.stopNode(0)
  const { controllerId, topics } = await nodes.metadata()
  assert.equal(controllerId, 1)
  const partitions = topics[0]?.partitions ?? []
  assert.equal(partitions.filter(each => each.leaderId === -1).length, 1)
  assert.ok(partitions.every(each => (each.leaderId === -1) === (each.offlineReplicas.length === 1)))
})

test('every node may stop, and the broker still stops', async () => {
  const { broker } = await Nodes.open({ topics: ['t:3:3'] })
  for (const id of [2, 0, 1]) await broker.stopNode(id)
  assert.deepEqual(broker.brokers, [])
  await broker.startNode(0)
  assert.equal(broker.brokers.length, 1)
  await broker.stop()
})

test('a node that does not run cannot stop, nor one that runs start, nor one that is not there', async () => {
  const { broker } = await Nodes.open()
  await assert.rejects(broker.startNode(1), { name: 'RangeError', message: 'node 1 already runs' })
  await assert.rejects(broker.startNode(9), { message: 'there is no node 9; there are 0, 1, 2' })
  await assert.rejects(broker.stopNode(9), { message: 'node 9 does not run; running are 0, 1, 2' })
  await broker.stop()
  await assert.rejects(broker.startNode(1), { message: 'the broker is stopped' })
})

test('stopping and starting a node at once is done in turn', async () => {
  await using nodes = await Nodes.open({ topics: ['t:3:3'] })
  const { broker } = nodes
  await Promise.all([broker.stopNode(1), broker.startNode(1), broker.stopNode(1)])
  assert.equal(broker.brokers.length, 2)
  assert.ok(!(await nodes.leaders('t')).includes(1))
})

test('a node whose port was taken meanwhile stays stopped, and says so', async () => {
  await using nodes = await Nodes.open({ topics: ['t:3:3'] })
  const port = portOf(nodes.broker.brokers[2])
  await nodes.broker.stopNode(2)
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  await assert.rejects(nodes.broker.startNode(2), { name: 'PortInUse' })
  assert.ok(!(await nodes.leaders('t')).includes(2))
  await new Promise(done => other.close(done))
  await nodes.broker.startNode(2)
  assert.equal(nodes.broker.brokers.length, 3)
})

test('replicas on nodes that are not there any more are warned of, and led by those that are', async t => {
  const dataDir = await temporaryFolder(t)
  const topics = ['copied:3:3', 'alone:3:1']
  await (await Broker.create({ dataDir, brokers: 3, topics })).stop()
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (text: string) => warnings.push(text) }
  await using nodes = await Nodes.open({ dataDir, brokers: 1, logger })
  assert.deepEqual(await nodes.leaders('copied'), [0, 0, 0])
  assert.equal((await nodes.leaders('alone')).filter(id => id === -1).length, 2)
  assert.deepEqual(warnings, [
    "Topic 'alone' lies on nodes that are not there: start with as many brokers as it was made with.",
  ])
})

test('nodes have the ids, ports and racks that were asked for, and replicas lie in different racks', async () => {
  const port = await freePorts(5)
  const brokers = [
    { id: 1, port, rack: 'a' },
    { id: 3, port: port + 2, rack: 'a' },
    { id: 7, port: port + 4, rack: 'b' },
  ]
  await using nodes = await Nodes.open({ brokers, topics: ['t:6:2'] })
  const told = await nodes.metadata()
  assert.deepEqual(
    told.brokers.map(({ nodeId, port, rack }) => ({ id: nodeId, port, rack })),
    brokers,
  )
  const racks = new Map(brokers.map(({ id, rack }) => [id, rack]))
  const across = told.topics[0]!.partitions.filter(
    ({ replicaNodes: [one = -1, two = -1] }) => racks.get(one) !== racks.get(two),
  )
  assert.ok(across.length >= 4, JSON.stringify(told.topics))
  await nodes.broker.stopNode(7)
  assert.deepEqual(
    nodes.broker.listeners.map(({ node }) => node),
    [1, 3],
  )
  await nodes.broker.startNode(7)
  assert.deepEqual(
    nodes.broker.brokers,
    brokers.map(each => `127.0.0.1:${each.port}`),
  )
})

test('a node that cannot be stopped or started is a RangeError with a code', async () => {
  await using nodes = await Nodes.open({ brokers: 1 })
  for (const wrong of [nodes.broker.stopNode(9), nodes.broker.startNode(0), nodes.broker.startNode(9)]) {
    await assert.rejects(wrong, { name: 'RangeError', code: 'OTTLA_NODE' })
  }
})

test('options that are an array are refused', async () => {
  await assert.rejects(Broker.create([] as never), {
    name: 'ConfigurationError',
    message: /^The options are \[\]/,
  })
})
