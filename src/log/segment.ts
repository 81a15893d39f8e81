import type { Offset } from '../engine/log-engine.js'
import * as batch from '../wire/record-batch.js'
import { type SegmentFile, segmentName } from './file-names.js'
import { NextReads } from './next-reads.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import type { CompletedTransaction } from './producer-state.js'
import { SparseIndex } from './sparse-index.js'
import { TransactionIndex } from './transaction-index.js'

const leastRead = 16 * 1024
/** Where batches are looked for: read and used up in one go. */
const headersAt = Buffer.allocUnsafeSlow(8 * 1024)

/** Batches read in one go, and where in the file they begin. */
export interface Slice {
  readonly bytes: Buffer
  readonly position: number
}

/** A stretch of a partition: a file of record batches and its indexes, all named by the first offset. */
export class Segment {
  readonly offsets: SparseIndex
  readonly times: SparseIndex
  readonly aborted: TransactionIndex
  readonly #log: FileHandle
  readonly #next = new NextReads()
  #sinceIndexBytes = 0
  #maxTimestampMs = -1n
  /** Of the last record of the batch that has it, relative to the base. */
  #maxTimestampOffset = 0
  #firstTimestampMs = -1n

  constructor(
    readonly base: Offset,
    readonly folder: string,
    private readonly open: OpenFiles,
    /** When this process took it up, for want of a timestamp. */
    readonly sinceMs: number,
    /** What its files' names end with while it is not part of the log. */
    private readonly suffix = '',
  ) {
    this.#log = open.handle(this.pathOf('log'))
    this.offsets = new SparseIndex(open, this.pathOf('index'), 'offset')
    this.times = new SparseIndex(open, this.pathOf('timeindex'), 'time')
    this.aborted = new TransactionIndex(open, this.pathOf('txnindex'))
  }

  get size(): number {
    return this.#log.size
  }

  /** The greatest timestamp in it, -1 while there is none. */
  get maxTimestampMs(): bigint {
    return this.#maxTimestampMs
  }

  /** The greatest timestamp of its first batch, -1 while there is none. */
  get firstTimestampMs(): bigint {
    return this.#firstTimestampMs
  }

  pathOf(kind: SegmentFile): string {
    return `${this.folder}/${segmentName(this.base, kind)}${this.suffix}`
  }

  /** Makes its files, whose name says where the log goes on although nothing is in it yet. */
  create(): void {
    this.open.folders.changed(this.folder)
    this.#log.append([])
    this.offsets.create()
    this.times.create()
  }

  /** Appends a stamped batch. A write that fails leaves nothing of it behind. */
  append(bytes: Buffer, indexIntervalBytes: number): void {
    const position = this.size
    if (position === 0) this.create()
    this.#log.append([bytes])
    this.index(bytes, position, indexIntervalBytes)
  }

  /** Appends batches as compaction leaves them, in the background; `seal` writes their last index entries. */
  async appendAsync(kept: readonly Buffer[], indexIntervalBytes: number): Promise<void> {
    let position = this.size
    await this.#log.appendAsync(Buffer.concat(kept))
    for (const bytes of kept) {
      this.index(bytes, position, indexIntervalBytes)
      position += bytes.length
    }
  }

  /** Takes note of a batch that stands at `position`, in the indexes where enough has come since their last entry. */
  index(bytes: Buffer, position: number, indexIntervalBytes: number): void {
    this.#note(bytes, position)
    if (this.#sinceIndexBytes > indexIntervalBytes) {
      this.offsets.add(batch.lastOffset(bytes) - this.base, position)
      this.#indexTime()
      this.#sinceIndexBytes = 0
    }
    this.#sinceIndexBytes += batch.batchLength(bytes)
  }

  /** Takes note of a transaction whose marker is here; `firstUnstable` of those that are open still. */
  complete({ committed, ...range }: CompletedTransaction, firstUnstable: Offset | null): void {
    if (!committed) this.aborted.add({ ...range, lastStableOffset: firstUnstable ?? range.lastOffset + 1n })
  }

  /** Makes the file as long as it is to become, where nothing is in it yet (Kafka's preallocate). */
  reserve(bytes: number): void {
    if (this.size === 0) this.#log.reserve(bytes)
  }

  /**
   * The time index ends with the greatest timestamp when the segment is full, and, as Kafka relies on it, after
   * a stop; what was reserved and not needed is given back.
   */
  seal(): void {
    this.#indexTime()
    this.writeIndexes()
    this.#log.trim()
  }

