import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterConfigs } from '../../src/wire/apis/alter-configs.js'
import { alterPartitionReassignments } from '../../src/wire/apis/alter-partition-reassignments.js'
import { createPartitions } from '../../src/wire/apis/create-partitions.js'
import { electLeaders } from '../../src/wire/apis/elect-leaders.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { errorName } from '../support/error-name.js'
import { ServedBroker } from '../support/served-broker.js'
import { SimulatedDisk } from '../support/simulated-disk.js'

const count = 200
const names = Array.from({ length: count }, (_, i) => `t${i}`)
const topicType = 2

/** Two nodes and many topics on a disk that counts the syncs of the metadata journal. */
async function opened() {
  const disk = new SimulatedDisk()
  const served = await ServedBroker.open({
    files: disk,
    brokers: 2,
    topics: names.map(name => `${name}:1:2`),
  })
  let syncs = 0
  disk.fault = (operation, path) => {
    if (operation === 'sync' && path.includes('__cluster_metadata-0')) syncs += 1
    return null
  }
  const syncsOf = async <T>(work: () => Promise<T>) => {
    syncs = 0
    const answer = await work()
    return { answer, syncs }
  }
  return { served, disk, syncsOf, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

type World = Awaited<ReturnType<typeof opened>>

/** Changes all topics by one request, and one that is not there; gives the errors, that of the missing one first. */
const apis: { readonly [api: string]: (world: World) => Promise<readonly string[]> } = {
  CreatePartitions: async ({ served }) => {
    const topics = ['missing', ...names].map(name => ({ name, count: 2, assignments: null }))
    const { results } = await served.ask(createPartitions, 3, {
      topics,
      timeoutMs: 1000,
      validateOnly: false,
    })
    return results.map(errorName)
  },
  AlterConfigs: async ({ served }) => {
    const configs = [{ name: 'retention.ms', value: '5' }]
    const resources = ['missing', ...names].map(name => resourceOf(name, configs))
    return (await served.ask(alterConfigs, 2, { resources, validateOnly: false })).responses.map(errorName)
  },
  IncrementalAlterConfigs: async ({ served }) => {
    const configs = [{ name: 'retention.ms', configOperation: 0, value: '5' }]
    const resources = ['missing', ...names].map(name => resourceOf(name, configs))
    const { responses } = await served.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return responses.map(errorName)
  },
  ElectLeaders: async ({ served }) => {
    const topicPartitions = ['missing', ...names].map(topic => ({ topic, partitions: [0] }))
    const { replicaElectionResults } = await served.ask(electLeaders, 2, {
      electionType: 0,
      topicPartitions,
      timeoutMs: 1000,
    })
    return replicaElectionResults.flatMap(({ partitionResult }) => partitionResult.map(errorName))
  },
  AlterPartitionReassignments: async ({ served }) => {
    const partitions = [{ partitionIndex: 0, replicas: [1, 0] }]
    const topics = ['missing', ...names].map(name => ({ name, partitions }))
    const { responses } = await served.ask(alterPartitionReassignments, 0, { topics, timeoutMs: 1000 })
    return responses.flatMap(each => each.partitions.map(errorName))
  },
}

const resourceOf = <Config>(resourceName: string, configs: readonly Config[]) => ({
  resourceType: topicType,
  resourceName,
  configs,
})

/** Has the first node lead partitions that prefer the second, which was away, and returns their number. */
async function unsettle({ served }: World): Promise<number> {
  await served.broker.stopNode(1)
  await served.broker.startNode(1)
  const { topics } = await served.ask(metadata, 9, { topics: null })
  return topics.filter(({ partitions }) => partitions[0]?.replicaNodes[0] === 1).length
}

for (const [api, ask] of Object.entries(apis)) {
  test(`${api} of ${count} topics is one append to the metadata journal, and each is answered for itself`, async () => {
    await using world = await opened()
    const unsettled = api === 'ElectLeaders' ? await unsettle(world) : count
    const { answer, syncs } = await world.syncsOf(() => ask(world))
    assert.deepEqual([answer[0], answer.length, syncs], ['UNKNOWN_TOPIC_OR_PARTITION', count + 1, 1])
    assert.ok(unsettled > count / 4)
    assert.equal(answer.filter(name => name === 'NONE').length, unsettled)
  })

  test(`${api} that a full disk refuses is answered so for each topic that would have changed`, async () => {
    await using world = await opened()
    const unsettled = api === 'ElectLeaders' ? await unsettle(world) : count
    world.disk.fault = operation => (operation === 'append' ? 'ENOSPC' : null)
    const answer = await ask(world)
    assert.equal(answer[0], 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal(answer.filter(name => name === 'KAFKA_STORAGE_ERROR').length, unsettled)
    world.disk.fault = () => null
    assert.equal((await ask(world)).filter(name => name === 'NONE').length, unsettled)
  })
}
