import { costOf } from './cost.js'
import { consumerPerformance, endToEnd, producerPerformance } from './java-tools.js'
import type { VersusRow } from './row.js'
import { withTopic } from './topics.js'

/** Java's consumer by ConsumerPerformance: a topic that was just written, read from its beginning. */
function consuming(name: string, amount: number, recordBytes: number, quick = false): VersusRow {
  return {
    name,
    quick,
    targets: { cpuUsPerRecord: 1, recordsPerSecond: 1 },
    measure(broker, share) {
      const records = Math.round(amount * share)
      return withTopic(broker, 1, async topic => {
        await producerPerformance(broker, { topic, records, recordBytes, properties: ['linger.ms=5'] })
        return costOf(broker, { records, recordBytes }, () => consumerPerformance(broker, { topic, records }))
      })
    },
  }
}

/** One record at a time, which the consumer waits for. */
const oneByOne: VersusRow = {
  name: 'end-to-end',
  least: true,
  targets: { p50Ms: 0.6, p99Ms: 0.3, cpuUsPerRecord: 0.3 },
  measure(broker, share) {
    const work = { records: Math.round(20_000 * share), recordBytes: 100 }
    return withTopic(broker, 1, topic => costOf(broker, work, () => endToEnd(broker, { topic, ...work })))
  },
}

export const javaConsumers: readonly VersusRow[] = [
  consuming('consume-100b', 2_000_000, 100),
  consuming('consume-1kib', 500_000, 1024, true),
  consuming('consume-10kib', 60_000, 10_240),
  oneByOne,
]
