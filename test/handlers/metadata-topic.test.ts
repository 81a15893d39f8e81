import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/index.js'
import { alterConfigs } from '../../src/wire/apis/alter-configs.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteRecords } from '../../src/wire/apis/delete-records.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'

const name = '__cluster_metadata'
/** Apache Kafka's fixed id of it. */
const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
const config = { name: 'retention.ms', value: '1000' }

/** The requests, each with the answer of Apache Kafka 4.3.1. */
const requests: readonly (readonly [
  string,
  string,
  (served: ServedBroker) => Promise<{ readonly errorCode: number } | undefined>,
])[] = [
  ['Metadata that may create it', 'UNKNOWN_TOPIC_OR_PARTITION', served => asked(served, { name })],
  ['Metadata by its id', 'UNKNOWN_TOPIC_ID', served => asked(served, { name: null, topicId })],
  [
    'CreateTopics',
    'INVALID_REQUEST',
    async ({ ask }) => {
      const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
      return (await ask(createTopics, 7, { topics, timeoutMs: 1000 })).topics[0]
    },
  ],
  [
    'CreatePartitions',
    'UNKNOWN_TOPIC_OR_PARTITION',
    async ({ ask }) => {
      const topics = [{ name, count: 2, assignments: null }]
      return (await ask(createPartitions, 3, { topics, timeoutMs: 1000, validateOnly: false })).results[0]
    },
  ],
  [
    'DeleteTopics',
    'UNKNOWN_TOPIC_OR_PARTITION',
    async ({ ask }) => (await ask(deleteTopics, 5, { topicNames: [name], timeoutMs: 1000 })).responses[0],
  ],
  [
    'DeleteTopics by its id',
    'UNKNOWN_TOPIC_ID',
    async ({ ask }) =>
      (await ask(deleteTopics, 6, { topics: [{ name: null, topicId }], timeoutMs: 1000 })).responses[0],
  ],
  [
    'IncrementalAlterConfigs',
    'UNKNOWN_TOPIC_OR_PARTITION',
    async ({ ask }) => {
      const resources = [
        { resourceType: 2, resourceName: name, configs: [{ ...config, configOperation: 0 }] },
      ]
      return (await ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })).responses[0]
    },
  ],
  [
    'AlterConfigs',
    'UNKNOWN_TOPIC_OR_PARTITION',
    async ({ ask }) => {
      const resources = [{ resourceType: 2, resourceName: name, configs: [config] }]
      return (await ask(alterConfigs, 2, { resources, validateOnly: false })).responses[0]
    },
  ],
  [
    'DeleteRecords',
    'UNKNOWN_TOPIC_OR_PARTITION',
    async ({ ask }) => {
      const topics = [{ name, partitions: [{ partitionIndex: 0, offset: -1n }] }]
      return (await ask(deleteRecords, 2, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0]
    },
  ],
  ['Produce', 'UNKNOWN_TOPIC_OR_PARTITION', served => served.write(name, ['a'])],
  [
    'Fetch',
    'UNKNOWN_TOPIC_OR_PARTITION',
    async served => {
      const { errorCode = -1 } = await served.fetch(name, 0n)
      return { errorCode }
    },
  ],
]

async function asked({ ask }: ServedBroker, topic: { name: string | null; topicId?: string }) {
  const { topics } = await ask(metadata, 12, { topics: [topic], allowAutoTopicCreation: true })
  return topics[0]
}

for (const [what, expected, request] of requests) {
  test(`${what} of __cluster_metadata is answered ${expected}, as by Apache Kafka`, async () => {
    await using served = await ServedBroker.open()
    assert.equal(errorName(await request(served)), expected)
    assert.deepEqual((await served.ask(metadata, 12, { topics: null })).topics, [])
  })
}

test('the options cannot ask for __cluster_metadata either', async () => {
  await assert.rejects(Broker.create({ topics: [name] }), {
    name: 'ConfigurationError',
    message: /prohibited/,
  })
})
