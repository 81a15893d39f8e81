import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EmbeddedMetadata } from '../../src/cluster/embedded-metadata.js'
import { identify } from '../../src/cluster/identity.js'
import { decodeFact, encodeFact, type MetadataDraft } from '../../src/cluster/metadata-serde.js'
import { BrokerConfig } from '../../src/config/broker-config.js'
import { FileLogEngine } from '../../src/log/file-log-engine.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import {
  buildPlainBatch,
  decodePlainRecords,
  isControl,
  partitionLeaderEpoch,
  splitBatches,
} from '../../src/records/record-batch.js'
import { Background } from '../../src/telemetry/background.js'
import { inflater } from '../support/inflater.js'
import { ManualClock } from '../support/manual-clock.js'

const directory = '/data'
const journal = `${directory}/__cluster_metadata-0`
const segment = `${journal}/00000000000000000000.log`
const topicId = 'AAAAAAAAAAAAAAAAAAAACQ'
const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A start on these files, up to the point where clients would be served. */
async function start(files: MemoryFiles) {
  const clock = new ManualClock()
  const config = new BrokerConfig(new Map([['node.id', '0']]))
  const background = new Background({ clock, logger })
  const metadata = new EmbeddedMetadata({
    config,
    clock,
    logger,
    background,
    newId: () => topicId,
  })
  const log = await FileLogEngine.open({
    ...{ files, directories: [directory], clock, logger, config, background },
    topics: metadata.lookup,
    random: () => 0,
    inflater: inflater(),
  })
  const identity = identify(files, [directory], { nodeId: 0, logger })
  await metadata.load(log, { files, directory, identity })
  const stop = () => log.close(metadata.brokerEpoch(0))
  return { metadata, identity, stop }
}

const newFiles = () => new MemoryFiles(1 << 20)
const batchesOf = (files: MemoryFiles) => splitBatches(files.readFile(segment))
const quorumState = (files: MemoryFiles) => JSON.parse(files.readFile(`${journal}/quorum-state`).toString())

/** The facts of the journal, without those of the quorum. */
const factsOf = (files: MemoryFiles) =>
  batchesOf(files)
    .filter(batch => !isControl(batch))
    .flatMap(decodePlainRecords)
    .map(({ value }) => decodeFact(value as Buffer))

/** Appends facts as Apache Kafka does when it runs between two starts of Ottla. */
function append(files: MemoryFiles, leaderEpoch: number, ...facts: MetadataDraft[]): void {
  const records = facts.map(fact => ({ timestampMs: 1n, key: null, value: encodeFact(fact), headers: [] }))
  const count = batchesOf(files).flatMap(decodePlainRecords).length
  files.open(segment).append([buildPlainBatch({ records, baseOffset: BigInt(count), leaderEpoch })])
}

test('each start begins an epoch of the journal, which a control record and the quorum state tell', async () => {
  const files = newFiles()
  for (const epoch of [1, 2, 3]) {
    const { stop } = await start(files)
    await stop()
    const begun = batchesOf(files).filter(isControl)
    assert.deepEqual(begun.map(partitionLeaderEpoch), [1, 2, 3].slice(0, epoch))
    assert.equal(quorumState(files).leaderEpoch, epoch)
    assert.equal(quorumState(files).leaderId, 0)
  }
})

test('an epoch that was begun but not written is not begun again', async () => {
  const files = newFiles()
  await (await start(files)).stop()
  files.writeFile(`${journal}/quorum-state`, Buffer.from('{"leaderId":0,"leaderEpoch":7,"data_version":1}'))
  await (await start(files)).stop()
  assert.equal(partitionLeaderEpoch(batchesOf(files).at(-1) as Buffer), 8)
})

test('a journal tells once, at its beginning, who votes and which features are in force', async () => {
  const files = newFiles()
  for (let i = 0; i < 2; i++) await (await start(files)).stop()
  const controls = batchesOf(files).filter(isControl).map(decodePlainRecords)
  const typesOf = (records: (typeof controls)[number]) => records.map(({ key }) => key?.readInt16BE(2))
  assert.deepEqual(controls.map(typesOf), [[2, 5, 6], [2]])
  assert.deepEqual(
    factsOf(files).flatMap(fact => (fact?.kind === 'featureLevel' ? [fact.value.name] : [])),
    ['metadata.version', 'group.version', 'transaction.version', 'eligible.leader.replicas.version'],
  )
})

test('each replica lies in the data directory that meta.properties names, also after a move', async () => {
  const files = newFiles()
  const { metadata, identity, stop } = await start(files)
  await metadata.createTopics(async () => [{ name: 'a', assignments: [[0]], overrides: new Map() }])
  await metadata.addPartitions([{ topicId, plan: () => [[0]] }])
  await metadata.changePartitions(() => [{ topicId, index: 0, replicas: [1, 2] }])
  await stop()
  const directories = factsOf(files).flatMap(fact =>
    fact?.kind === 'partition' || fact?.kind === 'partitionChange' ? [fact.value.directories] : [],
  )
  const { directoryId } = identity
  assert.deepEqual(directories, [[directoryId], [directoryId], [directoryId, directoryId]])
})

test('a replica that is in sync is not named as one that could lead all the same', async () => {
  const files = newFiles()
  const { metadata, stop } = await start(files)
  await metadata.createTopics(async () => [{ name: 'a', assignments: [[0]], overrides: new Map() }])
  await metadata.changePartitions(() => [{ topicId, index: 0, leader: 0, isr: [0] }])
  await metadata.changePartitions(() => [{ topicId, index: 0, leader: 0 }])
  await stop()
  const changes = factsOf(files).flatMap(fact => (fact?.kind === 'partitionChange' ? [fact.value] : []))
  assert.deepEqual(
    changes.map(({ isr, eligibleLeaderReplicas, lastKnownElr }) => [
      isr,
      eligibleLeaderReplicas,
      lastKnownElr,
    ]),
    [
      [[0], [], []],
      [null, null, null],
    ],
  )
})

test('the word of a clean stop names the epoch of the last registration, which only Kafka writes', async () => {
  const files = newFiles()
  const word = () => JSON.parse(files.readFile(`${directory}/.kafka_cleanshutdown`).toString())
  await (await start(files)).stop()
  assert.deepEqual(word(), { version: 0 })
  const value = { brokerId: 0, incarnationId: topicId, endPoints: [], features: [] }
  append(files, 1, { kind: 'registerBroker', value: { ...value, brokerEpoch: 6n } })
  append(files, 1, { kind: 'registerBroker', value: { ...value, brokerEpoch: 9n } })
  await (await start(files)).stop()
  assert.deepEqual(word(), { version: 0, brokerEpoch: 9 })
})
