import type {
  AbortedTransaction,
  Bounds,
  Isolation,
  Offset,
  Readable,
  ReadRequest,
  ReadResult,
} from '../engine/log-engine.js'
import { lastOffset, splitBatches } from '../records/record-batch.js'
import { KafkaError } from '../wire/errors.js'
import type { LogDirectories } from './log-directories.js'
import type { PartitionLog } from './partition-log.js'
import type { PlacedPartitions } from './placed-partitions.js'

/** The bounds of a partition that was never written. */
export const untouched: Bounds = { logStartOffset: 0n, highWatermark: 0n, lastStableOffset: 0n }

/** Reads partitions as far as a reader may see. A failure is answered with the bounds, where these are known. */
export class PartitionReads {
  constructor(
    private readonly partitions: PlacedPartitions,
    private readonly directories: LogDirectories,
  ) {}

  /** Reads one partition; where `maxBytes` is null, only where it begins and ends. */
  read({ target, offset }: ReadRequest, maxBytes: number | null, isolation: Isolation): ReadResult {
    let bounds: Bounds | undefined
    try {
      const found = this.partitions.existing(target)
      const log = found?.log ?? null
      found?.home.mustWork()
      bounds = log?.bounds ?? untouched
      const { logStartOffset, highWatermark, lastStableOffset } = bounds
      checkOffset(offset, bounds, log)
      const committed = isolation === 'read_committed'
      const end = endFor(isolation, bounds, log)
      const batches = log && maxBytes !== null ? log.read(offset, maxBytes, end) : []
      const bytes = batches.reduce((sum, each) => sum + each.length, 0)
      const abortedTransactions = committed ? abortedIn(batches, offset, log) : null
      return {
        kind: 'read',
        batches,
        bytes,
        abortedTransactions,
        logStartOffset,
        highWatermark,
        lastStableOffset,
      }
    } catch (thrown) {
      return { kind: 'failed', error: this.directories.errorOf(thrown).errorName, ...bounds }
    }
  }

  /** Tells how much there is to read of one partition. */
  readable({ target, offset, maxBytes }: ReadRequest, isolation: Isolation): Readable {
    let bounds: Bounds | undefined
    try {
      const found = this.partitions.existing(target)
      const log = found?.log ?? null
      found?.home.mustWork()
      bounds = log?.bounds ?? untouched
      const { logStartOffset, highWatermark, lastStableOffset } = bounds
      checkOffset(offset, bounds, log)
      const bytes = log?.readableBytes(offset, maxBytes, endFor(isolation, bounds, log)) ?? 0
      return { kind: 'readable', bytes, logStartOffset, highWatermark, lastStableOffset }
    } catch (thrown) {
      return { kind: 'failed', error: this.directories.errorOf(thrown).errorName, ...bounds }
    }
  }
}

/**
 * Throws where an offset is out of range. Beyond the high watermark there may be records that a reader does not see
 * yet.
 */
function checkOffset(
  offset: Offset,
  { logStartOffset, highWatermark }: Bounds,
  log: PartitionLog | null,
): void {
  if (offset < logStartOffset || offset > (log?.logEndOffset ?? highWatermark)) {
    throw new KafkaError('OFFSET_OUT_OF_RANGE')
  }
}

function endFor(
  isolation: Isolation,
  { highWatermark, lastStableOffset }: Bounds,
  log: PartitionLog | null,
): Offset {
  if (isolation === 'log_end') return log?.logEndOffset ?? highWatermark
  return isolation === 'read_committed' ? lastStableOffset : highWatermark
}

/** The aborted transactions that a reader of the batches has to leave out. */
function abortedIn(
  chunks: readonly Buffer[],
  from: Offset,
  log: PartitionLog | null,
): readonly AbortedTransaction[] {
  const last = chunks.at(-1)
  if (!last || !log) return []
  const end = lastOffset(splitBatches(last).at(-1) as Buffer) + 1n
  return log.abortedBetween(from, end).map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}
