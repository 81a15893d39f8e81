import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { BrokerUnderTest } from './broker.js'
import { costOf } from './cost.js'
import type { KafkajsWork } from './drivers/kafkajs.js'
import { producerPerformance } from './java-tools.js'
import type { Sample, VersusRow } from './row.js'
import { withTopic } from './topics.js'

const driver = fileURLToPath(new URL('drivers/kafkajs.ts', import.meta.url))
const run = promisify(execFile)

async function kafkajs(
  { bootstrap }: BrokerUnderTest,
  work: Omit<KafkajsWork, 'bootstrap'>,
): Promise<Sample> {
  const asked = JSON.stringify({ bootstrap, ...work })
  const { stdout } = await run(process.execPath, ['--import', 'tsx', driver, asked], {
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1' },
  })
  return JSON.parse(stdout) as Sample
}

type Load = Pick<KafkajsWork, 'connections' | 'records' | 'recordBytes' | 'recordsPerRequest'>

function producing(name: string, load: Load, targets: Sample, quick = false): VersusRow {
  return {
    name,
    targets,
    least: true,
    quick,
    measure(broker, share) {
      const work = { ...load, records: Math.round(load.records * share) }
      return withTopic(broker, 1, topic =>
        costOf(broker, work, () => kafkajs(broker, { kind: 'produce', topic, ...work })),
      )
    },
  }
}

const consuming: VersusRow = {
  name: 'kafkajs-consume',
  targets: { recordsPerSecond: 1.3, cpuUsPerRecord: 0.5 },
  measure(broker, share) {
    const work = { records: Math.round(200_000 * share), recordBytes: 1024 }
    return withTopic(broker, 1, async topic => {
      await producerPerformance(broker, { topic, ...work, properties: ['linger.ms=5', 'batch.size=102400'] })
      const rest = { kind: 'consume', topic, connections: 1, recordsPerRequest: 0 } as const
      return costOf(broker, work, () => kafkajs(broker, { ...rest, ...work }))
    })
  },
}

/** Measures the time to an assignment, as the median of consumers in a new group each. */
export const timeToAssignment = (broker: BrokerUnderTest, topic: string): Promise<Sample> =>
  kafkajs(broker, { kind: 'join', topic, connections: 1, records: 3, recordBytes: 0, recordsPerRequest: 0 })

/** The rows that Node users feel; kafkajs runs in a process of its own. */
export const kafkajsClients: readonly VersusRow[] = [
  producing(
    'kafkajs-one',
    { connections: 1, records: 6000, recordBytes: 100, recordsPerRequest: 1 },
    { recordsPerSecond: 1.7, p99Ms: 0.5 },
    true,
  ),
  producing(
    'kafkajs-50',
    { connections: 50, records: 15_000, recordBytes: 100, recordsPerRequest: 1 },
    { recordsPerSecond: 1.8, cpuUsPerRecord: 0.25 },
  ),
  producing(
    'kafkajs-produce',
    { connections: 1, records: 80_000, recordBytes: 1024, recordsPerRequest: 100 },
    { recordsPerSecond: 1.2, cpuUsPerRecord: 0.5 },
  ),
  consuming,
]
