import type { Offset } from '../engine/log-engine.js'
import * as batch from '../wire/record-batch.js'
import { baseOffsetOf, segmentName } from './file-names.js'
import type { PartitionLogOptions } from './partition-log.js'
import { decodeSnapshot } from './producer-snapshot.js'
import { ProducerState } from './producer-state.js'
import { Segment } from './segment.js'

export interface Recovered {
  readonly segments: Segment[]
  readonly producers: ProducerState
  readonly end: Offset
}

const pieceBytes = 1 << 20

/**
 * Opens the segments of a partition. Full segments were synced when they were rolled. The last one is read
 * through: after a crash every batch is checked, the file is cut at the first that does not hold, and the
 * indexes are written anew; after a clean stop only the headers are read, for the producers' state.
 */
export function recover(options: PartitionLogOptions): Recovered {
  const { folder, open, settings, clean } = options
  const bases = open.files
    .list(folder)
    .map(name => baseOffsetOf(name, 'log'))
    .filter(base => base !== null)
    .sort((a, b) => (a < b ? -1 : 1))
  const segments = (bases.length > 0 ? bases : [0n]).map(base => new Segment(base, folder, open))
  const producers = new ProducerState()
  const interval = settings().indexIntervalBytes
  let end = 0n
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1
    if (last) restoreProducers(segment, options, producers)
    if (!last && intact(segment)) {
      segment.maxTimestampMs = greatestTimestamp(segment)
      continue
    }
    end = readThrough(segment, {
      options,
      producers,
      interval,
      check: !clean || !intact(segment),
      remember: last,
    })
  }
  return { segments, producers, end }
}

/** Whether the indexes of a segment that was rolled are there. */
const intact = (segment: Segment): boolean =>
  segment.size === 0 || segment.times.bytes > 0 || segment.size < 4096

interface Pass {
  readonly options: PartitionLogOptions
  readonly producers: ProducerState
  readonly interval: number
  readonly check: boolean
  readonly remember: boolean
}

/** Goes through a segment from its beginning and returns the offset at which it ends. */
function readThrough(segment: Segment, { options, producers, interval, check, remember }: Pass): Offset {
  const nowMs = options.clock.now()
  segment.offsets.clear()
  segment.times.clear()
  let end = segment.base
  let good = 0
  scan: for (const { bytes, position } of segment.slices(0, pieceBytes)) {
    let at = 0
    for (const each of batch.batches(bytes)) {
      if (check && !holds(each, end)) break scan
      segment.index(each, position + at, interval)
      if (remember) producers.apply(each, nowMs)
      at += each.length
      end = batch.lastOffset(each) + 1n
      good = position + at
    }
  }
  if (segment.size > good) {
    options.logger.warn(
      `${segment.pathOf('log')}: ${segment.size - good} bytes after offset ${end} were torn or corrupt and are cut off.`,
    )
    segment.truncate(good)
  }
  if (good > 0) segment.firstAppendMs = nowMs
  return end
}

const magic = 2

function holds(bytes: Buffer, atLeast: Offset): boolean {
  return batch.magicOf(bytes) === magic && batch.baseOffset(bytes) >= atLeast && batch.verifyCrc(bytes)
}

/** The newest snapshot at or before the segment; what came later is replayed from the log. */
function restoreProducers(
  segment: Segment,
  { open, folder }: PartitionLogOptions,
  producers: ProducerState,
): void {
  const offsets = open.files
    .list(folder)
    .map(name => baseOffsetOf(name, 'snapshot'))
    .filter(offset => offset !== null)
    .sort((a, b) => (a < b ? 1 : -1))
  for (const offset of offsets) {
    const path = `${folder}/${segmentName(offset, 'snapshot')}`
    const entries = offset <= segment.base ? decodeSnapshot(open.files.readFile(path)) : null
    if (offset > segment.base) open.files.remove(path)
    if (!entries) continue
    for (const entry of entries) producers.restore(entry)
    return
  }
}

function greatestTimestamp(segment: Segment): bigint {
  let greatest = -1n
  for (const { bytes } of segment.slices(0, pieceBytes)) {
    for (const each of batch.batches(bytes)) {
      const timestampMs = batch.maxTimestamp(each)
      if (timestampMs > greatest) greatest = timestampMs
    }
  }
  return greatest
}