  /**
   * Takes in what the files of an earlier process say, without reading more of the log than its end.
   * Returns the offset at which the segment ends.
   */
  load(): Offset {
    const indexed = this.times.last
    if (indexed) {
      this.#maxTimestampMs = indexed.key
      this.#maxTimestampOffset = indexed.value
    }
    const from = this.times.last ? (this.offsets.last?.value ?? 0) : 0
    let end = this.base
    let at = from
    for (const { bytes } of this.slices(from, leastRead)) {
      for (const each of batch.batches(bytes)) {
        this.#note(each, at)
        end = batch.lastOffset(each) + 1n
        at += each.length
      }
    }
    if (at < this.size) this.truncate(at) // what a write that failed could not take back
    this.#sinceIndexBytes = this.size - from
    if (from > 0) this.#firstTimestampMs = batch.maxTimestamp(this.#readAt(0, batch.batchHeaderBytes))
    return end
  }

  /** Forgets what `load` and `index` took note of; the log is read again from its beginning, up to `writeIndexes`. */
  forget(): void {
    this.offsets.clear()
    this.times.clear()
    this.#sinceIndexBytes = 0
    this.#maxTimestampMs = -1n
    this.#maxTimestampOffset = 0
    this.#firstTimestampMs = -1n
  }

  /** Has the files tell what the indexes do. */
  writeIndexes(): void {
    this.offsets.write()
    this.times.write()
  }

  /** Whether the indexes can belong to the log: they are there, whole, and point into it. */
  get hasSaneIndexes(): boolean {
    const { offsets, times, size } = this
    return offsets.isSane && times.isSane && (offsets.last?.value ?? 0) < Math.max(1, size)
  }

  /** Whole batches from the one that holds `offset` on: at least one, further ones within `maxBytes`. Null past the end. */
  read(offset: Offset, maxBytes: number): Slice | null {
    const position = this.#next.at(Number(offset - this.base)) ?? this.#positionOf(offset)
    if (position === null || position >= this.size) return null
    const { bytes, lastAt } = this.#wholeBatches(position, maxBytes)
    if (bytes.length === 0) return null
    const end = batch.lastOffset(bytes.subarray(lastAt)) + 1n
    this.#next.note(Number(end - this.base), position + bytes.length)
    return { bytes, position }
  }

  /** Where the batch begins that holds the offset, or before it: as much as is known without a look into the log. */
  positionBefore(offset: Offset): number {
    if (offset <= this.base) return 0
    return this.#next.at(Number(offset - this.base)) ?? this.offsets.floor(offset - this.base)
  }

  /** Where all batches before the offset have ended, or after it. */
  positionAfter(offset: Offset): number {
    if (offset <= this.base) return 0
    return this.offsets.above(offset - this.base - 1n) ?? this.size
  }

  /** Remembers where the log ends, for those who wait there and will read on. */
  noteEnd(offset: Offset): void {
    this.#next.note(Number(offset - this.base), this.size)
  }

  /** The file from a batch's position on, in pieces of whole batches. Who is done with one may give it back to `OpenFiles.memory`. */
  *slices(position: number, pieceBytes: number): Generator<Slice> {
    for (let at = position; at < this.size; ) {
      const { bytes } = this.#wholeBatches(at, Math.max(pieceBytes, leastRead))
      if (bytes.length === 0) return
      yield { bytes, position: at }
      at += bytes.length
    }
  }

