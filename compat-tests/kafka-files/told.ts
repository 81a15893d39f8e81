import { setTimeout as pause } from 'node:timers/promises'
import * as batches from '../../src/records/record-batch.js'
import { describeClientQuotas } from '../../src/wire/apis/describe-client-quotas.js'
import { describeConfigs } from '../../src/wire/apis/describe-configs.js'
import { describeProducers } from '../../src/wire/apis/describe-producers.js'
import { describeTransactions } from '../../src/wire/apis/describe-transactions.js'
import { describeUserScramCredentials } from '../../src/wire/apis/describe-user-scram-credentials.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { listConfigResources } from '../../src/wire/apis/list-config-resources.js'
import { listGroups } from '../../src/wire/apis/list-groups.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { listTransactions } from '../../src/wire/apis/list-transactions.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.js'
import { errorCodes } from '../../src/wire/errors.js'
import { RawClient } from '../../test/support/raw-client.js'

const maxBytes = 8 << 20
const topicResource = 2
const brokerResource = 4
const metricsResource = 16
const setForTopic = 1
const setForAllBrokers = 3
const setForSubscription = 7
const readCommitted = 1
/** The source of what was set for a resource itself. */
const sourceOf = new Map([
  [topicResource, setForTopic],
  [brokerResource, setForAllBrokers],
  [metricsResource, setForSubscription],
])
/** The timestamps of ListOffsets: two with a meaning of their own, and a time. */
const offsetsAsked = { start: -2n, greatestTime: -3n, sometime: 1_700_000_500_000n } as const

/** A start may forget the producers whose last records are older (producer.id.expiration.ms). */
const dayAgo = BigInt(Date.now() - 86_400_000)

type Table<T> = Readonly<Record<string, T>>

/** All that a broker of one node tells its clients of what it keeps, in a form to be compared. */
export interface Told {
  readonly clusterId: string | null
  /** The settings of all brokers that were made at run time. */
  readonly settings: Table<string | null>
  /** The quotas of clients, by the entities that have them. */
  readonly quotas: Table<Table<number>>
  readonly topics: Table<{ id: string; partitions: number; settings: Table<string | null> }>
  readonly partitions: Table<ToldPartition>
  /** The offset that each group has reached, by partition. */
  readonly groups: Table<{ type: string; state: string; offsets: Table<string> }>
  readonly transactions: Table<{ state: string; producer: string; partitions: readonly string[] }>
  /** The subscriptions to metrics of clients, with their settings. */
  readonly subscriptions: Table<Table<string | null>>
  /** The mechanisms and iterations of users' credentials. */
  readonly users: Table<readonly string[]>
}

interface ToldPartition {
  readonly bounds: string
  /** Offsets, leader epoch and checksum of each batch. */
  readonly batches: readonly string[]
  readonly aborted: readonly string[]
  readonly offsets: Table<string>
  readonly producers: readonly string[]
}

export async function toldBy(port: number): Promise<Told> {
  const client = await RawClient.connect(port)
  try {
    const answer = await client.ask(metadata, 12, { topics: null })
    const topics = answer.topics.map(({ name, ...topic }) => ({ name: name as string, ...topic }))
    const partitions = topics
      .filter(({ isInternal }) => !isInternal)
      .flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex }) => [name, partitionIndex] as const),
      )
    return {
      clusterId: answer.clusterId,
      settings: await settingsOf(client, brokerResource, ''),
      quotas: await quotasTold(client),
      topics: await table(
        topics,
        ({ name }) => name,
        async ({ name, topicId, partitions }) => ({
          id: topicId,
          partitions: partitions.length,
          settings: await settingsOf(client, topicResource, name),
        }),
      ),
      partitions: await table(
        partitions,
        ([name, index]) => `${name}-${index}`,
        where => partitionTold(client, ...where),
      ),
      groups: await groupsTold(client),
      transactions: await transactionsTold(client),
      subscriptions: await subscriptionsTold(client),
      users: await usersTold(client),
    }
  } finally {
    client.destroy()
  }
}

async function settingsOf(
  client: RawClient,
  resourceType: number,
  resourceName: string,
): Promise<Table<string | null>> {
  const resources = [{ resourceType, resourceName, configurationKeys: null }]
  const { results } = await client.ask(describeConfigs, 4, { resources })
  const source = sourceOf.get(resourceType) as number
  const set = results.flatMap(({ configs }) => configs.filter(each => each.configSource === source))
  return Object.fromEntries(set.map(({ name, value }): [string, string | null] => [name, value]).sort())
}

async function quotasTold(client: RawClient): Promise<Told['quotas']> {
  const { entries } = await client.ask(describeClientQuotas, 1, { components: [], strict: false })
  return table(
    entries ?? [],
    ({ entity }) =>
      entity
        .map(({ entityType, entityName }) => `${entityType} ${entityName}`)
        .sort()
        .join(', '),
    async ({ values }) =>
      Object.fromEntries(values.map(({ key, value }): [string, number] => [key, value]).sort()),
  )
}

async function partitionTold(client: RawClient, topic: string, partition: number): Promise<ToldPartition> {
  const whole = await readAll(client, topic, partition)
  const { topics } = await client.ask(describeProducers, 0, {
    topics: [{ name: topic, partitionIndexes: [partition] }],
  })
  return {
    ...whole,
    offsets: await table(
      Object.entries(offsetsAsked),
      ([what]) => what,
      ([, timestamp]) => offsetOf(client, topic, partition, timestamp),
    ),
    producers: (topics[0]?.partitions[0]?.activeProducers ?? [])
      .filter(({ lastTimestamp }) => lastTimestamp > dayAgo)
      .map(inWords)
      .sort(),
  }
}

