import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { missingKafka } from '../apache-kafka/jars.js'
import { ReferenceBroker } from '../apache-kafka/reference-broker.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'
import { filesIn } from './dump-log-segments.js'
import { type Told, toldBy } from './told.js'
import { KafkajsTraffic, kcatProduces, kcatReads } from './traffic.js'

const skip = missingKafka() || missing('kcat', '-V')
const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const recordsPerCodec = 15_000
const settings = {
  'log.segment.bytes': '1048576',
  'group.initial.rebalance.delay.ms': '0',
  'metadata.log.max.record.bytes.between.snapshots': '2000',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
}

let kafka: ReferenceBroker
let ottla: OttlaProcess
let byKafka: Told
let byOttla: Told

before(async () => {
  if (skip) return
  kafka = await ReferenceBroker.start(settings)
  const kafkajs = new KafkajsTraffic(kafka.bootstrap)
  await kafkajs.administers()
  for (const codec of codecNames) {
    await kcatProduces(kafka.bootstrap, `codec-${codec}`, codec, recordsPerCodec)
    await kcatReads(kafka.bootstrap, `group-${codec}`, `codec-${codec}`)
  }
  await kafkajs.produces('mixed', 50)
  await kafkajs.produces('stamped', 50)
  await kafkajs.transacts('mixed', 'group-transacted', 10)
  await kafkajs.deletesRecords('codec-none', 1000)
  byKafka = await toldBy(kafka.port)
  await kafka.shutDown()
  ottla = await OttlaProcess.start('--port', '0', '--data-dir', kafka.dataFolder, '--log-level', 'warn')
  byOttla = await toldBy(ottla.port)
})
after(async () => {
  await ottla?.stop()
  await kafka?.stop()
})

describe('Ottla serves the data directory that Apache Kafka wrote', { skip }, () => {
  test('its topics, with their ids and settings; what was deleted is gone', () => {
    assert.deepEqual(byOttla.topics, byKafka.topics)
    assert.equal(byKafka.topics.deleted, undefined)
    assert.deepEqual(byKafka.topics.stamped?.settings, { 'message.timestamp.type': 'LogAppendTime' })
  })

  test('every batch of every codec, unchanged', () => {
    assert.deepEqual(byOttla.partitions, byKafka.partitions)
    for (const codec of codecNames) assert.ok(byKafka.partitions[`codec-${codec}-0`]?.batches.length)
  })

  test('what groups committed', () => {
    assert.deepEqual(byOttla.groups, byKafka.groups)
    for (const codec of codecNames) assert.ok(byKafka.groups[`group-${codec}`])
  })

  test('transactions, of which one is still open, and what they hide', () => {
    assert.deepEqual(byOttla.transactions, byKafka.transactions)
    assert.equal(byKafka.transactions['transacts-mixed']?.state, 'Ongoing')
    assert.equal(byKafka.partitions['mixed-0']?.aborted.length, 4)
  })

  test('from the newest snapshot of the metadata on, and has nothing to complain about', () => {
    const snapshots = filesIn(kafka.dataFolder, '.checkpoint').filter(file => !/0{20}-|bootstrap/.test(file))
    assert.ok(snapshots.length > 0, 'there is a snapshot')
    assert.doesNotMatch(ottla.output, /WARN|ERROR|stray/i)
  })
})