  /** All pieces of the file, read in the background; one is good until the next is asked for. */
  async *slicesAsync(pieceBytes: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.size; ) {
      const { bytes } = await this.#wholeBatchesAsync(at, pieceBytes)
      if (bytes.length === 0) return
      yield bytes
      at += bytes.length
      this.open.memory.give(bytes)
    }
  }

  /** Batches with a record as late as this one or later, in order. */
  *batchesSince(timestampMs: bigint): Generator<Buffer> {
    const relative = BigInt(this.times.floor(timestampMs - 1n))
    for (const { bytes } of this.slices(this.offsets.floor(relative), 1 << 16)) {
      for (const each of batch.batches(bytes)) if (batch.maxTimestamp(each) >= timestampMs) yield each
    }
  }

  truncate(size: number): void {
    this.#next.clear()
    this.#log.cut(size)
  }

  /** Takes away what a full disk did not let go of at the start. */
  makeUp(): void {
    this.#log.makeUp()
    this.offsets.makeUp()
    this.times.makeUp()
    this.aborted.makeUp()
  }

  async sync(): Promise<void> {
    await Promise.all([this.#log.sync(), this.aborted.sync()])
  }

  /** The same while everything else waits, for a start. */
  syncNow(): void {
    this.#log.syncNow()
    this.aborted.syncNow()
  }

  close(): void {
    this.#log.close()
    this.offsets.close()
    this.times.close()
    this.aborted.close()
  }

  /** Closes its files for good: whatever is under way or comes later is `gone`. */
  abandon(): void {
    this.#log.abandon()
    this.offsets.abandon()
    this.times.abandon()
    this.aborted.abandon()
  }

  /** Removes its files; who still reads one of them has its bytes already. */
  remove(): void {
    this.#log.removeSlowly()
    this.offsets.remove()
    this.times.remove()
    this.aborted.remove()
  }

  #note(bytes: Buffer, position: number): void {
    const timestampMs = batch.maxTimestamp(bytes)
    if (position === 0) this.#firstTimestampMs = timestampMs
    if (timestampMs <= this.#maxTimestampMs) return
    this.#maxTimestampMs = timestampMs
    this.#maxTimestampOffset = Number(batch.lastOffset(bytes) - this.base)
  }

  #indexTime(): void {
    if (this.#maxTimestampMs > (this.times.last?.key ?? -1n)) {
      this.times.add(this.#maxTimestampMs, this.#maxTimestampOffset)
    }
  }

  /** Where the batch begins that holds the offset, or else the next one; null past the end. Only headers are looked at. */
  #positionOf(offset: Offset): number | null {
    for (let at = this.offsets.floor(offset - this.base); at < this.size; ) {
      const headers = headersAt.subarray(0, this.#log.read(headersAt, at))
      let next = 0
      for (;;) {
        const length = lengthAt(headers, next)
        if (length === 0) break
        if (batch.lastOffset(headers.subarray(next)) >= offset) return at + next
        next += length
      }
      if (next === 0) return null
      at += next
    }
    return null
  }

  /** Reads about `bytes` and gives the whole batches in it, at least one; nothing at an end that holds none. */
  #wholeBatches(position: number, bytes: number): WholeBatches {
    let buffer = this.#readAt(position, Math.max(bytes, batch.batchHeaderBytes))
    const first = lengthAt(buffer, 0)
    if (first > buffer.length) {
      this.open.memory.give(buffer)
      buffer = this.#readAt(position, first)
    }
    return wholeBatchesIn(buffer)
  }

  async #wholeBatchesAsync(position: number, bytes: number): Promise<WholeBatches> {
    const buffer = await this.#readAsync(position, bytes)
    const first = lengthAt(buffer, 0)
    if (first <= buffer.length) return wholeBatchesIn(buffer)
    this.open.memory.give(buffer)
    return wholeBatchesIn(await this.#readAsync(position, first))
  }

  #readAt(position: number, bytes: number): Buffer {
    const buffer = this.#roomFor(position, bytes)
    return buffer.subarray(0, this.#log.read(buffer, position))
  }

  async #readAsync(position: number, bytes: number): Promise<Buffer> {
    const buffer = this.#roomFor(position, bytes)
    return buffer.subarray(0, await this.#log.readAsync(buffer, position))
  }

  #roomFor(position: number, bytes: number): Buffer {
    return this.open.memory.take(Math.max(0, Math.min(bytes, this.size - position)))
  }
}

interface WholeBatches {
  readonly bytes: Buffer
  /** Where the last of them begins in it. */
  readonly lastAt: number
}

function wholeBatchesIn(buffer: Buffer): WholeBatches {
  let end = 0
  let lastAt = 0
  for (let next = lengthAt(buffer, 0); next > end && next <= buffer.length; ) {
    lastAt = end
    end = next
    next = end + lengthAt(buffer, end)
  }
  return { bytes: buffer.subarray(0, end), lastAt }
}

/** The length that a batch claims at this place; 0 where there cannot be one, as in the zeros after a power failure. */
function lengthAt(buffer: Buffer, position: number): number {
  if (buffer.length - position < batch.batchHeaderBytes) return 0
  const length = batch.batchLength(buffer, position)
  return length < batch.batchHeaderBytes ? 0 : length
}
