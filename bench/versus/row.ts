import type { BrokerUnderTest } from './broker.js'

/** What is measured of both brokers. Of CPU only the broker's own counts, user and system, as the operating system tells it. */
export const figures = {
  recordsPerSecond: { unit: 'records/s', better: 'more' },
  cpuUsPerRecord: { unit: 'us CPU/record', better: 'less' },
  cpuSecondsPerGib: { unit: 's CPU/GiB', better: 'less' },
  cpuUsPerHeartbeat: { unit: 'us CPU/heartbeat', better: 'less' },
  transactionsPerSecond: { unit: 'transactions/s', better: 'more' },
  p50Ms: { unit: 'ms p50', better: 'less' },
  p99Ms: { unit: 'ms p99', better: 'less' },
  p999Ms: { unit: 'ms p99.9', better: 'less' },
  pauseMs: { unit: 'ms longest turn of the event loop', better: 'less' },
  pauseCpuMs: { unit: 'ms CPU of the longest turn', better: 'less' },
  startMs: { unit: 'ms to first ApiVersions', better: 'less' },
  servingMs: { unit: 'ms to serving all partitions', better: 'less' },
  assignmentMs: { unit: 'ms to first assignment', better: 'less' },
  createMs: { unit: 'ms to create', better: 'less' },
  metadataMs: { unit: 'ms to full metadata', better: 'less' },
  residentMb: { unit: 'MB resident', better: 'less' },
  idleCpuPercent: { unit: '% CPU', better: 'less' },
  kibPerConnection: { unit: 'KiB/connection', better: 'less' },
  kibPerPartition: { unit: 'KiB/partition', better: 'less' },
  filesPerPartition: { unit: 'open files/partition', better: 'less' },
} as const

export type Figure = keyof typeof figures
export type Sample = Readonly<Partial<Record<Figure, number>>>

/** One thing that both brokers do in turns, and what Ottla's figures should be. */
export interface VersusRow {
  readonly name: string
  /** Ratios Ottla : Apache Kafka; at least so much where more is better, at most so much where less is. */
  readonly targets?: Sample
  /** What Ottla's own figures should be, whatever the other's are. */
  readonly limits?: Sample
  /** Whether each round has brokers of its own, which did nothing before. */
  readonly cold?: boolean
  /** Whether the first time counts as all others. */
  readonly steady?: boolean
  /** Whether it makes no sense of data in memory. */
  readonly onDisk?: boolean
  /** Whether Ottla tells of the turns of its event loop. */
  readonly watched?: boolean
  /** Whether it takes so long that it has to be asked for by its name. */
  readonly byNameOnly?: boolean
  /** Whether the least that a program on Node does is enough for it (see least/main.ts). */
  readonly least?: boolean
  /** Part of `--quick`. */
  readonly quick?: boolean
  /** `share` of the full amount of work. */
  measure(broker: BrokerUnderTest, share: number): Promise<Sample>
}
