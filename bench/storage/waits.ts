import { setTimeout as pause } from 'node:timers/promises'
import { buildBatch } from '../../src/records/record-batch.js'
import type { RawClient } from '../../test/support/raw-client.js'
import { appended } from './requests.js'

const everyMs = 5
const bounds = [1, 2, 5, 10, 20, 50, 100, Number.POSITIVE_INFINITY]

/** Appends a record every 5 ms, also before the last one is answered, until `isOver`; returns the waits in ms. */
export async function waitsOfAppends(
  client: RawClient,
  topic: string,
  isOver: () => boolean,
): Promise<number[]> {
  const waits: number[] = []
  const pending: Promise<void>[] = []
  const value = Buffer.alloc(1000, 'x')
  while (!isOver()) {
    const records = [{ timestampMs: BigInt(Date.now()), key: value.subarray(0, 10), value, headers: [] }]
    const bytes = await buildBatch({ records })
    const sentAtMs = performance.now()
    pending.push(appended(client, topic, 0, bytes).then(() => void waits.push(performance.now() - sentAtMs)))
    await pause(everyMs)
  }
  await Promise.all(pending)
  return waits
}

/** Prints the distribution of the waits, a column for each of several runs. */
export function printHistogram(runs: Readonly<Record<string, readonly number[]>>): void {
  const all = Object.values(runs)
  console.log(`\n| wait for an acknowledgement | ${Object.keys(runs).join(' | ')} |`)
  console.log(`|---|${all.map(() => '---|').join('')}`)
  let low = 0
  for (const bound of bounds) {
    const counts = all.map(waits => waits.filter(wait => wait >= low && wait < bound).length)
    const named = Number.isFinite(bound) ? `under ${bound} ms` : `${low} ms and more`
    console.log(`| ${named} | ${counts.join(' | ')} |`)
    low = bound
  }
  console.log(
    `| 99 of 100 under | ${all.map(waits => `${quantile(waits, 0.99).toFixed(1)} ms`).join(' | ')} |`,
  )
  console.log(`| longest | ${all.map(waits => `${quantile(waits, 1).toFixed(1)} ms`).join(' | ')} |`)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
