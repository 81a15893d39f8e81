import type { BrokerUnderTest } from './broker.js'

/**
 * The figures that are measured of both brokers. CPU is the broker's own, user and system, as the operating system
 * counts it.
 */
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
  /**
   * The targets of the ratios Ottla : Apache Kafka; at least so much where more is better, at most so much where less
   * is.
   */
  readonly targets?: Sample
  /** The limits of Ottla's own figures, whatever the other's are. */
  readonly limits?: Sample
  /** True where each round has brokers of its own, which did nothing before. */
  readonly cold?: boolean
  /** True where the first time counts as all others. */
  readonly steady?: boolean
  /** True where it makes no sense with data in memory. */
  readonly onDisk?: boolean
  /** True where Ottla's turns of the event loop are measured too. */
  readonly watched?: boolean
  /** True where it takes so long that it runs only by its name. */
  readonly byNameOnly?: boolean
  /** True where the least that a program on Node does can run it (see least/main.ts). */
  readonly least?: boolean
  /** True where it is part of `--quick`. */
  readonly quick?: boolean
  /** Measures a broker with `share` of the full amount of work. */
  measure(broker: BrokerUnderTest, share: number): Promise<Sample>
}
