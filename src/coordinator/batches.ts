import type { AppendBatch, TopicPartition } from '../engine/log-engine.js'
import { buildMarkerBatch } from '../records/end-transaction-marker.js'
import { buildPlainBatch, recordCount } from '../records/record-batch.js'
import type { Turns } from '../time/turns.js'
import type { EndedTransaction, FactCodec, Outcome, TransactionalWriter } from './outcome.js'

export interface BatchesOptions<Fact> {
  readonly target: TopicPartition
  /** The leader epoch under which the batches are appended. */
  readonly fence: number
  readonly codec: FactCodec<Fact>
  readonly nowMs: number
}

const batchBytes = 1 << 19

type Records = Parameters<typeof buildPlainBatch>[0]['records'][number][]

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
export function batchesOf<Fact>(outcome: Outcome<Fact>, options: BatchesOptions<Fact>): AppendBatch[] {
  if (outcome.ends) return [marker(outcome.ends, options)]
  const batches = new PlainBatches(outcome.within, options)
  for (const fact of outcome.facts) batches.add(fact)
  return batches.all()
}

/** Puts the facts of a long outcome into batches in turns of the event loop. */
export async function batchesInTurns<Fact>(
  { facts, within }: Outcome<Fact>,
  options: BatchesOptions<Fact>,
  turns: Turns,
): Promise<AppendBatch[]> {
  const batches = new PlainBatches(within, options)
  for (const fact of facts) {
    batches.add(fact)
    const pause = turns.pause()
    if (pause) await pause
  }
  return batches.all()
}

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
class PlainBatches<Fact> {
  readonly #batches: AppendBatch[] = []
  #records: Records = []
  #bytes = 0

  constructor(
    private readonly within: TransactionalWriter | undefined,
    private readonly options: BatchesOptions<Fact>,
  ) {}

  add(fact: Fact): void {
    const { codec, nowMs } = this.options
    const { key, value } = codec.encode(fact)
    const size = key.length + (value?.length ?? 0)
    if (this.#records.length > 0 && this.#bytes + size > batchBytes) this.#close()
    this.#records.push({ timestampMs: BigInt(nowMs), key, value, headers: [] })
    this.#bytes += size
  }

  all(): AppendBatch[] {
    if (this.#records.length > 0) this.#close()
    return this.#batches
  }

  #close(): void {
    const { within } = this
    const { target, fence } = this.options
    const producer = within && { ...within, transactional: true }
    const bytes = buildPlainBatch({ records: this.#records, ...producer })
    this.#batches.push({ target, fence, bytes, guard: within?.guard ?? null })
    this.#records = []
    this.#bytes = 0
  }
}
