import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cachedFolder } from '../../compat-tests/support/maven.js'
import type { BrokerUnderTest } from './broker.js'
import { costOf } from './cost.js'
import type { Sample, VersusRow } from './row.js'
import { withTopic } from './topics.js'

/** It brings librdkafka's source, with its rdkafka_performance among the examples. */
const nodeRdkafka = 'node-rdkafka@3.6.1'
const without = ['ssl', 'gssapi', 'curl', 'zstd', 'lz4-ext', 'syslog'].map(each => `--disable-${each}`)
const execute = promisify(execFile)

/** Built once, which takes minutes. */
function program(): string {
  const folder = cachedFolder(`bench-${nodeRdkafka}`, made => {
    const run = (name: string, args: readonly string[], cwd = made) =>
      execFileSync(name, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    run('npm', ['pack', '--silent', nodeRdkafka])
    run('tar', [
      'xzf',
      `${nodeRdkafka.replace('@', '-')}.tgz`,
      '--strip-components=3',
      'package/deps/librdkafka',
    ])
    run('./configure', without)
    run('make', ['-C', 'src', 'librdkafka.a'])
    run('make', ['-C', 'examples', 'rdkafka_performance'])
  })
  return join(folder, 'examples', 'rdkafka_performance')
}

interface Work {
  readonly topic: string
  readonly records: number
  readonly recordBytes: number
}

const summaries = /in \d+ms: (\d+) msgs\/s/g

async function performance(
  mode: '-P' | '-C',
  broker: BrokerUnderTest,
  work: Work,
  rest: readonly string[] = [],
) {
  const args = [
    mode,
    '-t',
    work.topic,
    '-p',
    '0',
    '-b',
    broker.bootstrap,
    '-c',
    String(work.records),
    ...rest,
  ]
  const { stdout } = await execute(program(), args, { maxBuffer: 2 ** 26 }).catch(
    (error: { stdout: string }) => {
      throw new Error(`rdkafka_performance did not do all of its work:\n${error.stdout?.slice(-1000)}`)
    },
  )
  const found = [...stdout.matchAll(summaries)].at(-1)
  if (!found) throw new Error(`rdkafka_performance printed what is not understood:\n${stdout.slice(-1000)}`)
  return { recordsPerSecond: Number(found[1]) }
}

/** The default of librdkafka; its program would wait a second for the last batch to become full. */
const linger = ['-X', 'linger.ms=5']

const produce = (broker: BrokerUnderTest, work: Work, rest: readonly string[] = []): Promise<Sample> =>
  performance('-P', broker, work, ['-s', String(work.recordBytes), '-a', 'all', ...linger, ...rest])

const consume = (broker: BrokerUnderTest, work: Work): Promise<Sample> =>
  performance('-C', broker, work, ['-o', 'beginning'])

const sizes = [
  { size: '100b', recordBytes: 100, records: 2_000_000, faster: 1.1 },
  { size: '1kib', recordBytes: 1024, records: 600_000, faster: 1.4 },
  { size: '10kib', recordBytes: 10_240, records: 80_000, faster: 1.8 },
] as const

const producing = sizes.map(
  ({ size, recordBytes, records, faster }): VersusRow => ({
    name: `librdkafka-produce-${size}`,
    targets: { recordsPerSecond: faster, cpuSecondsPerGib: 0.6 },
    measure(broker, share) {
      const work = { records: Math.round(records * share), recordBytes }
      return withTopic(broker, 1, topic => costOf(broker, work, () => produce(broker, { topic, ...work })))
    },
  }),
)

const consuming = sizes.slice(1).map(
  ({ size, recordBytes, records }): VersusRow => ({
    name: `librdkafka-consume-${size}`,
    targets: { recordsPerSecond: 1, cpuSecondsPerGib: 1 },
    measure(broker, share) {
      const work = { records: Math.round(records * share), recordBytes }
      return withTopic(broker, 1, async topic => {
        await produce(broker, { topic, ...work })
        return costOf(broker, work, () => consume(broker, { topic, ...work }))
      })
    },
  }),
)

const readers = 3
const writtenPerSecond = 20_000

/** Readers that keep up with what is written; the CPU is that of writing and of all the reading. */
const tailing: VersusRow = {
  name: 'tail-3-readers',
  targets: { cpuUsPerRecord: 0.8 },
  measure(broker, share) {
    const work = { records: Math.round(100_000 * share), recordBytes: 1024 }
    return withTopic(broker, 1, topic =>
      costOf(broker, work, async () => {
        const reading = Array.from({ length: readers }, () => consume(broker, { topic, ...work }))
        await produce(broker, { topic, ...work }, ['-r', String(writtenPerSecond)])
        await Promise.all(reading)
        return {}
      }),
    )
  },
}

/** The C client's own rdkafka_performance. */
export const librdkafka: readonly VersusRow[] = [...producing, ...consuming, tailing]
