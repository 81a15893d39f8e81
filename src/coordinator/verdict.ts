import type { AppendBatch, AppendResult, Offset } from '../engine/log-engine.js'
import { KafkaError } from '../wire/errors.js'
import { offsetsOf } from './batches.js'

/** The fate of the batches of one command. */
export type Verdict =
  /** All of them are stored; `end` is the offset that follows them. */
  | { readonly kind: 'kept'; readonly end: Offset | null }
  /** None of them is stored; NOT_LEADER_OR_FOLLOWER says that the fence is over. */
  | { readonly kind: 'failed'; readonly error: KafkaError }
  /** Their fate is not known, or memory is not what the log holds. */
  | { readonly kind: 'doubt'; readonly cause: unknown }

/**
 * Judges an append by its results. `end` is the offset that the first batch should get, null where that is not known
 * yet.
 */
export function judge(
  batches: readonly AppendBatch[],
  results: readonly (AppendResult | undefined)[],
  end: Offset | null,
): Verdict {
  const [first] = results
  if (first && results.every(isRefusal)) return { kind: 'failed', error: errorOf(first) }
  let next = end
  for (const [i, batch] of batches.entries()) {
    const result = results[i]
    if (result?.kind !== 'appended' && result?.kind !== 'duplicate') {
      return doubt('an append to a journal has an unknown outcome')
    }
    if (result.kind === 'duplicate') continue
    if (next !== null && result.baseOffset !== next) {
      return doubt(`there is something in the log before offset ${result.baseOffset} that was not applied`)
    }
    next = result.baseOffset + BigInt(offsetsOf(batch))
  }
  return { kind: 'kept', end: next }
}

const isRefusal = (result: AppendResult | undefined): boolean =>
  result?.kind === 'rejected' || result?.kind === 'unavailable'

const errorOf = (result: AppendResult): KafkaError =>
  result.kind === 'rejected'
    ? new KafkaError(result.error, result.message)
    : new KafkaError('KAFKA_STORAGE_ERROR')

const doubt = (message: string): Verdict => ({ kind: 'doubt', cause: new Error(message) })
