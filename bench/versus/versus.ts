import { type BrokerUnderTest, type Peer, type Side, sides, start } from './broker.js'
import { producerPerformance } from './java-tools.js'
import type { Sample, VersusRow } from './row.js'
import { withTopic } from './topics.js'

export type Round = Readonly<Record<Side, Sample>>

export interface Measured {
  readonly row: VersusRow
  readonly peer: Peer
  readonly rounds: readonly Round[]
}

export interface Run {
  readonly peer: Peer
  readonly rounds: number
  /** The share of each row's work that is done. */
  readonly share: number
  readonly warmUpRecords: number
  progress(said: string): void
  /** Called with each row when it is measured. */
  done(measured: Measured): void
  failed(row: VersusRow, thrown: unknown): void
}

type Both = Readonly<Record<Side, BrokerUnderTest>>

/**
 * Both brokers run side by side; in each round of a row each does the work once, the other one first in every
 * second round. The first time does not count, nor do the millions of records by which both were warmed.
 */
export async function versus(rows: readonly VersusRow[], run: Run): Promise<void> {
  const warm = rows.filter(row => !row.cold)
  const cold = rows.filter(row => row.cold)
  const { peer } = run
  if (warm.length > 0) {
    const brokers: Both = { ottla: await start('ottla', peer), peer: await start('peer', peer) }
    try {
      for (const side of sides) {
        run.progress(`${nameOf(side, run)}: ${run.warmUpRecords} records to warm up`)
        await warmUp(brokers[side], run.warmUpRecords)
      }
      for (const row of warm) await measureRow(row, brokers, run)
    } finally {
      for (const side of sides) await brokers[side].discard()
    }
  }
  for (const row of cold) await measureRow(row, null, run)
}

/** A row that fails does not take the others with it. */
async function measureRow(row: VersusRow, brokers: Both | null, run: Run): Promise<void> {
  try {
    run.done({ row, peer: run.peer, rounds: await roundsOf(row, brokers, run) })
  } catch (thrown) {
    run.failed(row, thrown)
  }
}

const nameOf = (side: Side, { peer }: Run): string => (side === 'ottla' ? side : peer)

async function warmUp(broker: BrokerUnderTest, records: number): Promise<void> {
  await withTopic(broker, 1, topic => producerPerformance(broker, { topic, records, recordBytes: 100 }))
}

/** `brokers` null: each round has its own. */
async function roundsOf(row: VersusRow, brokers: Both | null, run: Run): Promise<Round[]> {
  const rounds: Round[] = []
  for (let i = row.cold || row.steady ? 1 : 0; i <= run.rounds; i++) {
    const round: Partial<Record<Side, Sample>> = {}
    for (const side of i % 2 === 0 ? sides : [...sides].reverse()) {
      run.progress(`${row.name}: round ${i} of ${run.rounds}, ${nameOf(side, run)}`)
      round[side] = brokers ? await row.measure(brokers[side], run.share) : await measureFresh(row, side, run)
    }
    if (i > 0) rounds.push(round as Round)
  }
  return rounds
}

async function measureFresh(row: VersusRow, side: Side, { peer, share }: Run): Promise<Sample> {
  const fresh = await start(side, peer, row.watched)
  try {
    return await row.measure(fresh, share)
  } finally {
    await fresh.discard()
  }
}
