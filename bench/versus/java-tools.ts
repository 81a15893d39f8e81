import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { kafkaClassPath } from '../../compat-tests/apache-kafka/jars.js'
import { classesOf } from '../../compat-tests/support/maven.js'
import type { BrokerUnderTest } from './broker.js'
import type { Sample } from './row.js'

const run = promisify(execFile)
const jvm = ['-Xmx512m', '-XX:+UseSerialGC', '-Dlog4j2.level=ERROR']

async function java(classPath: string, name: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('java', [...jvm, '-cp', classPath, name, ...args], { maxBuffer: 2 ** 26 })
  return stdout
}

const tool = async (name: string, args: readonly string[]): Promise<string> =>
  java(await kafkaClassPath(), `org.apache.kafka.tools.${name}`, args)

export interface Producing {
  readonly topic: string
  readonly records: number
  readonly recordBytes: number
  /** The producer's settings, each `name=value`. */
  readonly properties?: readonly string[]
  /** Records a second; as many as it can, unless given. */
  readonly throughput?: number
  /** The share of the records after which it counts as warm. */
  readonly warmShare?: number
}

const steadyLine =
  /records sent, ([\d.]+) records\/sec .* (\d+) ms 50th, (\d+) ms 95th, (\d+) ms 99th, (\d+) ms 99.9th/

/** Runs Kafka's own kafka-producer-perf-test; its figures are of the records past the warm-up. */
export async function producerPerformance(
  broker: BrokerUnderTest,
  work: Producing,
): Promise<{ readonly recordsPerSecond: number; readonly p999Ms: number }> {
  const { throughput = -1, warmShare = 0.3 } = work
  const printed = await tool('ProducerPerformance', [
    ...['--bootstrap-server', broker.bootstrap, '--topic', work.topic, '--throughput', String(throughput)],
    ...['--num-records', String(work.records), '--record-size', String(work.recordBytes)],
    ...['--warmup-records', String(Math.floor(work.records * warmShare))],
    ...['--command-property', 'client.id=bench', ...(work.properties ?? [])],
  ])
  const found = printed.trim().split('\n').at(-1)?.match(steadyLine)
  if (!found) throw new Error(`ProducerPerformance printed what is not understood:\n${printed}`)
  return { recordsPerSecond: Number(found[1]), p999Ms: Number(found[5]) }
}

const fetchedPerSecond = -1

/** Kafka's own kafka-consumer-perf-test; time to join the group does not count. */
export async function consumerPerformance(
  broker: BrokerUnderTest,
  { topic, records }: { readonly topic: string; readonly records: number },
): Promise<Sample> {
  const printed = await tool('ConsumerPerformance', [
    ...['--bootstrap-server', broker.bootstrap, '--topic', topic, '--num-records', String(records)],
    ...['--hide-header', '--timeout', '60000'],
  ])
  const recordsPerSecond = Number(printed.trim().split('\n').at(-1)?.split(',').at(fetchedPerSecond))
  if (!(recordsPerSecond > 0))
    throw new Error(`ConsumerPerformance printed what is not understood:\n${printed}`)
  return { recordsPerSecond }
}

/** Runs a driver of ours in `java/` and returns its output. */
async function ownJava(name: string, args: readonly string[]): Promise<string> {
  const classPath = await kafkaClassPath()
  const classes = classesOf(new URL('java/', import.meta.url), classPath, 'bench')
  return java(`${classes}:${classPath}`, name, args)
}

/** One record at a time from a producer to a consumer; a driver of ours, for Kafka's knows whole milliseconds only. */
export async function endToEnd(
  { bootstrap }: BrokerUnderTest,
  { topic, records, recordBytes }: Producing,
): Promise<Sample> {
  const printed = await ownJava('EndToEnd', [bootstrap, topic, String(records), String(recordBytes)])
  const [p50Ms, p99Ms] = printed.trim().split(' ').map(Number) as [number, number]
  return { p50Ms, p99Ms }
}

/** A producer that was refused has said so in the lines before. */
function lastNumber(printed: string): number {
  const number = Number(printed.trim().split('\n').at(-1))
  if (Number.isFinite(number)) return number
  throw new Error(`A driver printed what is not understood:\n${printed}`)
}

/** Transactions of ten records in three partitions, one after another. */
export async function transactions(
  { bootstrap }: BrokerUnderTest,
  topic: string,
  amount: number,
): Promise<Sample> {
  const printed = await ownJava('Transactions', [bootstrap, topic, String(amount)])
  return { transactionsPerSecond: lastNumber(printed) }
}
