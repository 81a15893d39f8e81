import type { AppendBatch, AppendResult, TopicPartition } from '../engine/log-engine.js'
import type { TopicLookup } from '../engine/topic-lookup.js'
import type { Patience } from '../time/patience.js'
import type { LogDirectories } from './log-directories.js'
import type { Placed } from './partition-moves.js'
import type { PlacedPartitions } from './placed-partitions.js'

/**
 * So many partitions of one request are synced at once: the beginning of a sync may have to open files, while all
 * others wait.
 */
const syncedAtOnce = 64

interface ConfirmationsOptions {
  readonly directories: LogDirectories
  readonly partitions: PlacedPartitions
  readonly topics: TopicLookup
  readonly patience: Patience
}

/** The confirmation that the disk has what a request appended, which the results of its batches wait for. */
export class Confirmations {
  constructor(private readonly options: ConfirmationsOptions) {}

  /**
   * Waits for the disk. A batch that it did not confirm, or not in time, may be there after a power failure, or not.
   * Its result is `unknown`, for a duplicate as for the first of its kind, and for every batch in a directory that was
   * lost meanwhile.
   */
  async confirm(
    due: ReadonlySet<Placed>,
    timeoutMs: number,
    batches: readonly AppendBatch[],
    results: AppendResult[],
  ): Promise<void> {
    const { directories, patience } = this.options
    const unconfirmed = new Set<Placed>(due)
    const rest = due.values()
    const syncRest = async () => {
      for (const placed of rest) {
        try {
          await placed.log.sync()
          unconfirmed.delete(placed)
        } catch (thrown) {
          directories.failed(thrown)
        }
      }
    }
    const atOnce = Math.min(due.size, syncedAtOnce)
    await patience.wait(Promise.all(Array.from({ length: atOnce }, syncRest)), timeoutMs)
    if (unconfirmed.size === 0 && directories.all.every(({ failure }) => failure === null)) return
    for (const [i, { target }] of batches.entries()) {
      const result = results[i] as AppendResult
      if (result.kind === 'appended' || result.kind === 'duplicate') {
        results[i] = this.#unconfirmed(target, unconfirmed) ?? result
      }
    }
  }

  /**
   * The result of a batch that is not known to be kept; null where it is. A batch whose partition was moved was kept by
   * that.
   */
  #unconfirmed(target: TopicPartition, unconfirmed: ReadonlySet<Placed>): AppendResult | null {
    const placed = this.options.partitions.openedAt(target)
    if (placed) return unconfirmed.has(placed) || placed.home.failure !== null ? { kind: 'unknown' } : null
    const deleted = this.options.topics.topicById(target.topicId) === undefined
    return deleted ? { kind: 'rejected', error: 'UNKNOWN_TOPIC_OR_PARTITION' } : { kind: 'unknown' }
  }
}
