import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.js'
import { alterUserScramCredentials } from '../../src/wire/apis/alter-user-scram-credentials.js'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.js'
import { RawClient } from '../../test/support/raw-client.js'
import { missingKafka } from '../apache-kafka/jars.js'
import { ReferenceBroker } from '../apache-kafka/reference-broker.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'
import { type Told, toldBy } from './told.js'
import { codecNames, consumerGroupReads, KafkajsTraffic, kcatProduces, kcatReads } from './traffic.js'

const skip = missingKafka() || missing('kcat', '-V')
const records = 15_000
const moreRecords = 1000
const settings = {
  'group.initial.rebalance.delay.ms': '0',
  'log.segment.bytes': '1048576',
  'metadata.log.max.record.bytes.between.snapshots': '2000',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.num.partitions': '3',
}

/**
 * The warnings that Apache Kafka logs on its own directories too: at each start, of a new topic or leader epoch while a
 * journal is being read, and of a start without a clean stop.
 */
const usual = [
  /Performing controller activation/,
  /Attempting to close NetworkClient that has already been closed/,
  /Expected partition \S+ with topic id \S+ to exist, but it was missing. Creating/,
  /Failed to load metadata from __\w+-\d+ with epoch \d+ .*is no longer the leader/,
]

/** Brokers that can have a data directory, one after the other. */
const brokers = { 'Apache Kafka': startKafka, Ottla: startOttla } as const
interface Running {
  readonly bootstrap: string
  readonly port: number
  readonly output: string
  stop(): Promise<unknown>
}

async function startKafka(folder: string): Promise<Running> {
  const kafka = await ReferenceBroker.start(settings, { ownData: folder })
  return Object.assign(Object.create(kafka), { stop: () => kafka.shutDown().then(() => kafka.stop()) })
}

function startOttla(folder: string): Promise<Running> {
  const set = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  return OttlaProcess.start('--port', '0', '--data-dir', folder, '--log-level', 'warn', ...set)
}

/** Has clients leave behind everything that they can. */
async function fill({ bootstrap, port }: Running): Promise<void> {
  await changeUsers(port, { set: ['ann', 'bob', 'eve'], deleted: ['bob'] })
  await setQuotas(port, { user: 'ann' }, { producer_byte_rate: 1e9, request_percentage: 99.5 })
  await setQuotas(port, { user: 'ann' }, { request_percentage: null })
  await setQuotas(port, { user: null, 'client-id': 'app' }, { consumer_byte_rate: 1e9 })
  await setQuotas(port, { ip: '192.0.2.7' }, { connection_creation_rate: 1000 })
  await subscribes(port, 'producers')
  const kafkajs = new KafkajsTraffic(bootstrap)
  await kafkajs.administers()
  await inEveryCodec(bootstrap, records)
  await consumerGroupReads(bootstrap, 'consumer-group', 'codec-none', records / 2)
  await kafkajs.produces('mixed', 50)
  await kafkajs.produces('stamped', 50)
  await kafkajs.transacts('transacted', 'group-transacted', 10)
  await kafkajs.deletesRecords('codec-none', 1000)
}

/** Has clients go on where they were: groups read the new records and no other. */
async function goOn({ bootstrap, port }: Running): Promise<void> {
  await changeUsers(port, { set: [`user-${port}`], deleted: [] })
  await setQuotas(port, { user: 'ann' }, { producer_byte_rate: port })
  await setQuotas(port, { user: null, 'client-id': 'app' }, { consumer_byte_rate: null })
  await subscribes(port, `consumers-${port}`)
  const kafkajs = new KafkajsTraffic(bootstrap)
  await inEveryCodec(bootstrap, moreRecords)
  await consumerGroupReads(bootstrap, 'consumer-group', 'codec-none', moreRecords)
  await kafkajs.produces('stamped', 10)
  await kafkajs.transacts('transacted', 'group-transacted', 4)
}

/** Sets quotas of an entity, and takes those back that are null. */
async function setQuotas(
  port: number,
  names: Readonly<Record<string, string | null>>,
  quotas: Readonly<Record<string, number | null>>,
) {
  const client = await RawClient.connect(port)
  const entity = Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }))
  const ops = Object.entries(quotas).map(([key, value]) => ({
    key,
    value: value ?? 0,
    remove: value === null,
  }))
  const { entries } = await client.ask(alterClientQuotas, 1, {
    entries: [{ entity, ops }],
    validateOnly: false,
  })
  client.destroy()
  assert.deepEqual(
    entries.map(({ errorCode }) => errorCode),
    [0],
  )
}

