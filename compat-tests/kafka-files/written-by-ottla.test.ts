import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { missingKafka } from '../apache-kafka/jars.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'
import { type Dump, dumpLogSegments, filesIn } from './dump-log-segments.js'
import { codecNames, KafkajsTraffic, kcatProduces, kcatReads } from './traffic.js'

const skip = missingKafka() || missing('kcat', '-V')
const rounds = 3
const recordsPerRound = 15_000
const sendsPerRound = 50
const settings = ['log.segment.bytes=1048576', 'log.roll.ms=1000', 'offsets.topic.num.partitions=3']
let directory: string

before(async () => {
  if (skip) return
  directory = await mkdtemp(join(tmpdir(), 'ottla-'))
  await traffic(directory)
})
after(() => directory && rm(directory, { recursive: true, force: true }))

/** Clients write, commit and administer while the broker is killed and started again, then it is stopped. */
async function traffic(folder: string): Promise<void> {
  const start = (port: number) =>
    OttlaProcess.start(
      ...['--port', String(port), '--data-dir', folder, '--log-level', 'warn'],
      ...settings.flatMap(setting => ['--set', setting]),
    )
  let broker = await start(0)
  const { bootstrap, port } = broker
  try {
    const kafkajs = new KafkajsTraffic(bootstrap)
    await kafkajs.administers()
    for (let round = 0; round < rounds; round++) {
      for (const codec of codecNames) {
        await kcatProduces(bootstrap, `codec-${codec}`, codec, recordsPerRound)
        await kcatReads(bootstrap, `group-${codec}`, `codec-${codec}`)
      }
      const clients = Promise.all([
        kafkajs.produces('mixed', sendsPerRound),
        kafkajs.produces('stamped', sendsPerRound),
        kafkajs.reads(`readers-${round}`, 'mixed', (round + 1) * sendsPerRound * 20),
      ])
      await Promise.race([clients, pause(500)])
      await broker.kill()
      broker = await start(port)
      await clients
    }
    await kafkajs.deletesRecords('codec-none', recordsPerRound)
  } finally {
    await broker.stop()
  }
}

const topicOf = (file: string): string => basename(dirname(file)).replace(/-\d+$/, '')
const contentOf = ({ lines }: Dump, topic: string): string[] =>
  [...lines].filter(([file]) => topicOf(file) === topic).flatMap(([, content]) => content)
const countOf = (lines: readonly string[], pattern: RegExp): number =>
  lines.filter(line => pattern.test(line)).length

describe("Kafka's DumpLogSegments finds nothing wrong", { skip }, () => {
  test('in the segments, to the last record', async () => {
    const files = filesIn(directory, '.log')
    const dump = await dumpLogSegments(files, '--deep-iteration')
    assert.deepEqual(dump.complaints, [])
    for (const codec of codecNames) {
      const topic = `codec-${codec}`
      assert.ok(files.filter(file => topicOf(file) === topic).length > 1, `${topic} has several segments`)
      const content = contentOf(dump, topic)
      assert.equal(countOf(content, new RegExp(`^baseOffset: (?!.*compresscodec: ${codec} )`)), 0)
      if (codec !== 'none') assert.equal(countOf(content, /^\| offset: /), rounds * recordsPerRound)
    }
    assert.equal(
      countOf(contentOf(dump, 'mixed'), /^\| offset: .* headerKeys: \[trace,empty\]/),
      rounds * sendsPerRound * 7,
    )
    assert.equal(
      countOf(contentOf(dump, 'stamped'), /^\| offset: .* LogAppendTime: /),
      rounds * sendsPerRound * 20,
    )
  })

  for (const option of ['--verify-index-only', '--index-sanity-check', '--print-data-log']) {
    test(`in the indexes, asked with ${option}`, async () => {
      const files = filesIn(directory, '.index', '.timeindex')
      const dump = await dumpLogSegments(files, option)
      assert.deepEqual(dump.complaints, [])
      assert.equal(dump.lines.size, files.length)
    })
  }

  test('in the snapshots of producers', async () => {
    const dump = await dumpLogSegments(filesIn(directory, '.snapshot'))
    assert.deepEqual(dump.complaints, [])
    const producers = contentOf(dump, 'codec-lz4').map(line => line.match(/producerId: (\d+)/)?.[1])
    assert.equal(new Set(producers).size, rounds)
  })

  test('in what groups committed', async () => {
    const files = filesIn(directory, '.log').filter(file => topicOf(file) === '__consumer_offsets')
    assert.ok(files.length > 3, 'there are several segments')
    const dump = await dumpLogSegments(files, '--offsets-decoder')
    assert.deepEqual(dump.complaints, [])
    const content = contentOf(dump, '__consumer_offsets')
    for (const codec of codecNames) {
      const commit = new RegExp(
        `"group":"group-${codec}","topic":"codec-${codec}".*"offset":${rounds * recordsPerRound},`,
      )
      assert.ok(content.some(line => commit.test(line)))
    }
    assert.equal(countOf(content, /^\| offset: (?!.* key: \{"type":"[12]".* payload: (\{|<DELETE>))/), 0)
  })

  test("in the cluster's metadata", async () => {
    const files = filesIn(directory, '.log').filter(file => topicOf(file) === '__cluster_metadata')
    const dump = await dumpLogSegments(files, '--cluster-metadata-decoder')
    assert.deepEqual(dump.complaints, [])
    const content = contentOf(dump, '__cluster_metadata')
    assert.equal(countOf(content, /^\| offset: (?!.* payload: \{"type":"[A-Z_]+","version":\d+,)/), 0)
    for (const type of ['TOPIC', 'PARTITION', 'CONFIG', 'REMOVE_TOPIC', 'PRODUCER_IDS']) {
      assert.ok(content.some(line => line.includes(`"${type}_RECORD"`)))
    }
  })
})
