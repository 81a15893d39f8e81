import { readMarkerBatch } from '../../records/end-transaction-marker.js'
import * as batch from '../../records/record-batch.js'
import type { AbortedRange } from '../transaction-index.js'

/** The verdict on a marker: what it is still needed for. */
export interface MarkerVerdict {
  /** True where nothing of its transaction is left. */
  readonly isEmpty: boolean
  /** The entry that the transaction index needs as long as the marker is there; null where it needs none. */
  readonly aborted: AbortedRange | null
}

/**
 * Follows transactions through the batches of a log, in their order, as compaction must: it drops the records that were
 * aborted, and a marker once nothing of its transaction is left (Kafka's CleanedTransactionMetadata).
 */
export class CleanedTransactions {
  /** The aborted transactions that have not begun yet; the first is at the end. */
  readonly #toCome: AbortedRange[]
  readonly #aborted = new Map<bigint, { readonly range: AbortedRange; hasRecords: boolean }>()
  /** The producers of which records were met that belong to a transaction that is not aborted. */
  readonly #committed = new Set<bigint>()

  /** `aborted` holds the transactions in the order of their first offsets. */
  constructor(aborted: readonly AbortedRange[]) {
    this.#toCome = [...aborted].reverse()
  }

  /** Tells whether the records of a batch were aborted. */
  isAborted(bytes: Buffer): boolean {
    this.#begin(bytes)
    if (!batch.isTransactional(bytes)) return false
    const id = batch.producerId(bytes)
    const aborted = this.#aborted.get(id)
    if (aborted) aborted.hasRecords = true
    else this.#committed.add(id)
    return aborted !== undefined
  }

  /** The verdict on a control batch; null for one that ends no transaction. */
  marker(bytes: Buffer): MarkerVerdict | null {
    this.#begin(bytes)
    const marker = readMarkerBatch(bytes)
    if (!marker) return null
    const id = batch.producerId(bytes)
    if (marker.committed) return { isEmpty: !this.#committed.delete(id), aborted: null }
    const aborted = this.#aborted.get(id)
    this.#aborted.delete(id)
    return { isEmpty: !aborted?.hasRecords, aborted: aborted?.hasRecords ? aborted.range : null }
  }

  #begin(bytes: Buffer): void {
    const end = batch.lastOffset(bytes)
    for (let next = this.#toCome.at(-1); next && next.firstOffset <= end; next = this.#toCome.at(-1)) {
      this.#toCome.pop()
      this.#aborted.set(next.producerId, { range: next, hasRecords: false })
    }
  }
}
