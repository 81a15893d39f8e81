import { costOf } from './cost.js'
import { runDriver } from './drivers.js'
import { producerPerformance } from './java-tools.js'
import type { VersusRow } from './row.js'
import { withTopic } from './topics.js'

const seconds = 600
const part = 0.6
const recordBytes = 100
/** The work by which the best throughput is found. */
const probe = { records: 1_500_000, recordBytes }
/** The first seconds are the client's own. */
const warmShare = 0.05

const kept = { 'segment.bytes': 16 << 20, 'retention.ms': 30_000 }
const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': 8 << 20 }

/** The rate for both brokers: that of the broker that was measured first. */
let recordsPerSecond: number | null = null

/**
 * Ten minutes at 60% of the best throughput, while the topic loses old segments and another one is written and
 * compacted.
 */
export const endurance: VersusRow = {
  name: 'ten-minutes',
  byNameOnly: true,
  cold: true,
  onDisk: true,
  watched: true,
  targets: { p999Ms: 0.5 },
  limits: { pauseMs: 50 },
  measure: (broker, share) =>
    withTopic(
      broker,
      1,
      async topic => {
        const best = await producerPerformance(broker, { topic, ...probe })
        recordsPerSecond ??= Math.floor(best.recordsPerSecond * part)
        const work = { records: Math.round(recordsPerSecond * seconds * share), recordBytes }
        const throughput = recordsPerSecond
        const write = () => producerPerformance(broker, { topic, ...work, throughput, warmShare })
        const whileCompacted = (keyed: string) =>
          runDriver('keyed-writes', { bootstrap: broker.bootstrap, topic: keyed }, async () => {
            await broker.watched()
            const sample = await costOf(broker, work, write)
            const longest = await broker.watched()
            return longest ? { ...sample, pauseMs: longest.ms, pauseCpuMs: longest.cpuMs } : sample
          })
        return withTopic(broker, 1, whileCompacted, compacted)
      },
      kept,
    ),
}
