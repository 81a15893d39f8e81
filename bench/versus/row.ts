import type { BrokerUnderTest } from './broker.js'

/** What is measured of both brokers. Of CPU only the broker's own counts, user and system, as the operating system tells it. */
export const figures = {
  recordsPerSecond: { unit: 'records/s', better: 'more' },
  cpuUsPerRecord: { unit: 'us CPU/record', better: 'less' },
  cpuSecondsPerGib: { unit: 's CPU/GiB', better: 'less' },
  p50Ms: { unit: 'ms p50', better: 'less' },
  p99Ms: { unit: 'ms p99', better: 'less' },
} as const

export type Figure = keyof typeof figures
export type Sample = Readonly<Partial<Record<Figure, number>>>

/** One thing that both brokers do in turns, and what the ratio Ottla : Apache Kafka should be. */
export interface VersusRow {
  readonly name: string
  /** Ratios; at least so much where more is better, at most so much where less is. */
  readonly targets: Sample
  /** Whether each round has brokers of its own, which did nothing before. */
  readonly cold?: boolean
  /** Part of `--quick`. */
  readonly quick?: boolean
  /** `share` of the full amount of work. */
  measure(broker: BrokerUnderTest, share: number): Promise<Sample>
}
