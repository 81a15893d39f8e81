import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  batchHeaderBytes,
  batchLength,
  buildBatch,
  decodeRecords,
  isControl,
  lastOffset,
  producerId,
  verifyCrc,
} from '../../src/records/record-batch.js'
import { addPartitionsToTxn } from '../../src/wire/apis/add-partitions-to-txn.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { endTxn } from '../../src/wire/apis/end-txn.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import { metadata } from '../../src/wire/apis/metadata.js'
import { offsetCommit } from '../../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.js'
import { produce } from '../../src/wire/apis/produce.js'
import { errorCodes } from '../../src/wire/errors.js'
import { type Damage, damages } from './file-damage.js'
import { record } from './log-world.js'
import { RawClient } from './raw-client.js'

const transactionalId = 'payments'
const group = 'readers'
const plainBatches = 70
const timeoutMs = 5000

/** The kinds of files of a data directory: each pattern names those of which one is damaged. */
export const fileKinds: Readonly<Record<string, RegExp>> = {
  '.log, full': /^orders-0\/0{20}\.log$/,
  '.log, written': /^orders-0\/(?!0{20}\.)\d{20}\.log$/,
  '.index': /^orders-0\/0{20}\.index$/,
  '.timeindex': /^orders-0\/0{20}\.timeindex$/,
  '.txnindex': /^orders-0\/\d{20}\.txnindex$/,
  '.snapshot': /^orders-0\/\d{20}\.snapshot$/,
  'leader-epoch-checkpoint': /^orders-0\/leader-epoch-checkpoint$/,
  'partition.metadata': /^orders-0\/partition\.metadata$/,
  '__consumer_offsets .log': /^__consumer_offsets-\d+\/\d{20}\.log$/,
  '__consumer_offsets .index': /^__consumer_offsets-\d+\/\d{20}\.(time)?index$/,
  '__transaction_state .log': /^__transaction_state-\d+\/\d{20}\.log$/,
  'recovery-point-offset-checkpoint': /^recovery-point-offset-checkpoint$/,
  'log-start-offset-checkpoint': /^log-start-offset-checkpoint$/,
  'cleaner-offset-checkpoint': /^cleaner-offset-checkpoint$/,
  'meta.properties': /^meta\.properties$/,
  '.kafka_cleanshutdown': /^\.kafka_cleanshutdown$/,
  '.lock': /^\.lock$/,
  '__cluster_metadata .log': /^__cluster_metadata-0\/\d{20}\.log$/,
  '__cluster_metadata leader-epoch-checkpoint': /^__cluster_metadata-0\/leader-epoch-checkpoint$/,
  '__cluster_metadata partition.metadata': /^__cluster_metadata-0\/partition\.metadata$/,
  'quorum-state': /^__cluster_metadata-0\/quorum-state$/,
}

/** Damages one file of a kind that is not empty; its path in the folder, null where there is none. */
export function damageFile(
  folder: string,
  kind: string,
  damage: Damage,
  random: () => number,
): string | null {
  const pattern = fileKinds[kind] as RegExp
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => pattern.test(name) && readFileSync(join(folder, name)).length > 0)
    .sort()
  const name = found[Math.floor(random() * found.length)]
  if (name === undefined) return null
  const bytes = damages[damage](readFileSync(join(folder, name)), random)
  if (bytes === null) rmSync(join(folder, name))
  else writeFileSync(join(folder, name), bytes)
  return name
}

/** Two topics of one partition, with transactions and a group: all that the kinds of files tell of. */
export async function fillData(port: number): Promise<void> {
  const client = await RawClient.connect(port)
  try {
    const configs = { 'segment.bytes': String(1 << 20), 'index.interval.bytes': '4096' }
    await client.ask(createTopics, 5, {
      topics: ['orders', 'others'].map(name => ({
        name,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs,
    })
    for (let i = 0; i < plainBatches; i++) {
      const records = Array.from({ length: 25 }, (_, k) =>
        record(`${i}/${k} ${'.'.repeat(690)}`, 1_700_000_000_000 + i),
      )
      for (const topic of ['orders', 'others']) await write(client, topic, await buildBatch({ records }))
      if (i % 6 === 0) await transact(client, i / 6)
    }
    await commit(client)
  } finally {
    client.destroy()
  }
}

async function write(
  client: RawClient,
  topic: string,
  records: Buffer,
  id: string | null = null,
): Promise<string> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
  const request = { transactionalId: id, acks: -1, timeoutMs, topicData }
  const answer = await settled(async () => {
    const { responses } = await client.ask(produce, 9, request)
    return responses[0]?.partitionResponses[0]?.errorCode ?? -1
  })
  return nameOf(answer)
}

/** A transaction of one record; every second one is aborted. */
async function transact(client: RawClient, i: number): Promise<void> {
  await coordinated(client, transactionalId, 1)
  let producer = { producerId: -1n, producerEpoch: -1 }
  await settled(async () => {
    const asked = { transactionalId, transactionTimeoutMs: 60_000 }
    const answer = await client.ask(initProducerId, 2, asked)
    producer = answer
    return answer.errorCode
  })
  const { producerId, producerEpoch } = producer
  await settled(async () => {
    const { resultsByTopicV3AndBelow } = await client.ask(addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: 'orders', partitions: [0] }],
    })
    return resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1
  })
  const records = [record(`transaction ${i}`, 1_700_000_000_000)]
  const stamp = { producerId, producerEpoch, baseSequence: 0, transactional: true }
  await write(client, 'orders', await buildBatch({ records, ...stamp }), transactionalId)
  await settled(async () => {
    const ended = { transactionalId, producerId, producerEpoch, committed: i % 2 === 0 }
    return (await client.ask(endTxn, 3, ended)).errorCode
  })
}

