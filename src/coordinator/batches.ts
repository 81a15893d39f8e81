import type { AppendBatch, TopicPartition } from '../engine/log-engine.js'
import { buildMarkerBatch } from '../records/end-transaction-marker.js'
import { buildPlainBatch, recordCount } from '../records/record-batch.js'
import type { Turns } from '../time/turns.js'
import type { Encoded, EndedTransaction, FactCodec, Outcome, TransactionalWriter } from './outcome.js'

export interface BatchesOptions<Fact> {
  readonly target: TopicPartition
  /** The leader epoch under which the batches are appended. */
  readonly fence: number
  readonly codec: FactCodec<Fact>
  readonly nowMs: number
}

const batchBytes = 1 << 19

type Records = Parameters<typeof buildPlainBatch>[0]['records'][number][]

/** A fact of more bytes than this is put into bytes in turns of its own, as very many facts are. */
const largeFactBytes = 1 << 17

/** The least number of bytes that facts take: the largest of them, and all together. */
export interface Size {
  readonly largest: number
  readonly all: number
}

const unknownSize: Size = { largest: 0, all: 0 }

export function sizeOf<Fact>(facts: readonly Fact[], codec: FactCodec<Fact>): Size {
  if (!codec.leastBytes) return unknownSize
  let largest = 0
  let all = 0
  for (const fact of facts) {
    const bytes = codec.leastBytes(fact)
    all += bytes
    if (bytes > largest) largest = bytes
  }
  return { largest, all }
}

/** Tells whether a fact is so large that others have to be served while it is put into bytes. */
export const hasLargeFact = ({ largest }: Size): boolean => largest > largeFactBytes

/**
 * Tells whether a fact is larger than a batch may be, or all facts of a transaction together: as in Kafka these are one
 * batch, since a marker must not come between them.
 */
export function exceedsOneBatch<Fact>(
  { within }: Pick<Outcome<Fact>, 'within'>,
  { largest, all }: Size,
  maxBatchBytes: () => number,
): boolean {
  const together = within ? all : largest
  return together > batchBytes && together > maxBatchBytes()
}

/** The batches that keep an outcome in the log; there is at least one where the outcome has something to keep. */
export function batchesOf<Fact>(outcome: Outcome<Fact>, options: BatchesOptions<Fact>): AppendBatch[] {
  if (outcome.ends) return [marker(outcome.ends, options)]
  const batches = new PlainBatches(outcome.within, options)
  for (const fact of outcome.facts) batches.put(options.codec.encode(fact))
  return batches.all()
}

/** Puts the facts of a long outcome into batches in turns of the event loop. */
export async function batchesInTurns<Fact>(
  { facts, within }: Outcome<Fact>,
  options: BatchesOptions<Fact>,
  turns: Turns,
): Promise<AppendBatch[]> {
  const batches = new PlainBatches(within, options)
  const { codec } = options
  for (const fact of facts) {
    const isLarge = (codec.leastBytes?.(fact) ?? 0) > largeFactBytes
    const encoding = isLarge ? codec.encodeInTurns?.(fact, turns) : undefined
    batches.put(encoding ? await encoding : codec.encode(fact))
    const pause = isLarge ? turns.next() : turns.pause()
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

  put({ key, value }: Encoded): void {
    const { nowMs } = this.options
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
