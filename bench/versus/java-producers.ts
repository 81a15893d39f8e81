import { costOf } from './cost.js'
import { producerPerformance } from './java-tools.js'
import type { Sample, VersusRow } from './row.js'
import { withTopic } from './topics.js'

interface Load {
  readonly partitions?: number
  readonly records: number
  readonly recordBytes: number
  readonly properties?: readonly string[]
}

/** Java's producer by ProducerPerformance, one process each round. */
function producing(name: string, load: Load, targets: Sample, more: Partial<VersusRow> = {}): VersusRow {
  return {
    name,
    targets,
    least: (load.partitions ?? 1) === 1,
    ...more,
    measure(broker, share) {
      const { partitions = 1, recordBytes, properties = [] } = load
      const records = Math.round(load.records * (more.cold ? 1 : share))
      return withTopic(broker, partitions, topic =>
        costOf(broker, { records, recordBytes }, async () => {
          const told = await producerPerformance(broker, { topic, records, recordBytes, properties })
          return { recordsPerSecond: told.recordsPerSecond }
        }),
      )
    },
  }
}

const tuned = ['batch.size=262144', 'linger.ms=5']
const million = 1_000_000

export const javaProducers: readonly VersusRow[] = [
  producing(
    'produce-100b',
    { records: million, recordBytes: 100 },
    { cpuUsPerRecord: 0.4, recordsPerSecond: 1.25 },
    { quick: true },
  ),
  producing(
    'produce-100b-6-partitions',
    { partitions: 6, records: million, recordBytes: 100 },
    { cpuUsPerRecord: 0.5, recordsPerSecond: 1.1 },
  ),
  ...(['none', 'lz4', 'snappy', 'zstd'] as const).map(codec => {
    const hard = codec === 'none' || codec === 'lz4'
    return producing(
      `produce-100b-tuned-${codec}`,
      { records: 1.5 * million, recordBytes: 100, properties: [...tuned, `compression.type=${codec}`] },
      hard ? { cpuUsPerRecord: 0.4, recordsPerSecond: 1 } : { cpuUsPerRecord: 0.2, recordsPerSecond: 1.05 },
      { quick: codec === 'none' },
    )
  }),
  producing(
    'produce-100b-tuned-acks-1',
    { records: 1.5 * million, recordBytes: 100, properties: [...tuned, 'acks=1'] },
    { cpuUsPerRecord: 0.4, recordsPerSecond: 1 },
  ),
  producing(
    'produce-1kib-tuned',
    { records: 400_000, recordBytes: 1024, properties: tuned },
    { cpuSecondsPerGib: 0.6, recordsPerSecond: 1.1 },
    { quick: true },
  ),
  producing(
    'produce-10kib-tuned',
    { records: 50_000, recordBytes: 10_240, properties: tuned },
    { cpuSecondsPerGib: 0.6, recordsPerSecond: 1.1 },
  ),
  producing(
    'cold-produce-100b',
    { records: million, recordBytes: 100 },
    { cpuUsPerRecord: 0.12 },
    { cold: true },
  ),
  producing(
    'cold-produce-100b-tuned',
    { records: million, recordBytes: 100, properties: tuned },
    { cpuUsPerRecord: 0.12 },
    { cold: true },
  ),
]