/** Gives users credentials, and takes some of them away again. */
async function changeUsers(port: number, { set, deleted }: { set: string[]; deleted: string[] }) {
  const client = await RawClient.connect(port)
  try {
    const upsertions = set.map((name, i) => ({
      ...{ name, mechanism: 1 + (i % 2), iterations: 4096 + i },
      ...{ salt: Buffer.from(name), saltedPassword: Buffer.from(`the password of ${name}`) },
    }))
    const deletions = upsertions.filter(({ name }) => deleted.includes(name))
    for (const change of [
      { upsertions, deletions: [] },
      { upsertions: [], deletions },
    ]) {
      const { results } = await client.ask(alterUserScramCredentials, 0, change)
      assert.deepEqual(
        results.filter(({ errorCode }) => errorCode !== 0),
        [],
      )
    }
  } finally {
    client.destroy()
  }
}

/** Subscribes to metrics of clients. */
async function subscribes(port: number, resourceName: string): Promise<void> {
  const client = await RawClient.connect(port)
  try {
    const configs = Object.entries({ metrics: 'org.apache.kafka.', match: 'client_id=nobody' }).map(
      ([name, value]) => ({ name, configOperation: 0, value }),
    )
    const resources = [{ resourceType: 16, resourceName, configs }]
    const { responses } = await client.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    assert.equal(responses[0]?.errorCode, 0)
  } finally {
    client.destroy()
  }
}

/** Writes and reads one topic with one group for each codec: the records written are read, and no other. */
async function inEveryCodec(bootstrap: string, count: number): Promise<void> {
  const passes = codecNames.map(async codec => {
    await kcatProduces(bootstrap, `codec-${codec}`, codec, count)
    assert.equal(await kcatReads(bootstrap, `group-${codec}`, `codec-${codec}`), count)
  })
  await Promise.all(passes)
}

for (const [first, second] of [
  ['Apache Kafka', 'Ottla'],
  ['Ottla', 'Apache Kafka'],
] as const) {
  describe(`a data directory that ${first} began and ${second} went on with`, { skip }, () => {
    let folder: string
    const said: string[] = []

    /** Starts a broker on the directory, and returns its answers before and after its clients did something. */
    async function visit(name: keyof typeof brokers, traffic?: (broker: Running) => Promise<void>) {
      const broker = await brokers[name](folder)
      try {
        const found = await toldBy(broker.port)
        await traffic?.(broker)
        const left = traffic ? await toldBy(broker.port) : found
        return { found, left }
      } finally {
        await broker.stop()
        said.push(broker.output)
      }
    }

    let begun: Told
    let moved: { found: Told; left: Told }
    let back: { found: Told; left: Told }

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'moved-'))
      begun = (await visit(first, fill)).left
      moved = await visit(second, goOn)
      back = await visit(first, goOn)
    })
    after(() => rm(folder, { recursive: true, force: true }))

    test(`${second} gives clients the same answers as ${first}`, () => {
      same(moved.found, begun)
      for (const codec of codecNames) assert.ok(begun.partitions[`codec-${codec}-0`]?.batches.length)
      assert.equal(begun.topics.deleted, undefined)
      assert.deepEqual(Object.keys(begun.users), ['ann', 'eve'])
      assert.deepEqual(Object.keys(begun.subscriptions), ['producers'])
      assert.equal(begun.transactions['transacts-transacted']?.state, 'Ongoing')
      assert.equal(begun.partitions['transacted-0']?.aborted.length, 4)
    })

    test(`${first} gives the same answers as ${second}, when it is back`, () => {
      same(back.found, moved.left)
    })

    test('no broker complains', () => {
      const lines = said.flatMap(output => output.split('\n'))
      const complaints = lines.filter(line => /\b(warn|error)\b|stray/i.test(line))
      assert.deepEqual(
        complaints.filter(line => !usual.some(pattern => pattern.test(line))),
        [],
      )
    })
  })
}

/** Compares part after part, so that a failure shows the part that differs. */
function same(told: Told, before: Told): void {
  for (const part of Object.keys(before) as (keyof Told)[]) assert.deepEqual(told[part], before[part], part)
}
