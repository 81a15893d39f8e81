import type { Offset } from '../../engine/log-engine.js'
import type { Inflater } from '../../records/inflater.js'
import * as batch from '../../records/record-batch.js'
import type { Clock } from '../../time/clock.js'
import { KafkaError } from '../../wire/errors.js'
import type { PartitionLog } from '../partition-log.js'
import type { Segment } from '../segment.js'
import { CleanedTransactions } from './cleaned-transactions.js'
import { compactable } from './compactable.js'
import { compacted, keysIn, type Verdicts, withRecords } from './compacted-batch.js'
import { KeyOffsets } from './key-offsets.js'
import { Pace, Stopped } from './pace.js'

export interface CompactionOptions {
  readonly clock: Clock
  /** The bytes that the keys may take up while they are looked at. */
  readonly keyBytes: number
  /** Compaction asks this between slices; true ends it, and leaves the log as it is. */
  readonly isStopped: () => boolean
}

const readBytes = 128 * 1024
/** A compaction syncs after so many bytes: one sync of very much keeps others' writes waiting. */
const syncBytes = 8 * 1024 * 1024

/**
 * Compacts a partition: looks at the keys of what was written since the last time, as many as fit. It then writes all
 * segments up to there anew, without the records that a later one of the same key replaces (Kafka's Cleaner). Small
 * neighbours become one segment. Returns the offset up to which the log is clean now.
 */
export async function compact(
  log: PartitionLog,
  cleanUpTo: Offset,
  options: CompactionOptions,
): Promise<Offset> {
  const segments = compactable(log, options.clock.now())
  const last = segments.at(-1)
  if (!last || log.endOf(last) <= cleanUpTo) return cleanUpTo
  try {
    const pace = new Pace(options.isStopped)
    const keys = new KeyOffsets(options.keyBytes, Number(log.endOf(last) - cleanUpTo))
    const end = await lookAtKeys(log, segments, cleanUpTo, keys, pace)
    const touched = segments.filter(segment => segment.base < end)
    const verdicts = {
      keys,
      end,
      transactions: transactionsIn(log, touched),
      nowMs: options.clock.now(),
      deleteRetentionMs: log.settings.deleteRetentionMs,
      pace,
      inflater: log.inflater,
      isLastOfProducer: (bytes: Buffer) => log.isLastOfProducer(bytes),
    }
    for (const group of groups(log, touched)) await rewrite(log, group, verdicts, options)
    return end
  } catch (thrown) {
    if (thrown instanceof Stopped) return cleanUpTo
    throw thrown
  }
}

/**
 * Puts the keys from `from` on into `keys`, as many as there is room for. Returns the offset up to which all are in.
 */
async function lookAtKeys(
  log: PartitionLog,
  segments: readonly Segment[],
  from: Offset,
  keys: KeyOffsets,
  pace: Pace,
): Promise<Offset> {
  let end = from
  const dirty = segments.filter(segment => log.endOf(segment) > from)
  const transactions = transactionsIn(log, dirty)
  for (const segment of dirty) {
    for await (const piece of piecesOf(segment, pace)) {
      for (const bytes of batch.batches(piece)) {
        const isAborted = batch.isControl(bytes) ? transactions.marker(bytes) : transactions.isAborted(bytes)
        if (batch.lastOffset(bytes) < from) continue
        if (batch.recordCount(bytes) > keys.room && end > from) return end
        if (isAborted === false) await lookAt(bytes, keys, pace, log.inflater)
        end = batch.lastOffset(bytes) + 1n
        if (pace.isDue) await pace.rest()
      }
    }
    end = log.endOf(segment)
  }
  return end
}

function transactionsIn(log: PartitionLog, segments: readonly Segment[]): CleanedTransactions {
  const [first, last] = [segments[0], segments.at(-1)]
  return new CleanedTransactions(first && last ? log.abortedBetween(first.base, log.endOf(last)) : [])
}