async function commit(client: RawClient): Promise<void> {
  await coordinated(client, group, 0)
  const partitions = [{ partitionIndex: 0, committedOffset: 42n, committedMetadata: '' }]
  await settled(async () => {
    const { topics } = await client.ask(offsetCommit, 8, {
      groupId: group,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 'orders', partitions }],
    })
    return topics[0]?.partitions[0]?.errorCode ?? -1
  })
}

const coordinated = (client: RawClient, key: string, keyType: number): Promise<number> =>
  settled(async () => (await client.ask(findCoordinator, 3, { key, keyType })).errorCode)

const unready: ReadonlySet<number> = new Set(
  [
    'UNKNOWN_TOPIC_OR_PARTITION',
    'LEADER_NOT_AVAILABLE',
    'NOT_LEADER_OR_FOLLOWER',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
    'CONCURRENT_TRANSACTIONS',
  ].map(name => errorCodes[name as keyof typeof errorCodes]),
)

/** Asks again while a broker is getting ready. */
async function settled(ask: () => Promise<number>, patienceMs = 6000): Promise<number> {
  for (const until = Date.now() + patienceMs; ; await pause(100)) {
    const code = await ask()
    if (!unready.has(code) || Date.now() > until) return code
  }
}

const names = new Map<number, string>(Object.entries(errorCodes).map(([name, code]) => [code, name]))
const nameOf = (code: number): string => (code === 0 ? 'NONE' : (names.get(code) ?? `error ${code}`))

/**
 * The data as clients find them: the values that consumers of both kinds read, the error that ended the reading, and a
 * broker's other answers.
 */
export interface Found {
  readonly topics: readonly string[]
  readonly orders: Reading
  readonly committed: Reading
  readonly others: Reading
  readonly offset: string
  /** The outcome of a write at the end, for each topic. */
  readonly written: readonly string[]
}

interface Reading {
  readonly values: readonly string[]
  readonly error: string
}

export async function findData(port: number): Promise<Found> {
  const client = await RawClient.connect(port)
  try {
    const { topics } = await client.ask(metadata, 12, { topics: null })
    const found = {
      topics: topics
        .map(({ name }) => name ?? '')
        .filter(name => !name.startsWith('__'))
        .sort(),
      orders: await read(client, 'orders', 0),
      committed: await read(client, 'orders', 1),
      others: await read(client, 'others', 0),
      offset: await committedOffset(client),
    }
    const more = await buildBatch({ records: [record('one more', 1_700_000_100_000)] })
    const written = [await write(client, 'orders', more), await write(client, 'others', more)]
    return { ...found, written }
  } finally {
    client.destroy()
  }
}

async function committedOffset(client: RawClient): Promise<string> {
  await coordinated(client, group, 0)
  let offset = -1n
  const code = await settled(async () => {
    const { groups } = await client.ask(offsetFetch, 8, {
      groups: [{ groupId: group, topics: [{ name: 'orders', partitionIndexes: [0] }] }],
      requireStable: false,
    })
    offset = groups[0]?.topics[0]?.partitions[0]?.committedOffset ?? -1n
    return groups[0]?.errorCode ?? -1
  })
  return code === 0 ? String(offset) : nameOf(code)
}

