import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { listOffsets } from '../../src/wire/apis/list-offsets.js'
import { RawClient } from '../../test/support/raw-client.js'
import { kafkaClassPath, missingKafka } from '../apache-kafka/jars.js'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'

const bytesPerSecond = 2_000_000
const recordBytes = 1000
/**
 * The rate is taken over so long from the client's first record on. With ten windows a new client may have at once what
 * it may have in ten seconds, so that the short run has few.
 */
const [seconds, windows, tolerance] = process.env.OTTLA_TEST_LONG ? [30, '11', 0.1] : [5, '3', 0.5]
const frugal = ['-Xmx256m', '-XX:TieredStopAtLevel=1']

/** A broker with a topic, and clients that write to it and read from it as fast as they can. */
class Stage {
  readonly #children: ChildProcessWithoutNullStreams[] = []

  private constructor(
    private readonly broker: OttlaProcess,
    private readonly client: RawClient,
  ) {}

  static async open(): Promise<Stage> {
    const set = ['--set', `quota.window.num=${windows}`]
    const broker = await OttlaProcess.start('--memory', '--port', '0', '--log-level', 'warn', ...set)
    return new Stage(broker, await RawClient.connect(broker.port))
  }

  async topic(name: string): Promise<void> {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    await this.client.ask(createTopics, 7, { topics: [topic] })
  }

  async bound(clientId: string, quota: string): Promise<void> {
    const entity = [{ entityType: 'client-id', entityName: clientId }]
    const ops = [{ key: quota, value: bytesPerSecond, remove: false }]
    const { entries } = await this.client.ask(alterClientQuotas, 1, {
      entries: [{ entity, ops }],
      validateOnly: false,
    })
    assert.equal(entries[0]?.errorCode, 0)
  }

  run(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    const child = spawn(command, args)
    this.#children.push(child)
    child.stdin.on('error', () => {})
    child.stderr.resume()
    return child
  }

  async java(tool: string, ...args: string[]): Promise<ChildProcessWithoutNullStreams> {
    const all = [...frugal, '-cp', await kafkaClassPath(), `org.apache.kafka.tools.${tool}`, ...args]
    const child = this.run('java', all)
    return child
  }

  kcat(...args: string[]): ChildProcessWithoutNullStreams {
    return this.run('kcat', ['-b', this.broker.bootstrap, ...args])
  }

  get bootstrap(): string {
    return this.broker.bootstrap
  }

  async records(topic: string): Promise<number> {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
    const answer = await this.client.ask(listOffsets, 7, { replicaId: -1, topics })
    return Number(answer.topics[0]?.partitions[0]?.offset)
  }

  async end(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    }
  }

  async close(): Promise<void> {
    await this.end()
    this.client.destroy()
    await this.broker.stop()
  }
}

/** Takes the rate of what is counted from its beginning on, in bytes a second. */
async function rateOf(count: () => Promise<number> | number): Promise<number> {
  const beginning = await count()
  while ((await count()) === beginning) await pause(20)
  const sinceMs = performance.now()
  await pause(seconds * 1000)
  return ((await count()) - beginning) / ((performance.now() - sinceMs) / 1000)
}

function checkRate(rate: number): void {
  const part = rate / bytesPerSecond
  assert.ok(part > 1 - tolerance && part < 1 + tolerance, `${part.toFixed(3)} of the quota`)
}

/** Gives a program lines as fast as it takes them. */
function feed({ stdin }: ChildProcessWithoutNullStreams): void {
  const lines = `${'x'.repeat(recordBytes)}\n`.repeat(100)
  const more = () => {
    while (!stdin.destroyed && stdin.write(lines));
  }
  stdin.on('drain', more)
  more()
}

describe('clients are held to their quotas', { skip: missing('kcat', '-V'), timeout: 180_000 }, () => {
  const skip = missingKafka()
  let stage: Stage
  before(async () => {
    stage = await Stage.open()
    await stage.topic('read')
    const filler = stage.kcat('-P', '-t', 'read', '-X', 'client.id=filler')
    feed(filler)
    const enough = (bytesPerSecond * (seconds + 15)) / recordBytes
    while ((await stage.records('read')) < enough) await pause(50)
    await stage.end()
  })
  after(() => stage?.close())
  afterEach(() => stage?.end())

  test('a producer of librdkafka', async () => {
    await stage.topic('by-kcat')
    await stage.bound('kcat-producer', 'producer_byte_rate')
    feed(stage.kcat('-P', '-t', 'by-kcat', '-X', 'client.id=kcat-producer'))
    checkRate(await rateOf(async () => (await stage.records('by-kcat')) * recordBytes))
  })

  test('a producer of Java', { skip }, async () => {
    await stage.topic('by-java')
    await stage.bound('java-producer', 'producer_byte_rate')
    const load = ['--num-records', '100000000', '--record-size', String(recordBytes), '--throughput', '-1']
    const properties = [`bootstrap.servers=${stage.bootstrap}`, 'client.id=java-producer']
    await stage.java('ProducerPerformance', '--topic', 'by-java', ...load, '--producer-props', ...properties)
    checkRate(await rateOf(async () => (await stage.records('by-java')) * recordBytes))
  })

  test('a consumer of librdkafka', async () => {
    await stage.bound('kcat-consumer', 'consumer_byte_rate')
    const consumer = stage.kcat('-C', '-t', 'read', '-o', 'beginning', '-X', 'client.id=kcat-consumer')
    checkRate(await rateOf(countOf(consumer)))
  })

  test('a consumer of Java', { skip }, async () => {
    await stage.bound('java-consumer', 'consumer_byte_rate')
    const which = ['--bootstrap-server', stage.bootstrap, '--topic', 'read', '--from-beginning']
    const properties = ['--command-property', 'client.id=java-consumer']
    checkRate(await rateOf(countOf(await stage.java('consumer.ConsoleConsumer', ...which, ...properties))))
  })
})

/** Counts what a program prints. */
function countOf({ stdout }: ChildProcessWithoutNullStreams): () => number {
  let bytes = 0
  stdout.on('data', chunk => {
    bytes += chunk.length
  })
  return () => bytes
}