async function readAll(client: RawClient, topic: string, partition: number) {
  const found: string[] = []
  const aborted = new Set<string>()
  let offset = BigInt((await offsetOf(client, topic, partition, offsetsAsked.start)).split(' ')[0] as string)
  for (;;) {
    const { responses } = await client.ask(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes,
      isolationLevel: readCommitted,
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }] }],
    })
    const read = responses[0]?.partitions[0]
    if (read?.errorCode !== 0) throw new Error(`${topic}-${partition}: error ${read?.errorCode}`)
    for (const each of read.abortedTransactions ?? [])
      aborted.add(`${each.producerId} from ${each.firstOffset}`)
    const whole = wholeBatches(read.records ?? Buffer.alloc(0))
    if (whole.length === 0) {
      const bounds = `${read.logStartOffset} to ${read.lastStableOffset} of ${read.highWatermark}`
      return { bounds, batches: found, aborted: [...aborted].sort() }
    }
    found.push(...whole.map(described))
    offset = batches.lastOffset(whole.at(-1) as Buffer) + 1n
  }
}

/** An answer may end in the midst of a batch. */
function wholeBatches(bytes: Buffer): Buffer[] {
  const whole: Buffer[] = []
  let rest = bytes
  while (rest.length >= batches.batchHeaderBytes && rest.length >= batches.batchLength(rest)) {
    whole.push(rest.subarray(0, batches.batchLength(rest)))
    rest = rest.subarray(batches.batchLength(rest))
  }
  return whole
}

const described = (batch: Buffer): string =>
  `${batches.baseOffset(batch)} to ${batches.lastOffset(batch)} in epoch ${batches.partitionLeaderEpoch(batch)}, ${batches.crcOf(batch)}`

async function offsetOf(client: RawClient, name: string, partitionIndex: number, timestamp: bigint) {
  const topics = [{ name, partitions: [{ partitionIndex, timestamp }] }]
  const answer = await client.ask(listOffsets, 7, { replicaId: -1, topics })
  const found = answer.topics[0]?.partitions[0]
  if (found?.errorCode !== 0) throw new Error(`${name}-${partitionIndex}: error ${found?.errorCode}`)
  return `${found.offset} at ${found.timestamp}`
}

async function groupsTold(client: RawClient): Promise<Told['groups']> {
  const { groups } = await loaded(() => client.ask(listGroups, 5, {}))
  return table(
    groups,
    ({ groupId }) => groupId,
    async ({ groupId, groupType, groupState }) => {
      const asked = [{ groupId, topics: null }]
      const answer = await client.ask(offsetFetch, 9, { groups: asked, requireStable: true })
      const offsets = (answer.groups[0]?.topics ?? []).flatMap(({ name, partitions }) =>
        partitions.map(
          ({ partitionIndex, ...committed }) => [`${name}-${partitionIndex}`, inWords(committed)] as const,
        ),
      )
      return { type: groupType, state: groupState, offsets: Object.fromEntries(offsets.sort()) }
    },
  )
}

async function transactionsTold(client: RawClient): Promise<Told['transactions']> {
  const listed = await loaded(() =>
    client.ask(listTransactions, 1, { stateFilters: [], producerIdFilters: [] }),
  )
  const transactionalIds = listed.transactionStates.map(({ transactionalId }) => transactionalId)
  const answer = await client.ask(describeTransactions, 0, { transactionalIds })
  return table(
    answer.transactionStates,
    ({ transactionalId }) => transactionalId,
    async ({ topics, ...transaction }) => ({
      state: transaction.transactionState,
      producer: `${transaction.producerId} in epoch ${transaction.producerEpoch}`,
      partitions: topics
        .flatMap(({ topic, partitions }) => partitions.map(index => `${topic}-${index}`))
        .sort(),
    }),
  )
}

async function subscriptionsTold(client: RawClient): Promise<Told['subscriptions']> {
  const { configResources } = await client.ask(listConfigResources, 0, {})
  return table(
    configResources,
    ({ resourceName }) => resourceName,
    ({ resourceName }) => settingsOf(client, metricsResource, resourceName),
  )
}

async function usersTold(client: RawClient): Promise<Told['users']> {
  const { results } = await client.ask(describeUserScramCredentials, 0, { users: null })
  return table(
    results,
    ({ user }) => user,
    async ({ credentialInfos }) => credentialInfos.map(inWords).sort(),
  )
}

/** Asks again while coordinators read their partitions, as clients do. */
async function loaded<T extends { readonly errorCode: number }>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await ask()
    if (answer.errorCode === errorCodes.NONE) return answer
    await pause(100)
  }
  throw new Error('the coordinators are not there after ten seconds')
}

const inWords = (fields: object): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

/** Asks for one after the other; sorted by name. */
async function table<E, T>(
  entries: Iterable<E>,
  nameOf: (entry: E) => string,
  told: (entry: E) => Promise<T>,
): Promise<Table<T>> {
  const found: [string, T][] = []
  for (const entry of entries) found.push([nameOf(entry), await told(entry)])
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}
