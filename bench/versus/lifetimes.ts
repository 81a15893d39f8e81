import { setTimeout as pause } from 'node:timers/promises'
import { apiVersions } from '../../src/wire/apis/api-versions.js'
import { RawClient } from '../../test/support/raw-client.js'
import { type BrokerUnderTest, cpuSeconds, residentMb } from './broker.js'
import { producerPerformance } from './java-tools.js'
import type { VersusRow } from './row.js'
import { offsetsOf, withTopic } from './topics.js'

/** The time without work before a broker, or its connections, are measured as idle. */
export const idleMs = 30_000
const watchedMs = 15_000

export const portOf = ({ bootstrap }: Pick<BrokerUnderTest, 'bootstrap'>): number =>
  Number(bootstrap.split(':').at(-1))

async function askVersions(broker: BrokerUnderTest): Promise<void> {
  const client = await RawClient.connect(portOf(broker))
  await client.ask(apiVersions, 0, {})
  client.destroy()
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now()
  await work()
  return performance.now() - before
}

/** Starts with a data directory that exists and holds one topic. */
const starting: VersusRow = {
  name: 'start',
  cold: true,
  limits: { startMs: 150 },
  async measure(broker) {
    await withTopic(broker, 1, topic =>
      producerPerformance(broker, { topic, records: 1000, recordBytes: 100 }),
    )
    await broker.end('stop')
    const startMs = await msOf(async () => {
      await broker.begin()
      await askVersions(broker)
    })
    return { startMs }
  },
}

/** Memory after half a minute, then the CPU of a further while. */
const idle: VersusRow = {
  name: 'idle',
  cold: true,
  limits: { residentMb: 64, idleCpuPercent: 0.2 },
  async measure(broker) {
    await pause(idleMs)
    const before = cpuSeconds(broker)
    const resident = residentMb(broker)
    await pause(watchedMs)
    return { residentMb: resident, idleCpuPercent: ((cpuSeconds(broker) - before) * 1e5) / watchedMs }
  },
}

const partitions = 50

/** Restarts with 1 GiB in 50 partitions, until the broker answers with the end of each of them. */
function restarting(name: string, how: 'stop' | 'kill', mostMs: number): VersusRow {
  return {
    name,
    cold: true,
    onDisk: true,
    limits: { servingMs: mostMs },
    measure(broker, share) {
      const work = { records: Math.round(1024 * 1024 * share), recordBytes: 1024 }
      return withTopic(broker, partitions, async topic => {
        await producerPerformance(broker, { topic, ...work, properties: ['batch.size=65536', 'linger.ms=5'] })
        await broker.end(how)
        const servingMs = await msOf(async () => {
          await broker.begin()
          const ends = await offsetsOf(broker, topic)
          const records = ends.reduce((sum, end) => sum + end, 0)
          if (how === 'stop' && records !== work.records)
            throw new Error(`${records} of ${work.records} records`)
        })
        return { servingMs }
      })
    },
  }
}

/** The cost of a broker that serves nothing, and the time until it serves. */
export const lifetimes: readonly VersusRow[] = [
  starting,
  idle,
  restarting('restart-clean', 'stop', 300),
  restarting('restart-killed', 'kill', 1000),
]

/** The memory of a broker after all that it has done for the rows before. */
export const afterAll: VersusRow = {
  name: 'memory-after-all',
  steady: true,
  limits: { residentMb: 250 },
  measure: async broker => ({ residentMb: residentMb(broker) }),
}