/** Reads on as a consumer does that checks checksums, and stops where it is given an error or nothing more. */
async function read(client: RawClient, topic: string, isolationLevel: number): Promise<Reading> {
  const values: string[] = []
  const until = Date.now() + 2000
  for (let offset = 0n; ; ) {
    const answer = await fetched(client, topic, offset, isolationLevel)
    // Apache Kafka begins with a high watermark of 0, and answers fetches before it knows better.
    if (answer.error === 'NONE' && answer.end === 0n && Date.now() < until && (await pause(100, true)))
      continue
    if (answer.error !== 'NONE') return { values, error: answer.error }
    const waiting = [...answer.aborted]
    const aborted = new Set<bigint>()
    let next = offset
    for (const batch of wholeBatches(answer.records)) {
      if (!verifyCrc(batch)) return { values, error: 'a checksum that does not hold' }
      while (waiting[0] && waiting[0].firstOffset <= lastOffset(batch))
        aborted.add(waiting.shift()?.producerId ?? -1n)
      if (isControl(batch)) aborted.delete(producerId(batch))
      else if (!aborted.has(producerId(batch))) {
        for (const each of await decodeRecords(batch))
          if (each.offset >= next) values.push(`${each.offset} ${each.value}`)
      }
      next = lastOffset(batch) + 1n
    }
    if (next <= offset) return { values, error: offset < answer.end ? `nothing more before the end` : 'NONE' }
    offset = next
  }
}

interface Fetched {
  readonly records: Buffer
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
  readonly end: bigint
}

async function fetched(client: RawClient, topic: string, fetchOffset: bigint, isolationLevel: number) {
  let answer: Fetched = { records: Buffer.alloc(0), aborted: [], end: 0n }
  const code = await settled(async () => {
    const { responses } = await client.ask(fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1 << 20,
      isolationLevel,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 100_000 }] }],
    })
    const found = responses[0]?.partitions[0]
    const end = (isolationLevel === 1 ? found?.lastStableOffset : found?.highWatermark) ?? 0n
    answer = {
      records: found?.records ?? Buffer.alloc(0),
      aborted: found?.abortedTransactions ?? [],
      end,
    }
    return found?.errorCode ?? -1
  })
  return { ...answer, error: nameOf(code) }
}

/** An answer may end in the midst of a batch. */
function* wholeBatches(bytes: Buffer): Generator<Buffer> {
  for (let rest = bytes; rest.length >= batchHeaderBytes; ) {
    const length = batchLength(rest)
    if (length < batchHeaderBytes || length > rest.length) return
    yield rest.subarray(0, length)
    rest = rest.subarray(length)
  }
}

/** A judgement of the data: in words, and by the harm. */
export interface Verdict {
  /**
   * 0: as before; 1: an error where something is damaged; 2: others suffer, or the broker serves no client; 3: a wrong
   * answer without an error.
   */
  readonly harm: 0 | 1 | 2 | 3
  readonly says: string
}

/** Compares what is found with what was there before. */
export function judge(before: Found, found: Found): Verdict {
  const facts: { harm: Verdict['harm']; says: string }[] = []
  if (String(found.topics) !== String(before.topics))
    facts.push({ harm: 3, says: `topics: ${found.topics.join() || 'none'}` })
  for (const [name, old, now] of [
    ['orders', before.orders, found.orders],
    ['orders, read_committed', before.committed, found.committed],
    ['others', before.others, found.others],
  ] as const) {
    const fact = judgeReading(old, now)
    if (fact)
      facts.push({
        harm: name === 'others' && fact.harm === 1 ? 2 : fact.harm,
        says: `${name}: ${fact.says}`,
      })
  }
  if (found.offset !== before.offset) {
    facts.push({ harm: found.offset === '-1' ? 3 : 1, says: `committed offset: ${found.offset}` })
  }
  for (const [i, topic] of ['orders', 'others'].entries()) {
    if (found.written[i] !== 'NONE')
      facts.push({ harm: i === 0 ? 1 : 2, says: `a write to ${topic}: ${found.written[i]}` })
  }
  if (facts.length === 0) return { harm: 0, says: 'as before' }
  return {
    harm: Math.max(...facts.map(({ harm }) => harm)) as Verdict['harm'],
    says: facts.map(({ says }) => says).join('; '),
  }
}

function judgeReading(old: Reading, now: Reading): Verdict | null {
  const known = new Set(old.values)
  const strange = now.values.filter(value => !known.has(value))
  if (strange.length > 0) return { harm: 3, says: `${strange.length} records that were not there before` }
  const skipped = now.values.findIndex((value, i) => value !== old.values[i])
  if (skipped >= 0) return { harm: 3, says: `records are skipped after ${skipped} of ${old.values.length}` }
  if (now.values.length === old.values.length) return null
  const says = `${now.values.length} of ${old.values.length} records, then ${now.error === 'NONE' ? 'the end' : now.error}`
  return { harm: now.error === 'NONE' ? 3 : 1, says }
}
