import { errorCodes } from '../../src/wire/errors.js'
import { readableBatches } from './readable-batches.js'

/** A question and its answer. */
export interface Exchange {
  readonly asked: string
  answered: unknown
}

const errorNames = new Map(Object.entries(errorCodes).map(([name, code]) => [code as number, name]))
const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'
const hourMs = 3_600_000n

/** The transcript without what must differ from broker to broker: ids, times, ports, the words of messages. */
export async function normalise(transcript: readonly Exchange[], port: number): Promise<unknown[]> {
  const names = new Names()
  const normalised: unknown[] = []
  for (const { asked, answered } of transcript) {
    const [api = ''] = asked.split(' ')
    normalised.push({ asked, answered: await walk(answered, '', { names, port, api }) })
  }
  return normalised
}

/** Every error that the transcript shows. */
export function errorsIn(normalised: unknown): Set<string> {
  const found = new Set<string>()
  JSON.stringify(normalised, (key, value) => {
    if (/error_?code$/i.test(key)) found.add(value)
    return typeof value === 'bigint' ? String(value) : value
  })
  return found
}

interface Surroundings {
  readonly names: Names
  readonly port: number
  readonly api: string
}

async function walk(value: unknown, key: string, around: Surroundings): Promise<unknown> {
  if (Buffer.isBuffer(value)) {
    return key === 'records' ? walk(await readableBatches(value), 'batches', around) : readable(value)
  }
  if (Array.isArray(value)) {
    const items: unknown[] = []
    const inOrder = orderMeansNothing.has(`${around.api}.${key}`) ? await sorted(value, key, around) : value
    for (const item of inOrder) items.push(await walk(item, key, around))
    return items
  }
  if (typeof value === 'object' && value !== null) {
    const entries: [string, unknown][] = []
    for (const [name, field] of Object.entries(value)) entries.push([name, await walk(field, name, around)])
    return Object.fromEntries(entries)
  }
  return plain(value, key, around)
}

/** The lists that Kafka takes from its hash maps, in no order that a client could rely on. */
const orderMeansNothing = new Set([
  'Produce.responses',
  'Produce.partitionResponses',
  'ListOffsets.topics',
  'ListOffsets.partitions',
  'JoinGroup.members',
  'DescribeGroups.groups',
  'DescribeGroups.members',
  'DeleteGroups.results',
  'CreateTopics.topics',
  'DeleteTopics.responses',
  'CreatePartitions.results',
  'DescribeConfigs.configs',
  'OffsetFetch.topics',
  'AlterUserScramCredentials.results',
  'DescribeUserScramCredentials.results',
  'DescribeUserScramCredentials.credentialInfos',
  'GetTelemetrySubscriptions.requestedMetrics',
  'ApiVersions.supportedFeatures',
  'ApiVersions.finalizedFeatures',
  'ElectLeaders.replicaElectionResults',
  'ElectLeaders.partitionResult',
  'AlterPartitionReassignments.responses',
  'OffsetForLeaderEpoch.topics',
  'OffsetForLeaderEpoch.partitions',
  'DeleteRecords.topics',
  'DeleteRecords.partitions',
  'DescribeLogDirs.partitions',
  'IncrementalAlterConfigs.responses',
  'AlterConfigs.responses',
  'DescribeConfigs.results',
  'ListConfigResources.configResources',
  'ListConfigResources.mine',
  'OffsetFetch.partitions',
  'AddPartitionsToTxn.resultsByTopicV3AndBelow',
  'AddPartitionsToTxn.resultsByTransaction',
  'AddPartitionsToTxn.topicResults',
  'AddPartitionsToTxn.resultsByPartition',
  'TxnOffsetCommit.topics',
  'TxnOffsetCommit.partitions',
  'AlterReplicaLogDirs.results',
  'AlterReplicaLogDirs.partitions',
  'ConsumerGroupDescribe.groups',
  'ConsumerGroupDescribe.members',
  'ConsumerGroupDescribe.subscribedTopicNames',
  'ConsumerGroupDescribe.topicPartitions',
  'ConsumerGroupHeartbeat.topicPartitions',
  'WriteTxnMarkers.markers',
  'WriteTxnMarkers.topics',
  'WriteTxnMarkers.partitions',
  'DescribeTransactions.topics',
  'DescribeTransactions.partitions',
  'DescribeProducers.activeProducers',
  'Fetch.abortedTransactions', // to be sorted by who reads them: Kafka has them as they ended
  'ListTransactions.unknownStateFilters',
  'ListTransactions.mine',
  'DescribeClientQuotas.entries',
  'DescribeClientQuotas.entity',
  'DescribeClientQuotas.values',
  'AlterClientQuotas.entries',
  'AlterClientQuotas.entity',
])

/** Sorts items by their text in the transcript; ids that have no name yet do not count. */
async function sorted(items: readonly unknown[], key: string, around: Surroundings): Promise<unknown[]> {
  const texts = new Map<unknown, string>()
  for (const item of items) {
    texts.set(item, text(await walk(item, key, { ...around, names: around.names.clone() })))
  }
  return items.toSorted((a, b) => ((texts.get(a) as string) < (texts.get(b) as string) ? -1 : 1))
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v))

function plain(value: unknown, key: string, { names, port }: Surroundings): unknown {
  if (/errorCode$/i.test(key)) return errorNames.get(value as number) ?? value
  if (/errorMessage$/i.test(key)) return value === null || value === '' ? value : '<text>'
  if (key === 'documentation') return value === null || value === '' ? value : '<text>'
  if (key === 'throttleTimeMs' && value !== 0) return '<some time>'
  if (key === 'port' && value === port) return '<port>'
  if (key === 'sessionId' && value !== 0) return names.of('session', value)
  if (key === 'producerId' && (value as bigint) >= 0n) return names.of('producer', value)
  if (typeof value === 'bigint') return isRecent(value) ? '<now>' : value
  if (typeof value === 'string') return withoutIds(value, names)
  return value
}

export function isRecent(timeMs: bigint): boolean {
  const now = BigInt(Date.now())
  return timeMs > now - hourMs && timeMs < now + hourMs
}

/** Names ids, which are the brokers' own: only their equality can be compared. */
function withoutIds(value: string, names: Names): string {
  if (/^[\w-]{22}$/.test(value)) return value === zeroId ? '<zero id>' : names.of('id', value)
  return value.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, uuid => names.of('uuid', uuid))
}

const readable = (bytes: Buffer): string => {
  const utf8 = bytes.toString()
  return /^[\x20-\x7e]*$/.test(utf8) ? utf8 : bytes.toString('hex')
}

/** Numbers things by their first appearance. */
class Names {
  readonly #names: Map<unknown, string>

  constructor(names: ReadonlyMap<unknown, string> = new Map()) {
    this.#names = new Map(names)
  }

  clone(): Names {
    return new Names(this.#names)
  }

  of(kind: string, value: unknown): string {
    const known = this.#names.get(value)
    if (known) return known
    const name = `<${kind} ${this.#names.size + 1}>`
    this.#names.set(value, name)
    return name
  }
}
