import { type BrokerUnderTest, cpuSeconds } from './broker.js'
import type { Sample } from './row.js'

interface Work {
  readonly records: number
  readonly recordBytes: number
}

const gib = 2 ** 30
/** The time in which the broker finishes its work after its client has gone. */
const settleMs = 100

/** The sample of a driver, with the cost to the broker. */
export async function costOf(
  broker: BrokerUnderTest,
  { records, recordBytes }: Work,
  drive: () => Promise<Sample>,
): Promise<Sample> {
  const before = cpuSeconds(broker)
  const told = await drive()
  await new Promise(resolve => setTimeout(resolve, settleMs))
  const spent = cpuSeconds(broker) - before
  return {
    ...told,
    cpuUsPerRecord: (spent * 1e6) / records,
    cpuSecondsPerGib: (spent * gib) / (records * recordBytes),
  }
}
