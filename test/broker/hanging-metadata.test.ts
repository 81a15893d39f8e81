import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker, type OpenFile } from '../../src/index.js'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { heartbeat } from '../../src/wire/apis/heartbeat.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { errorNameOf } from '../support/error-name.js'
import { ManualClock } from '../support/manual-clock.js'
import { RawClient } from '../support/raw-client.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

/** Has every sync of the metadata journal wait from when `hang` is called until `letGo` is. */
function hangingJournal(disk: SimulatedDisk) {
  const open = disk.open.bind(disk)
  let held: Promise<void> | null = null
  let letGo = () => {}
  disk.open = name => {
    const file: OpenFile = open(name)
    if (!name.includes('/__cluster_metadata-0/')) return file
    const sync = file.sync.bind(file)
    file.sync = () => (held ? held.then(sync) : sync())
    return file
  }
  const hang = () => {
    held = new Promise(resolve => {
      letGo = resolve
    })
  }
  return { hang, letGo: () => letGo() }
}

test('every API that waits for a metadata journal whose disk hangs is answered in time', {
  timeout: 60_000,
}, async t => {
  const disk = new SimulatedDisk()
  const clock = new ManualClock()
  const journal = hangingJournal(disk)
  const broker = await Broker.create({ files: disk, clock, topics: ['orders'] })
  t.after(() => broker.stop())
  const port = Number(broker.bootstrapServers.split(':').at(-1))
  const clients: RawClient[] = []
  t.after(() => {
    for (const each of clients) each.destroy()
  })
  const connect = async () => {
    const client = await RawClient.connect(port)
    clients.push(client)
    return client
  }
  journal.hang()
  const beside = await connect()
  const answers = new Map<string, string>()
  const ask = async (name: string, asking: (client: RawClient) => Promise<number | undefined>) => {
    answers.set(name, errorNameOf(await asking(await connect())))
  }
  const topic = { name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  const config = { name: 'retention.ms', configOperation: 0, value: '1' }
  const asked = Promise.all([
    ask('CreateTopics', async client => {
      const { topics } = await client.ask(createTopics, 7, { topics: [topic], timeoutMs: 1000 })
      return topics[0]?.errorCode
    }),
    ask('DeleteTopics', async client => {
      const { responses } = await client.ask(deleteTopics, 5, { topicNames: ['orders'], timeoutMs: 1000 })
      return responses[0]?.errorCode
    }),
    ask('CreatePartitions', async client => {
      const topics = [{ name: 'orders', count: 2, assignments: null }]
      const { results } = await client.ask(createPartitions, 3, {
        topics,
        timeoutMs: 1000,
        validateOnly: false,
      })
      return results[0]?.errorCode
    }),
    ask('IncrementalAlterConfigs', async client => {
      const resources = [{ resourceType: 2, resourceName: 'orders', configs: [config] }]
      const { responses } = await client.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
      return responses[0]?.errorCode
    }),
    ask('Metadata', async client => {
      const request = { topics: [{ name: 'wanted' }], allowAutoTopicCreation: true }
      return (await client.ask(metadata, 9, request)).topics[0]?.errorCode
    }),
    ask('InitProducerId', async client => {
      const request = { transactionalId: null, transactionTimeoutMs: 1000 }
      return (await client.ask(initProducerId, 4, request)).errorCode
    }),
    ask('InitProducerId of a transaction', async client => {
      const request = { transactionalId: 'shop', transactionTimeoutMs: 1000 }
      return (await client.ask(initProducerId, 4, request)).errorCode
    }),
    ask('FindCoordinator of a group', async client => {
      const request = { coordinatorKeys: ['readers'], keyType: 0 }
      return (await client.ask(findCoordinator, 4, request)).coordinators?.[0]?.errorCode
    }),
    ask('FindCoordinator of a transaction', async client => {
      const request = { coordinatorKeys: ['shop'], keyType: 1 }
      return (await client.ask(findCoordinator, 4, request)).coordinators?.[0]?.errorCode
    }),
    ask('Heartbeat', async client => {
      const request = { groupId: 'readers', generationId: 1, memberId: 'someone' }
      return (await client.ask(heartbeat, 4, request)).errorCode
    }),
    ask('OffsetCommit', async client => {
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
      const request = { groupId: 'readers', memberId: '', topics: [{ name: 'orders', partitions }] }
      return (await client.ask(offsetCommit, 8, request)).topics[0]?.partitions[0]?.errorCode
    }),
  ])
  let isOver = false
  const over = asked.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await beside.ask(apiVersions, 3, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
    clock.advance(200)
  }
  await over
  journal.letGo()
  assert.deepEqual(Object.fromEntries([...answers].sort()), {
    CreatePartitions: 'REQUEST_TIMED_OUT',
    CreateTopics: 'REQUEST_TIMED_OUT',
    DeleteTopics: 'REQUEST_TIMED_OUT',
    'FindCoordinator of a group': 'COORDINATOR_NOT_AVAILABLE',
    'FindCoordinator of a transaction': 'COORDINATOR_NOT_AVAILABLE',
    Heartbeat: 'COORDINATOR_NOT_AVAILABLE',
    IncrementalAlterConfigs: 'REQUEST_TIMED_OUT',
    InitProducerId: 'COORDINATOR_LOAD_IN_PROGRESS',
    'InitProducerId of a transaction': 'COORDINATOR_NOT_AVAILABLE',
    Metadata: 'UNKNOWN_TOPIC_OR_PARTITION',
    OffsetCommit: 'COORDINATOR_NOT_AVAILABLE',
  })
})