async function lookAt(bytes: Buffer, keys: KeyOffsets, pace: Pace, inflater: Inflater): Promise<void> {
  const base = batch.baseOffset(bytes)
  await withRecords(bytes, inflater, async plain => {
    for await (const some of keysIn(plain, batch.recordCount(bytes), pace)) {
      for (const { key, offsetDelta } of some) if (key !== null) keys.put(key, base + BigInt(offsetDelta))
    }
  })
}

/** Groups neighbours that fit into one segment together (Kafka's Cleaner.groupSegmentsBySize). */
function groups(log: PartitionLog, segments: readonly Segment[]): Segment[][] {
  const { segmentBytes, segmentIndexBytes } = log.settings
  const all: Segment[][] = []
  let [bytes, indexBytes, timeIndexBytes] = [0, 0, 0]
  for (const segment of segments) {
    const group = all.at(-1)
    bytes += segment.size
    indexBytes += segment.offsets.bytes
    timeIndexBytes += segment.times.bytes
    const fits =
      bytes <= segmentBytes &&
      indexBytes <= segmentIndexBytes &&
      timeIndexBytes <= segmentIndexBytes &&
      group !== undefined &&
      log.endOf(segment) - (group[0] as Segment).base < 2n ** 31n
    if (group && fits) group.push(segment)
    else {
      all.push([segment])
      bytes = segment.size
      indexBytes = segment.offsets.bytes
      timeIndexBytes = segment.times.bytes
    }
  }
  return all
}

async function rewrite(
  log: PartitionLog,
  group: readonly Segment[],
  verdicts: Verdicts,
  options: CompactionOptions,
): Promise<void> {
  const cleaned = log.cleanedSegment((group[0] as Segment).base)
  try {
    for (const segment of group) await copy(segment, cleaned, log.settings.indexIntervalBytes, verdicts)
    cleaned.seal()
    await cleaned.sync()
  } catch (thrown) {
    giveUp(log, cleaned)
    throw thrown
  }
  if (options.isStopped() || !(await log.replace(group, cleaned))) {
    giveUp(log, cleaned)
    throw new Stopped()
  }
}

/**
 * Removes a cleaned segment that is not needed. Where the log is closed its folder is another's now, and so is the name
 * in it: then the files are only closed.
 */
function giveUp(log: PartitionLog, cleaned: Segment): void {
  if (log.isClosed) cleaned.abandon()
  else cleaned.remove()
}

/** Appends the rest of a segment to the cleaned one. */
async function copy(
  from: Segment,
  cleaned: Segment,
  indexIntervalBytes: number,
  verdicts: Verdicts,
): Promise<void> {
  let synced = cleaned.size
  for await (const piece of piecesOf(from, verdicts.pace)) {
    const kept: Buffer[] = []
    for (const bytes of batch.batches(piece)) {
      if (!batch.verifyCrc(bytes)) throw damaged(from, bytes) // or it would get a checksum that holds
      const { bytes: left, aborted } = await compacted(bytes, verdicts)
      if (left) kept.push(left)
      if (aborted) cleaned.aborted.add(aborted)
      if (verdicts.pace.isDue) await verdicts.pace.rest()
    }
    await cleaned.appendAsync(kept, indexIntervalBytes)
    await verdicts.pace.rest()
    if (cleaned.size - synced < syncBytes) continue
    synced = cleaned.size
    await cleaned.sync()
    await verdicts.pace.rest()
  }
}

const damaged = (segment: Segment, bytes: Buffer) =>
  new KafkaError(
    'CORRUPT_MESSAGE',
    `${segment.pathOf('log')} is damaged: the checksum of the record batch at offset ${batch.baseOffset(bytes)} does not hold.`,
  )

/** Gives the batches of a segment in pieces, at a pace. */
async function* piecesOf(segment: Segment, pace: Pace): AsyncGenerator<Buffer> {
  for await (const bytes of segment.slicesAsync(readBytes)) {
    await pace.rest()
    yield bytes
  }
  await pace.rest()
}
