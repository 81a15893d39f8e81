import type { AppendBatch, TopicPartition } from '../engine/log-engine.js'
import { buildMarkerBatch } from '../records/end-transaction-marker.js'
import { buildPlainBatch, recordCount } from '../records/record-batch.js'
import type { EndedTransaction, FactCodec, Outcome } from './outcome.js'

export interface BatchesOptions<Fact> {
  readonly target: TopicPartition
  /** The leader epoch under which the batches are appended. */
  readonly fence: number
  readonly codec: FactCodec<Fact>
  readonly nowMs: number
}

const batchBytes = 1 << 19

/**
 * Tells whether a fact is larger than a batch may be, or all facts of a transaction together: as in Kafka these are one
 * batch, since a marker must not come between them.
 */
export function exceedsOneBatch<Fact>(
  { facts, within }: Outcome<Fact>,
  { codec, maxBatchBytes }: { readonly codec: FactCodec<Fact>; readonly maxBatchBytes: () => number },
): boolean {
  if (!codec.leastBytes) return false
  let largest = 0
  let all = 0
  for (const fact of facts) {
    const bytes = codec.leastBytes(fact)
    all += bytes
    if (bytes > largest) largest = bytes
  }
  const together = within ? all : largest
  return together > batchBytes && together > maxBatchBytes()
}

/** The batches that keep an outcome in the log; there is at least one where the outcome has something to keep. */
export const batchesOf = <Fact>(outcome: Outcome<Fact>, options: BatchesOptions<Fact>): AppendBatch[] =>
  outcome.ends ? [marker(outcome.ends, options)] : plain(outcome, options)

/** The number of offsets that a batch takes. */
export const offsetsOf = ({ bytes }: AppendBatch): number => recordCount(bytes)

function marker<Fact>(
  { transactionVersion, ...ended }: EndedTransaction,
  { target, fence, nowMs }: BatchesOptions<Fact>,
): AppendBatch {
  const bytes = buildMarkerBatch({ ...ended, timestampMs: BigInt(nowMs) })
  return { target, fence, bytes, transactionVersion }
}

/**
 * The batches of plain facts: most often one, and more when the facts are many, since a batch may not grow over the
 * topic's limit.
 */
function plain<Fact>(
  { facts, within }: Outcome<Fact>,
  { target, fence, codec, nowMs }: BatchesOptions<Fact>,
): AppendBatch[] {
  const timestampMs = BigInt(nowMs)
  const producer = within && { ...within, transactional: true }
  const batches: Buffer[] = []
  let records = []
  let bytes = 0
  for (const fact of facts) {
    const { key, value } = codec.encode(fact)
    const size = key.length + (value?.length ?? 0)
    if (records.length > 0 && bytes + size > batchBytes) {
      batches.push(buildPlainBatch({ records, ...producer }))
      records = []
      bytes = 0
    }
    records.push({ timestampMs, key, value, headers: [] })
    bytes += size
  }
  if (records.length > 0) batches.push(buildPlainBatch({ records, ...producer }))
  return batches.map(each => ({ target, fence, bytes: each, guard: within?.guard ?? null }))
}
