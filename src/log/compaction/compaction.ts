import { setImmediate as others } from 'node:timers/promises'
import type { Offset } from '../../engine/log-engine.js'
import type { Clock } from '../../time/clock.js'
import * as batch from '../../wire/record-batch.js'
import type { PartitionLog } from '../partition-log.js'
import type { Segment } from '../segment.js'
import { CleanedTransactions } from './cleaned-transactions.js'
import { compacted, keysOf, type Verdicts } from './compacted-batch.js'
import { KeyOffsets } from './key-offsets.js'

export interface CompactionOptions {
  readonly clock: Clock
  /** What the keys may take up while they are looked at. */
  readonly keyBytes: number
  /** Asked between slices; true ends the compaction, and leaves the log as it is. */
  readonly isStopped: () => boolean
}

/** Read in one go; between slices everyone else is served. */
const sliceBytes = 128 * 1024

class Stopped extends Error {}

/**
 * Compacts a partition: looks at the keys of what was written since the last time, as many as fit, then
 * writes all segments up to there anew without the records that a later one of the same key replaces
 * (Kafka's Cleaner). Small neighbours become one segment. Returns up to where the log is clean now.
 */
export async function compact(
  log: PartitionLog,
  cleanUpTo: Offset,
  options: CompactionOptions,
): Promise<Offset> {
  const segments = log.compactable(options.clock.now())
  const last = segments.at(-1)
  if (!last || log.endOf(last) <= cleanUpTo) return cleanUpTo
  try {
    const keys = new KeyOffsets(options.keyBytes)
    const end = await lookAtKeys(log, segments, cleanUpTo, keys, options)
    const touched = segments.filter(segment => segment.base < end)
    const verdicts = {
      keys,
      end,
      transactions: transactionsIn(log, touched),
      nowMs: options.clock.now(),
      deleteRetentionMs: log.settings.deleteRetentionMs,
      isLastOfProducer: (bytes: Buffer) => log.isLastOfProducer(bytes),
    }
    for (const group of groups(log, touched)) await rewrite(log, group, verdicts, options)
    return end
  } catch (thrown) {
    if (thrown instanceof Stopped) return cleanUpTo
    throw thrown
  }
}

/** Puts in the keys from `from` on, as many as there is room for; the offset up to which all are in. */
async function lookAtKeys(
  log: PartitionLog,
  segments: readonly Segment[],
  from: Offset,
  keys: KeyOffsets,
  options: CompactionOptions,
): Promise<Offset> {
  let end = from
  const dirty = segments.filter(segment => log.endOf(segment) > from)
  const transactions = transactionsIn(log, dirty)
  for (const segment of dirty) {
    for await (const bytes of batchesOf(segment, options)) {
      const isAborted = batch.isControl(bytes) ? transactions.marker(bytes) : transactions.isAborted(bytes)
      if (batch.lastOffset(bytes) < from) continue
      if (batch.recordCount(bytes) > keys.room && end > from) return end
      if (isAborted === false) await lookAt(bytes, keys)
      end = batch.lastOffset(bytes) + 1n
    }
    end = log.endOf(segment)
  }
  return end
}

function transactionsIn(log: PartitionLog, segments: readonly Segment[]): CleanedTransactions {
  const [first, last] = [segments[0], segments.at(-1)]
  return new CleanedTransactions(first && last ? log.abortedBetween(first.base, log.endOf(last)) : [])
}

async function lookAt(bytes: Buffer, keys: KeyOffsets): Promise<void> {
  const base = batch.baseOffset(bytes)
  for (const { key, offsetDelta } of await keysOf(bytes)) {
    if (key !== null) keys.put(key, base + BigInt(offsetDelta))
  }
}

/** Neighbours that fit into one segment together (Kafka's Cleaner.groupSegmentsBySize). */
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
    for (const segment of group) {
      for await (const bytes of batchesOf(segment, options)) {
        const { bytes: left, aborted } = await compacted(bytes, verdicts)
        if (left) cleaned.append(left, log.settings.indexIntervalBytes)
        if (aborted) cleaned.aborted.add(aborted)
      }
    }
    cleaned.seal()
    await cleaned.sync()
  } catch (thrown) {
    cleaned.remove()
    throw thrown
  }
  if (options.isStopped() || !log.replace(group, cleaned)) {
    cleaned.remove()
    throw new Stopped()
  }
}

/** The batches of a segment, a slice at a time. */
async function* batchesOf(segment: Segment, { isStopped }: CompactionOptions): AsyncGenerator<Buffer> {
  for (const { bytes } of segment.slices(0, sliceBytes)) {
    yield* batch.batches(bytes)
    await others()
    if (isStopped()) throw new Stopped()
  }
}
