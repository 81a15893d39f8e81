import { type BrokerName, type BrokerUnderTest, brokerNames, start } from './broker.js'
import { producerPerformance } from './java-tools.js'
import type { Sample, VersusRow } from './row.js'
import { withTopic } from './topics.js'

export type Round = Readonly<Record<BrokerName, Sample>>

export interface Measured {
  readonly row: VersusRow
  readonly rounds: readonly Round[]
}

export interface Run {
  readonly rounds: number
  /** Of each row's work. */
  readonly share: number
  progress(said: string): void
  /** Called with each row when it is through. */
  done(measured: Measured): void
}

const warmUpRecords = 2_000_000

/**
 * Both brokers run side by side; in each round of a row each does the work once, the other one first in every
 * second round. The first time does not count, nor do the millions of records by which both were warmed.
 */
export async function versus(rows: readonly VersusRow[], run: Run): Promise<void> {
  const brokers = rows.some(row => !row.cold) ? await started() : []
  try {
    for (const broker of brokers) {
      run.progress(`${broker.name}: ${warmUpRecords * run.share} records to warm up`)
      await warmUp(broker, run.share)
    }
    for (const row of rows) run.done({ row, rounds: await roundsOf(row, brokers, run) })
  } finally {
    await Promise.all(brokers.map(broker => broker.stop()))
  }
}

const started = (): Promise<BrokerUnderTest[]> => Promise.all(brokerNames.map(name => start[name]()))

async function warmUp(broker: BrokerUnderTest, share: number): Promise<void> {
  const records = warmUpRecords * share
  await withTopic(broker, 1, topic => producerPerformance(broker, { topic, records, recordBytes: 100 }))
}

async function roundsOf(row: VersusRow, brokers: readonly BrokerUnderTest[], run: Run): Promise<Round[]> {
  const rounds: Round[] = []
  for (let i = row.cold ? 1 : 0; i <= run.rounds; i++) {
    const round: Partial<Record<BrokerName, Sample>> = {}
    for (const name of i % 2 === 0 ? brokerNames : [...brokerNames].reverse()) {
      run.progress(`${row.name}: round ${i} of ${run.rounds}, ${name}`)
      round[name] = await measure(row, name, brokers, run.share)
    }
    if (i > 0) rounds.push(round as Round)
  }
  return rounds
}

async function measure(
  row: VersusRow,
  name: BrokerName,
  brokers: readonly BrokerUnderTest[],
  share: number,
): Promise<Sample> {
  const warm = brokers.find(broker => broker.name === name)
  if (!row.cold && warm) return row.measure(warm, share)
  const fresh = await start[name]()
  try {
    return await row.measure(fresh, 1)
  } finally {
    await fresh.stop()
  }
}
