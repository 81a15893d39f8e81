import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { RawClient } from '../../test/support/raw-client.js'
import { type BrokerUnderTest, residentMb } from './broker.js'
import { runDriver } from './drivers.js'
import { idleMs, portOf } from './lifetimes.js'
import type { VersusRow } from './row.js'

const openFiles = ({ pid }: BrokerUnderTest): number => readdirSync(`/proc/${pid}/fd`).length
const partitions = 1000
const topics = 5
let made = 0

/** Creates a topic of 1,000 partitions and asks for its metadata. */
async function createOne(client: RawClient, name: string): Promise<{ createMs: number; metadataMs: number }> {
  const started = performance.now()
  const created = await client.ask(createTopics, 4, {
    topics: [{ name, numPartitions: partitions, replicationFactor: -1, assignments: [], configs: [] }],
    timeoutMs: 60_000,
  })
  const createMs = performance.now() - started
  if (created.topics[0]?.errorCode !== 0) throw new Error(`CreateTopics: ${created.topics[0]?.errorCode}`)
  return { createMs, metadataMs: await timeToMetadata(client, name) }
}

/** Measures the cost of each of some topics, and the average for a partition. The topics are deleted again. */
async function createMany(broker: BrokerUnderTest) {
  const [filesBefore, mbBefore] = [openFiles(broker), residentMb(broker)]
  const client = await RawClient.connect(portOf(broker))
  try {
    await client.ask(apiVersions, 0, {})
    const names = Array.from({ length: topics }, () => `many-${made++}`)
    const createMs: number[] = []
    const metadataMs: number[] = []
    for (const name of names) {
      const took = await createOne(client, name)
      createMs.push(took.createMs)
      metadataMs.push(took.metadataMs)
    }
    const kibPerPartition = ((residentMb(broker) - mbBefore) * 1024) / (partitions * topics)
    const filesPerPartition = (openFiles(broker) - filesBefore) / (partitions * topics)
    await client.ask(deleteTopics, 3, { topicNames: names, timeoutMs: 60_000 })
    await broker.removed() // Kafka is at it for most of a minute
    return { createMs, metadataMs, kibPerPartition, filesPerPartition }
  } finally {
    client.destroy()
  }
}

/** Apache Kafka answers before all of its parts know of the topic: only the answer counts that tells all. */
async function timeToMetadata(client: RawClient, name: string): Promise<number> {
  for (;;) {
    const asked = performance.now()
    const { topics } = await client.ask(metadata, 4, { topics: [{ name }], allowAutoTopicCreation: false })
    const metadataMs = performance.now() - asked
    if (topics.find(topic => topic.name === name)?.partitions.length === partitions) return metadataMs
    await pause(500)
  }
}

const middle = (all: readonly number[]): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] as number

/** The rows of many partitions, over several topics in a row, as the first makes room for more than itself. */
const manyPartitions: readonly VersusRow[] = [
  {
    name: 'partitions-1000',
    limits: { createMs: 20, metadataMs: 15 },
    async measure(broker) {
      const { createMs, metadataMs } = await createMany(broker)
      return { createMs: middle(createMs), metadataMs: middle(metadataMs) }
    },
  },
  {
    name: 'cold-partitions-1000',
    cold: true,
    limits: { kibPerPartition: 6, filesPerPartition: 0.01 },
    async measure(broker) {
      const { createMs, metadataMs, ...rest } = await createMany(broker)
      return { ...rest, createMs: createMs[0] as number, metadataMs: metadataMs[0] as number }
    },
  },
]

/** Connections that asked for ApiVersions and then no more: what an idle broker needs more when they are idle. */
function manyConnections(connections: number): VersusRow {
  return {
    name: `connections-${connections}`,
    cold: true,
    limits: { kibPerConnection: 16 },
    async measure(broker) {
      await pause(idleMs)
      const before = residentMb(broker)
      return runDriver('connections', { bootstrap: broker.bootstrap, connections }, async () => {
        await pause(idleMs)
        const kibPerConnection = ((residentMb(broker) - before) * 1024) / connections
        return kibPerConnection > 0 ? { kibPerConnection } : {} // it gave other memory back meanwhile
      })
    },
  }
}

/** The rows whose figures grow with the number of partitions, or of connections. */
export const many: readonly VersusRow[] = [...manyPartitions, manyConnections(1000), manyConnections(10_000)]
