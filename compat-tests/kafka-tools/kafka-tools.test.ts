import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { missingKafka } from '../apache-kafka/jars.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { Tools } from './tools.js'

const timeout = 120_000

describe("Kafka's command-line tools", { skip: missingKafka(), timeout }, () => {
  let broker: OttlaProcess
  let tools: Tools
  let folder: string
  let topic: string
  let topics = 0

  before(async () => {
    broker = await OttlaProcess.start('--memory', '--port', '0', '--brokers', '3', '--log-level', 'warn')
    tools = await Tools.start(broker.bootstrap)
    folder = await mkdtemp(join(tmpdir(), 'kafka-tools-'))
  })
  after(async () => {
    await tools?.stop()
    await broker?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    topic = `tools-${++topics}`
    await kafkaTopics('--create', '--topic', topic, '--partitions', '2', '--replication-factor', '2')
  })

  const kafkaTopics = (...args: string[]) => tools.run('TopicCommand', args)
  const configs = (...args: string[]) => tools.run('kafka.admin.ConfigCommand', args)
  const groups = (...args: string[]) => tools.run('consumer.group.ConsumerGroupCommand', args)
  const offsets = async (...args: string[]) =>
    (await tools.run('GetOffsetShell', ['--topic', topic, ...args])).trim().split('\n')
  const file = async (name: string, content: object) => {
    const path = join(folder, name)
    await writeFile(path, JSON.stringify(content))
    return path
  }
  const produce = (lines: readonly string[], ...properties: string[]) => {
    const options = properties.flatMap(property => ['--reader-property', property])
    return tools.run('ConsoleProducer', ['--topic', topic, ...options], `${lines.join('\n')}\n`)
  }
  const consume = async (count: number, group: string, ...properties: string[]) => {
    const options = properties.flatMap(property => ['--formatter-property', property])
    const bounds = ['--from-beginning', '--max-messages', String(count), '--timeout-ms', '30000']
    const args = ['--topic', topic, '--group', group, ...bounds, ...options]
    return (await tools.run('consumer.ConsoleConsumer', args)).trim().split('\n')
  }

  test('kafka-topics describes, lists, grows and deletes what it created', async () => {
    const described = await kafkaTopics('--describe', '--topic', topic)
    assert.match(described, /PartitionCount: 2\s+ReplicationFactor: 2/)
    await kafkaTopics('--alter', '--topic', topic, '--partitions', '5')
    assert.match(await kafkaTopics('--describe', '--topic', topic), /PartitionCount: 5/)
    const { status, printed } = await tools.attempt('TopicCommand', ['--create', '--topic', topic])
    assert.equal(status, 1)
    assert.match(printed, /already exists/)
    await kafkaTopics('--delete', '--topic', topic)
    assert.ok(!(await kafkaTopics('--list')).split('\n').includes(topic))
  })

  test('kafka-configs sets, tells and takes back settings of topics, brokers and groups', async () => {
    const entities = [
      ['topics', ['--entity-name', topic], 'retention.ms=123456'],
      ['brokers', ['--entity-default'], 'log.retention.ms=234567'],
      ['brokers', ['--entity-name', '1'], 'log.segment.bytes=3456789'],
      ['groups', ['--entity-name', 'a-group'], 'consumer.session.timeout.ms=45678'],
    ] as const
    for (const [type, which, setting] of entities) {
      const entity = ['--entity-type', type, ...which]
      await configs('--alter', ...entity, '--add-config', setting)
      assert.ok((await configs('--describe', ...entity)).includes(setting), `${type} ${setting}`)
      await configs('--alter', ...entity, '--delete-config', setting.split('=')[0] as string)
      assert.ok(!(await configs('--describe', ...entity)).includes(setting), `${type} without ${setting}`)
    }
    const wrong = ['--alter', '--entity-type', 'topics', '--entity-name', topic, '--add-config', 'no.such=1']
    const { status, complaints } = await tools.attempt('kafka.admin.ConfigCommand', wrong)
    assert.equal(status, 1)
    assert.match(complaints, /InvalidConfigurationException/)
  })

  test('kafka-configs gives users credentials, describes them and takes them away', async () => {
    const ann = ['--entity-type', 'users', '--entity-name', `ann-${topic}`]
    const password = 'a secret of nobody'
    const set = (mechanism: string, iterations: number) =>
      configs(
        '--alter',
        ...ann,
        '--add-config',
        `${mechanism}=[iterations=${iterations},password=${password}]`,
      )
    await set('SCRAM-SHA-256', 8192)
    await set('SCRAM-SHA-512', 4096)
    const both = await configs('--describe', ...ann)
    assert.match(both, /SCRAM-SHA-256=iterations=8192/)
    assert.match(both, /SCRAM-SHA-512=iterations=4096/)
    assert.match(await configs('--describe', '--entity-type', 'users'), new RegExp(`ann-${topic}`))
    await configs('--alter', ...ann, '--delete-config', 'SCRAM-SHA-256')
    const one = await configs('--describe', ...ann)
    assert.doesNotMatch(one, /SCRAM-SHA-256/)
    assert.match(one, /SCRAM-SHA-512=iterations=4096/)
    const few = ['--add-config', `SCRAM-SHA-256=[iterations=4000,password=${password}]`]
    const { status, printed, complaints } = await tools.attempt('kafka.admin.ConfigCommand', [
      '--alter',
      ...ann,
      ...few,
    ])
    assert.equal(status, 1)
    assert.match(printed + complaints, /iterations/i)
    for (const said of [both, one, broker.output]) assert.ok(!said.includes(password))
  })

  test('kafka-configs sets, tells and takes back quotas of clients, users and addresses', async () => {
    const client = ['--entity-type', 'clients', '--entity-name', `${topic}-app`]
    const entities = [
      [
        client,
        'producer_byte_rate=1024',
        /Quota configs for client-id '\S+-app' are producer_byte_rate=1024/,
      ],
      [
        ['--entity-type', 'clients', '--entity-default'],
        'consumer_byte_rate=2000000',
        /default client-id are consumer_byte_rate=2000000/,
      ],
      [
        ['--entity-type', 'users', '--entity-name', `${topic}-ann`, ...client],
        'request_percentage=12.5',
        /user-principal '\S+-ann', client-id '\S+-app' are request_percentage=12.5/,
      ],
      [
        ['--entity-type', 'ips', '--entity-name', '192.0.2.7'],
        'connection_creation_rate=100',
        /ip '192.0.2.7' are connection_creation_rate=100/,
      ],
    ] as const
    for (const [entity, quota, told] of entities) {
      await configs('--alter', ...entity, '--add-config', quota)
      assert.match(await configs('--describe', ...entity), told)
    }
    for (const [entity, quota, told] of entities) {
      await configs('--alter', ...entity, '--delete-config', quota.split('=')[0] as string)
      assert.doesNotMatch(await configs('--describe', ...entity), told)
    }
  })

  test('kafka-client-metrics sets, describes, lists and deletes subscriptions', async () => {
    const metrics = (...args: string[]) => tools.run('ClientMetricsCommand', args)
    const mine = ['--name', `metrics-of-${topic}`]
    const wanted = [
      '--metrics',
      'org.apache.kafka.producer.',
      '--interval',
      '5000',
      '--match',
      'client_id=ann',
    ]
    await metrics('--alter', ...mine, ...wanted)
    const described = await metrics('--describe', ...mine)
    for (const each of ['interval.ms=5000', 'match=client_id=ann', 'metrics=org.apache.kafka.producer.']) {
      assert.ok(described.includes(each), described)
    }
    assert.ok((await metrics('--list')).split('\n').includes(mine[1] as string))
    const wrong = await tools.attempt('ClientMetricsCommand', ['--alter', ...mine, '--match', 'client=ann'])
    assert.equal(wrong.status, 1)
    assert.match(wrong.printed + wrong.complaints, /Illegal client matching pattern: client=ann/)
    await metrics('--delete', ...mine)
    assert.ok(!(await metrics('--list')).split('\n').includes(mine[1] as string))
  })

  test('kafka-console-consumer reads what kafka-console-producer wrote', async () => {
    await produce(['h:1,i:2\ta\tone', 'h:3\tb\ttwo'], 'parse.key=true', 'parse.headers=true')
    const told = await consume(2, `${topic}-readers`, 'print.key=true', 'print.headers=true')
    assert.deepEqual(told.sort(), ['h:1,i:2\ta\tone', 'h:3\tb\ttwo'])
  })

  test('kafka-get-offsets tells the first, the last and those of a time', async () => {
    const wrote = Date.now()
    for (const lines of [['k:1', 'k:2'], ['k:3']]) await produce(lines, 'parse.key=true', 'key.separator=:')
    const ends = await offsets()
    assert.equal(ends.length, 2)
    const full = ends.findIndex(line => line.endsWith(':3'))
    assert.deepEqual(await offsets('--time', 'earliest'), [`${topic}:0:0`, `${topic}:1:0`])
    assert.equal((await offsets('--time', String(wrote - 1000)))[full], `${topic}:${full}:0`)
    assert.deepEqual(await offsets('--time', 'max-timestamp', '--partitions', String(full)), [
      `${topic}:${full}:2`,
    ])
  })

  test('kafka-consumer-groups lists, describes, resets and deletes', async () => {
    const group = `${topic}-group`
    await produce(['k:1', 'k:2', 'k:3'], 'parse.key=true', 'key.separator=:')
    await consume(3, group)
    assert.ok((await groups('--list')).split('\n').includes(group))
    const committed = async () => {
      const described = (await groups('--describe', '--group', group)).split('\n')
      const lines = described.filter(line => line.startsWith(group)).map(line => line.split(/\s+/))
      return lines.reduce((sum, [, , , offset]) => sum + Number(offset), 0)
    }
    assert.equal(await committed(), 3)
    assert.match(await groups('--describe', '--group', group, '--state'), /Empty\s+0/)
    const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--execute']
    await groups(...reset, '--to-earliest')
    assert.equal(await committed(), 0)
    await groups(...reset, '--to-latest')
    assert.equal(await committed(), 3)
    await groups('--delete-offsets', '--group', group, '--topic', topic)
    assert.equal(await committed(), 0)
    await groups('--delete', '--group', group)
    assert.ok(!(await groups('--list')).split('\n').includes(group))
  })

  test('kafka-delete-records moves the first offset', async () => {
    await produce(['k:1', 'k:2', 'k:3'], 'parse.key=true', 'key.separator=:')
    const partition = (await offsets()).findIndex(line => line.endsWith(':3'))
    const path = await file('delete.json', { partitions: [{ topic, partition, offset: 2 }], version: 1 })
    const told = await tools.run('DeleteRecordsCommand', ['--offset-json-file', path])
    assert.ok(told.includes(`partition: ${topic}-${partition}\tlow_watermark: 2`), told)
    assert.equal((await offsets('--time', 'earliest'))[partition], `${topic}:${partition}:2`)
  })

  test('kafka-log-dirs finds every replica', async () => {
    const told = await tools.run('LogDirsCommand', ['--describe', '--topic-list', topic])
    const { brokers } = JSON.parse(told.split('\n').find(line => line.startsWith('{')) as string)
    const found = brokers.flatMap((broker: LogDirs) => broker.logDirs.flatMap(dir => dir.partitions))
    const names = found.map(({ partition }: { partition: string }) => partition).sort()
    assert.deepEqual(names, [`${topic}-0`, `${topic}-0`, `${topic}-1`, `${topic}-1`])
  })

  test('kafka-broker-api-versions can use what every node offers', async () => {
    const told = await tools.run('BrokerApiVersionsCommand', [])
    assert.equal(told.match(/ isFenced: false\)/g)?.length, 3)
    assert.match(told, /Produce\(0\): 0 to 13 \[usable: 13\]/)
    assert.doesNotMatch(told, /UNUSABLE|UNKNOWN/)
  })

  test('kafka-leader-election finds the preferred leader elected', async () => {
    const one = ['--election-type', 'preferred', '--topic', topic, '--partition', '0']
    const told = await tools.run('LeaderElectionCommand', one)
    assert.match(told, new RegExp(`Valid replica already elected for partitions ${topic}-0`))
    await tools.run('LeaderElectionCommand', ['--election-type', 'preferred', '--all-topic-partitions'])
  })

  test('kafka-reassign-partitions moves replicas as it proposed', async () => {
    const wanted = await file('topics.json', { topics: [{ topic }], version: 1 })
    const reassign = (...args: string[]) => tools.run('reassign.ReassignPartitionsCommand', args)
    const told = await reassign('--generate', '--topics-to-move-json-file', wanted, '--broker-list', '1,2')
    const proposal = JSON.parse(told.trim().split('\n').at(-1) as string)
    const path = await file('plan.json', proposal)
    const executed = await reassign('--execute', '--reassignment-json-file', path)
    assert.match(executed, /Successfully started partition reassignments/)
    const verified = await reassign('--verify', '--reassignment-json-file', path)
    assert.equal(verified.match(/is completed\./g)?.length, 2)
    assert.match(await reassign('--list'), /No partition reassignments found/)
    const described = await kafkaTopics('--describe', '--topic', topic)
    for (const { replicas } of proposal.partitions) assert.ok(described.includes(`Replicas: ${replicas}`))
  })

  test('kafka-metadata-quorum, kafka-cluster, kafka-features and kafka-transactions describe the cluster', async () => {
    const status = await tools.run('MetadataQuorumCommand', ['describe', '--status'])
    assert.match(status, /LeaderId:\s+0/)
    const replication = await tools.run('MetadataQuorumCommand', ['describe', '--replication'])
    assert.equal(replication.match(/Leader|Observer/g)?.length, 3)
    const id = /ClusterId:\s+(\S+)/.exec(status)?.[1]
    const told = await tools.run('ClusterTool', ['cluster-id'])
    assert.ok(told.includes(`Cluster ID: ${id}`), told)
    assert.match(await tools.run('FeatureCommand', ['describe']), /Feature: group\.version/)
    assert.match(await tools.run('TransactionsCommand', ['list']), /TransactionalId/)
  })

  test('kafka-producer-perf-test, kafka-consumer-perf-test and kafka-e2e-latency get all records through', async () => {
    const load = ['--num-records', '2000', '--record-size', '100', '--throughput', '-1']
    const sent = await tools.run('ProducerPerformance', ['--topic', topic, ...load])
    assert.match(sent, /^2000 records sent/m)
    const all = ['--topic', topic, '--num-records', '2000', '--timeout', '30000', '--hide-header']
    assert.match(await tools.run('ConsumerPerformance', all), /, 2000, /)
    const each = ['--num-records', '50', '--producer-acks', '1', '--record-size', '64']
    assert.match(await tools.run('EndToEndLatency', ['--topic', topic, ...each]), /Percentiles/)
  })

  test('ClientCompatibilityTest succeeds', async () => {
    const expected = {
      'offsets-for-times-supported': 'True',
      'cluster-id-supported': 'True',
      'expect-record-too-large-exception': 'False',
      'num-cluster-nodes': '3',
      'create-topics-supported': 'True',
      'describe-acls-supported': 'True',
      'describe-configs-supported': 'True',
      'idempotent-producer-supported': 'True',
    }
    const args = Object.entries(expected).flatMap(([name, value]) => [`--${name}`, value])
    const told = await tools.run('ClientCompatibilityTest', ['--topic', `${topic}-of-its-own`, ...args])
    assert.match(told, /SUCCESS/)
  })

  test('VerifiableConsumer consumes and commits what VerifiableProducer was acknowledged', async () => {
    const count = ['--max-messages', '200']
    const sent = events(
      await tools.runAlone('VerifiableProducer', ['--topic', topic, ...count, '--acks', '-1']),
    )
    assert.equal(sent.filter(({ name }) => name === 'producer_send_success').length, 200)
    const group = ['--group-id', `${topic}-verified`, '--reset-policy', 'earliest']
    const read = events(await tools.runAlone('VerifiableConsumer', ['--topic', topic, ...group, ...count]))
    const consumed = read.filter(({ name }) => name === 'records_consumed')
    assert.equal(
      consumed.reduce((sum, { count = 0 }) => sum + count, 0),
      200,
    )
    const committed = read.filter(({ name }) => name === 'offsets_committed')
    assert.ok(committed.length > 0 && committed.every(({ success }) => success))
  })
})

interface LogDirs {
  readonly logDirs: readonly { readonly partitions: readonly { readonly partition: string }[] }[]
}

interface VerifiableEvent {
  readonly name: string
  readonly count?: number
  readonly success?: boolean
}

const events = (printed: string): VerifiableEvent[] =>
  printed
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
