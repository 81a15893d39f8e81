import type { Offset } from '../engine/log-engine.js'
import * as batch from '../records/record-batch.js'
import { KafkaError } from '../wire/errors.js'
import { BatchHeaders, magicAt } from './batch-headers.js'
import { type SegmentFile, segmentName } from './file-names.js'
import { NextReads } from './next-reads.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import type { CompletedTransaction } from './producer-state.js'
import { type IndexEntry, SparseIndex } from './sparse-index.js'
import { allDone } from './storage-fault.js'
import { abortedRange, TransactionIndex } from './transaction-index.js'

const leastRead = 16 * 1024
/** The buffer for headers on a search; each is read and used up in one go. */
const headersAt = Buffer.allocUnsafeSlow(8 * 1024)
/** No segment has so many offsets: its indexes have 31 bits for them. */
const mostOffsets = 2 ** 31
/** The search for the batch that comes after a damaged one reads so many bytes in one go. */
const searchedBytes = 256 * 1024
const zeros = Buffer.alloc(searchedBytes)
/** No disk writes less than so many bytes as a whole: most write 512 or more, memory that keeps its content 64. */
const leastBlockBytes = 64
/** A batch begins with its base offset and its length, which its checksum does not cover. */
const uncheckedBytes = 12
/**
 * The search checks at most so many bytes as if they were batches: a record may hold what looks like the beginning of
 * many.
 */
const mostCheckedBytes = 256 * 1024 * 1024

/** Whole batches that were read in one go. */
export interface Slice {
  readonly bytes: Buffer
  /** The position in the file at which they begin. */
  readonly position: number
  /** The offset after the last of them. */
  readonly end: Offset
}

/** The options with which a segment writes its indexes anew. */
export interface IndexUpkeep {
  readonly indexIntervalBytes: () => number
  readonly warn: (message: string) => void
}

/** The facts of a segment, as far as its end was read. */
export interface Loaded {
  /** The offset after its last batch. */
  readonly end: Offset
  /** The bytes of the file up to that offset; others may follow that are no batches. */
  readonly soundBytes: number
  /** The leader epoch of its last batch; null where none was read. */
  readonly lastEpoch: number | null
}

/** A stretch of a partition: a file of record batches and its indexes, all named by the first offset. */
export class Segment {
  readonly offsets: SparseIndex
  readonly times: SparseIndex
  readonly aborted: TransactionIndex
  readonly #log: FileHandle
  readonly #headers: BatchHeaders
  readonly #next = new NextReads()
  /**
   * True where the segment's end was lost: where the next segment does not follow, records are missing between them.
   */
  hasHole = false
  #sinceIndexBytes = 0
  #maxTimestampMs = -1n
  /** The offset of the last record of the batch with the greatest timestamp, relative to the base. */
  #maxTimestampOffset = 0
  #firstTimestampMs = -1n
  #reindexed = false
  #saidUnreadable = false

  constructor(
    readonly base: Offset,
    readonly folder: string,
    private readonly open: OpenFiles,
    /** The time at which this process took up the segment; it stands in for a timestamp that is missing. */
    readonly sinceMs: number,
    /** The end of its files' names while it is not part of the log. */
    private readonly suffix = '',
    /** The options to write indexes anew; without them the segment believes its indexes. */
    private readonly upkeep: IndexUpkeep | null = null,
  ) {
    this.#log = open.handle(this.pathOf('log'))
    this.#headers = new BatchHeaders(base)
    this.offsets = new SparseIndex(open, this.pathOf('index'), 'offset')
    this.times = new SparseIndex(open, this.pathOf('timeindex'), 'time')
    this.aborted = new TransactionIndex(open, this.pathOf('txnindex'))
  }

  get size(): number {
    return this.#log.size
  }

  /** True where its files have the names of the log's own. */
  get isInPlace(): boolean {
    return this.suffix === ''
  }

  get isAbandoned(): boolean {
    return this.#log.isGone
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

  /** Makes the files of the segment. Their name says where the log goes on, although nothing is in it yet. */
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

  /**
   * Notes a batch that stands at `position`. It has entries in the indexes where enough has come since their last ones.
   */
  index(bytes: Buffer, position: number, indexIntervalBytes: number): void {
    this.#note(bytes, position)
    if (this.#sinceIndexBytes > indexIntervalBytes) {
      this.offsets.add(batch.lastOffset(bytes) - this.base, position)
      this.#indexTime()
      this.#sinceIndexBytes = 0
    }
    this.#sinceIndexBytes += batch.batchLength(bytes)
  }

  /**
   * Notes a transaction whose marker lies in this segment; `firstUnstable` is the first offset of those that are still
   * open.
   */
  complete(transaction: CompletedTransaction, firstUnstable: Offset | null): void {
    const range = abortedRange(transaction, firstUnstable)
    if (range) this.aborted.add(range)
  }

  /** Makes the file as long as it is to become, while nothing is in it yet (Kafka's preallocate). */
  reserve(bytes: number): void {
    if (this.size === 0) this.#log.reserve(bytes)
  }

  /**
   * Completes the files of a segment that is full, or of the last one at a stop: the time index ends with the greatest
   * timestamp, as Kafka relies on, and the file gives back the room that was reserved and not needed.
   */
  seal(): void {
    this.#indexTime()
    this.writeIndexes()
    this.#log.trim()
  }

  /**
   * Takes over the facts from the files of an earlier process, without reading more of the log than its end. Where the
   * log does not bear out the last entries of the indexes they are written anew.
   */
  load(): Loaded {
    const loaded = this.#loaded()
    if (loaded) return loaded
    this.#mend('index')
    return this.#loaded() ?? (this.#loaded(0) as Loaded)
  }

  #loaded(from = this.times.last ? (this.offsets.last?.value ?? 0) : 0): Loaded | null {
    const indexed = this.times.last
    if (from > 0 && !this.#begins(from, Number(this.offsets.last?.key))) return null
    this.#maxTimestampMs = indexed?.key ?? -1n
    this.#maxTimestampOffset = indexed?.value ?? 0
    let [first, end, at] = [0, 0, from]
    let latest: bigint | null = null
    let lastEpoch: number | null = null
    for (const { bytes, position } of this.soundSlices(from, leastRead)) {
      at = position
      for (const each of batch.batches(bytes)) {
        this.#note(each, at)
        first = at === from ? this.#headers.first(each, 0) : first
        end = this.#headers.end(each, 0)
        if (indexed && latest === null && indexed.value < end) latest = batch.maxTimestamp(each)
        lastEpoch = batch.partitionLeaderEpoch(each)
        at += each.length
      }
    }
    const isSeen = indexed === null || indexed.value >= first
    if (from > 0 && !(isSeen ? latest === (indexed?.key ?? null) : this.#hasTimestamp(indexed))) return null
    this.#sinceIndexBytes = at - from
    if (from > 0) this.#firstTimestampMs = batch.maxTimestamp(this.#readAt(0, batch.batchHeaderBytes))
    return { end: this.base + BigInt(end), soundBytes: at, lastEpoch }
  }

  /**
   * Forgets the facts that `load` and `index` noted. The log is read again from its beginning then, up to
   * `writeIndexes`.
   */
  forget(): void {
    this.offsets.clear()
    this.times.clear()
    this.#sinceIndexBytes = 0
    this.#maxTimestampMs = -1n
    this.#maxTimestampOffset = 0
    this.#firstTimestampMs = -1n
  }

  /** Writes the entries of the indexes that wait in memory. */
  writeIndexes(): void {
    this.offsets.write()
    this.times.write()
  }

  /**
   * The reason why an index cannot belong to the log; null where both can. `end` is the offset at which the next
   * segment begins.
   */
  indexFlaw(end: Offset | null): string | null {
    const offsets = end === null ? mostOffsets : Number(end - this.base)
    const flaw = this.offsets.flaw(this.size)
    if (flaw !== null) return `${this.pathOf('index')} ${flaw}`
    const timeFlaw = this.times.flaw(offsets) ?? (this.size > 0 && !this.times.last ? 'is empty' : null)
    return timeFlaw === null ? null : `${this.pathOf('timeindex')} ${timeFlaw}`
  }

  /** Writes both indexes anew from the log, and says why. */
  reindex(why: string): void {
    if (!this.upkeep) throw new Error(`${why}, and nobody is told`)
    this.upkeep.warn(`${why}: the offset and time index are written anew from the log.`)
    this.#reindexed = true
    this.forget()
    for (const { bytes, position } of this.soundSlices(0, 1 << 18)) {
      let at = position
      for (const each of batch.batches(bytes)) {
        this.index(each, at, this.upkeep.indexIntervalBytes())
        at += each.length
      }
      this.open.memory.give(bytes)
    }
    this.writeIndexes()
  }

  /**
   * A position at or before the beginning of the batch that holds the offset, as well as the index knows it without a
   * look into the log.
   */
  positionBefore(offset: Offset): number {
    if (offset <= this.base) return 0
    return this.#next.at(Number(offset - this.base)) ?? this.offsets.floor(offset - this.base)
  }

  /** A position at or after the end of all batches before the offset. */
  positionAfter(offset: Offset): number {
    if (offset <= this.base) return 0
    return this.offsets.above(offset - this.base - 1n) ?? this.size
  }

  /** Remembers where the log ends, for readers that wait there and will read on. */
  noteEnd(offset: Offset): void {
    this.#next.note(Number(offset - this.base), this.size)
  }

  /**
   * The header of the batch that holds an offset, or else of the next one; null past the end, and where it cannot be
   * read.
   */
  headerAt(offset: Offset): Buffer | null {
    try {
      const position = this.#positionOf(Number(offset - this.base))
      return position === null ? null : this.#readAt(position, batch.batchHeaderBytes)
    } catch (thrown) {
      if (thrown instanceof KafkaError) return null
      throw thrown
    }
  }

  /**
   * Reads whole batches from the one on that holds `offset`: at least one, further ones within `maxBytes`. Null past
   * the end. Throws CORRUPT_MESSAGE where the file holds no batch in the place of one, or one that goes beyond `limit`.
   */
  read(offset: Offset, maxBytes: number, limit: Offset): Slice | null {
    const wanted = Number(offset - this.base)
    const position = this.#next.at(wanted) ?? this.#positionOf(wanted)
    if (position === null || position >= this.size) return null
    const { bytes, end } = this.#wholeBatches(position, maxBytes, 0, Number(limit - this.base))
    if (bytes.length === 0 || end <= wanted) throw this.unreadable(position)
    this.#next.note(end, position + bytes.length)
    return { bytes, position, end: this.base + BigInt(end) }
  }

  /**
   * Reads the file from a batch's position on, in pieces of whole batches. A caller that is done with a piece may give
   * it back to `OpenFiles.memory`. It ends where no batch follows, even before the end of the file.
   */
  *slices(position: number, pieceBytes: number): Generator<Slice> {
    let least = 0
    for (let at = position; at < this.size; ) {
      const { bytes, end } = this.#wholeBatches(at, Math.max(pieceBytes, leastRead), least)
      if (bytes.length === 0) return
      yield { bytes, position: at, end: this.base + BigInt(end) }
      at += bytes.length
      least = end
    }
  }

  /** Reads pieces as `slices` does, also beyond places that hold no batch, up to the last batch that is whole. */
  *soundSlices(position: number, pieceBytes: number): Generator<Slice> {
    let [at, least] = [position, 0]
    for (let from: number | null = position; from !== null; from = this.#resume(at, least)) {
      if (from > at) this.unreadable(at)
      for (const slice of this.slices(from, pieceBytes)) {
        at = slice.position + slice.bytes.length
        least = Number(slice.end - this.base)
        yield slice
      }
    }
  }

  /**
   * Reads all pieces of the file in the background; one is good until the next is asked for. Throws CORRUPT_MESSAGE
   * where the file holds no batch in the place of one: bytes that cannot be read must not get lost.
   */
  async *slicesAsync(pieceBytes: number): AsyncGenerator<Buffer> {
    let least = 0
    for (let at = 0; at < this.size; ) {
      const { bytes, end } = await this.#wholeBatchesAsync(at, pieceBytes, least)
      if (bytes.length === 0) throw this.unreadable(at)
      yield bytes
      at += bytes.length
      least = end
      this.open.memory.give(bytes)
    }
  }

  /** Gives the batches with a record as late as this time or later, in order. Throws CORRUPT_MESSAGE as `read` does. */
  *batchesSince(timestampMs: bigint): Generator<Buffer> {
    const before = timestampMs - 1n
    const entry = this.times.floorEntry(before)
    if (entry && !this.#hasTimestamp(entry)) this.#mend('timeindex')
    let at = this.offsets.floor(BigInt(this.times.floor(before)))
    for (const { bytes, position } of this.slices(at, 1 << 16)) {
      for (const each of batch.batches(bytes)) if (batch.maxTimestamp(each) >= timestampMs) yield each
      at = position + bytes.length
    }
    if (at < this.size) throw this.unreadable(at)
  }

  /** Tells whether nothing but zeros follows. */
  isZeroFrom(position: number): boolean {
    for (let at = position; at < this.size; at += searchedBytes) {
      const bytes = this.#readAt(at, searchedBytes)
      if (!bytes.equals(zeros.subarray(0, bytes.length))) return false
    }
    return true
  }

  /** Copies all that follows a position to a file of its own. */
  copyFrom(position: number, path: string): void {
    const copy = this.open.handle(path)
    if (copy.size > 0) copy.truncate(0) // there was no room for all of it
    for (let at = position; at < this.size; at += searchedBytes)
      copy.append([this.#readAt(at, searchedBytes)])
    copy.close()
  }

  truncate(size: number): void {
    this.#next.clear()
    this.#log.cut(size)
  }

  /** Takes away the bytes that a full disk did not let go of at the start. */
  makeUp(): void {
    this.#log.makeUp()
    this.offsets.makeUp()
    this.times.makeUp()
    this.aborted.makeUp()
  }

  /** Notes that a sync of the log from an offset on may have failed in an earlier process. */
  doubt(from: Offset): void {
    this.#log.doubt(this.positionBefore(from))
  }

  async sync(): Promise<void> {
    await allDone([this.#log.sync(), this.aborted.sync()])
  }

  /**
   * Syncs the log alone while everything else waits, for a start; `aborted` may have to write first, and find no room.
   */
  syncLogNow(): void {
    this.#log.syncNow()
  }

  close(): void {
    this.#log.close()
    this.offsets.close()
    this.times.close()
    this.aborted.close()
  }

  /** Closes its files for good: a call that is under way or comes later is `gone`. */
  abandon(): void {
    this.#log.abandon()
    this.offsets.abandon()
    this.times.abandon()
    this.aborted.abandon()
  }

  /**
   * Removes its files; a reader that is still at one of them has its bytes already. With the next sync the disk hears of
   * it: a start would take a name that a power failure has brought back for a part of the log.
   */
  remove(): void {
    this.abandon() // all, or one that cannot be removed would leave others open
    this.open.folders.changed(this.folder)
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

  /**
   * The position of the batch that holds the offset, or else of the next one; null past the end. Only headers are
   * looked at.
   */
  #positionOf(wanted: number, from = this.offsets.floor(BigInt(wanted)), isSure = false): number | null {
    let least = 0
    for (let at = from; at < this.size; ) {
      const headers = headersAt.subarray(0, this.#log.read(headersAt, at))
      if (at === from && from > 0 && !this.#isBefore(headers, wanted)) return this.#positionAnew(wanted)
      if (at === from && from > 0 && !isSure && !this.#isIndexed(headers, wanted)) {
        return this.#positionOf(wanted, this.#floorBefore(wanted), true)
      }
      let next = 0
      for (;;) {
        const length = this.#headers.lengthAt(headers, next, least)
        if (length === 0 || at + next + length > this.size) break
        const end = this.#headers.end(headers, next)
        const isGap = end > wanted && this.#headers.first(headers, next) > wanted
        if (isGap && this.afterMisplaced(at + next, least) !== null) break
        if (end > wanted) return at + next
        least = end
        next += length
      }
      at = next > 0 ? at + next : this.#beyond(at, least, wanted)
    }
    return null
  }

  /**
   * Tells whether the entry found in the index names the last offset of the batch that it points to. Otherwise one of
   * them is damaged.
   */
  #isIndexed(header: Buffer, wanted: number): boolean {
    return this.#headers.end(header, 0) - 1 === Number(this.offsets.floorEntry(BigInt(wanted))?.key)
  }

  /** The position in the entry before the one that is found in the index. */
  #floorBefore(wanted: number): number {
    const entry = this.offsets.floorEntry(BigInt(wanted))
    return entry ? this.offsets.floor(entry.key - 1n) : 0
  }

  /**
   * Searches again after an entry of the index pointed to a place where no batch begins, or to a batch beyond the
   * wanted one.
   */
  #positionAnew(wanted: number): number | null {
    const wasMended = this.#reindexed
    this.#mend('index')
    return wasMended ? this.#positionOf(wanted, 0) : this.#positionOf(wanted)
  }

  /**
   * The position at which the log goes on after a batch whose checksum holds but whose offsets do not fit; no checksum
   * covers these. The next batch has offsets from `least` on that are not beyond those of this one. Null where there is
   * none like that.
   */
  afterMisplaced(position: number, least: number): number | null {
    const header = Buffer.from(this.#readAt(position, batch.batchHeaderBytes))
    const length = this.#headers.lengthAt(header, 0, -Infinity)
    if (length === 0 || position + length + batch.batchHeaderBytes > this.size) return null
    const next = this.#readAt(position + length, batch.batchHeaderBytes)
    const fits =
      this.#headers.first(header, 0) >= least && this.#headers.end(header, 0) <= this.#headers.first(next, 0)
    if (fits || this.#headers.lengthAt(next, 0, least) === 0) return null
    return batch.verifyCrc(this.#readAt(position, length)) ? position + length : null
  }

  /**
   * Tells whether the block in which a batch begins never reached the disk, and ends within the bytes that no checksum
   * covers. Then of the batch only its offset is lost, which is zeros; so are the leading bytes of its length anyway.
   */
  isOffsetTorn(position: number): boolean {
    const lost = (leastBlockBytes - (position % leastBlockBytes)) % leastBlockBytes
    if (lost === 0 || lost > uncheckedBytes) return false
    return this.#readAt(position, lost).equals(zeros.subarray(0, lost))
  }

  /**
   * The position at which the log goes on after a place that holds no batch, for an offset that cannot lie in that
   * place.
   */
  #beyond(at: number, least: number, wanted: number): number {
    const next = this.afterMisplaced(at, least) ?? this.#resume(at, least)
    if (next === null || !this.#begins(next, wanted)) throw this.unreadable(at)
    return next
  }

  /** Tells whether a batch begins at a place, with an offset that is not beyond the wanted one. */
  #begins(position: number, wanted: number): boolean {
    const header = headersAt.subarray(0, batch.batchHeaderBytes)
    return this.#isBefore(header.subarray(0, this.#log.read(header, position)), wanted)
  }

  #isBefore(header: Buffer, wanted: number): boolean {
    return this.#headers.lengthAt(header, 0, 0) > 0 && this.#headers.first(header, 0) <= wanted
  }

  /**
   * Tells whether the record that an entry of the time index names lies in a batch of that time, as far as the log can
   * be read.
   */
  #hasTimestamp({ key, value }: IndexEntry): boolean {
    try {
      const position = this.#positionOf(value)
      if (position === null) return false
      const header = this.#readAt(position, batch.batchHeaderBytes)
      return this.#headers.first(header, 0) <= value && batch.maxTimestamp(header) === key
    } catch (thrown) {
      if (thrown instanceof KafkaError) return true
      throw thrown
    }
  }

  /** Writes the indexes anew, once: what the log does not tell then, it cannot tell. */
  #mend(kind: 'index' | 'timeindex'): void {
    if (this.#reindexed || !this.upkeep) return
    this.reindex(`${this.pathOf(kind)} does not agree with its log`)
  }

  /** The position of the next whole batch after a place that holds none; null where there is none. */
  #resume(position: number, least: number): number | null {
    if (position >= this.size) return null
    let left = mostCheckedBytes
    for (let at = position + 1; at < this.size; ) {
      const piece = this.#readAt(at, searchedBytes)
      for (let m = piece.indexOf(batch.magicV2, magicAt); m >= 0; m = piece.indexOf(batch.magicV2, m + 1)) {
        const i = m - magicAt
        const length = this.#headers.lengthAt(piece, i, least)
        if (length === 0 || at + i + length > this.size || this.#headers.end(piece, i) > mostOffsets) continue
        left -= length
        if (left < 0) return null
        if (this.#isWhole(at + i, length)) return at + i
      }
      at += Math.max(1, piece.length - batch.batchHeaderBytes + 1)
    }
    return null
  }

  /**
   * Tells whether a batch's checksum holds and another batch follows, or the end: a record may hold what looks like a
   * batch.
   */
  #isWhole(position: number, length: number): boolean {
    const bytes = this.#readAt(position, length + batch.batchHeaderBytes)
    if (!batch.verifyCrc(bytes.subarray(0, length))) return false
    return (
      position + length === this.size ||
      this.#headers.lengthAt(bytes, length, this.#headers.end(bytes, 0)) > 0
    )
  }

  /** The error of a place that holds no batch; the log reports it once. */
  unreadable(position: number): KafkaError {
    const sentence = `${this.pathOf('log')} is damaged: no record batch that follows those before begins at position ${position}.`
    if (!this.#saidUnreadable) this.upkeep?.warn(sentence)
    this.#saidUnreadable = true
    return new KafkaError('CORRUPT_MESSAGE', sentence)
  }

  /** Reads about `bytes` and returns the whole batches in them, at least one; nothing where none begins. */
  #wholeBatches(position: number, bytes: number, least: number, limit: number | null = null): WholeBatches {
    let buffer = this.#readAt(position, Math.max(bytes, batch.batchHeaderBytes))
    const first = this.#headers.lengthAt(buffer, 0, least)
    if (first > buffer.length && position + first <= this.size) {
      this.open.memory.give(buffer)
      buffer = this.#readAt(position, first)
    }
    return this.#wholeBatchesIn(buffer, least, limit)
  }

  async #wholeBatchesAsync(position: number, bytes: number, least: number): Promise<WholeBatches> {
    const buffer = await this.#readAsync(position, Math.max(bytes, batch.batchHeaderBytes))
    const first = this.#headers.lengthAt(buffer, 0, least)
    if (first <= buffer.length || position + first > this.size) return this.#wholeBatchesIn(buffer, least)
    this.open.memory.give(buffer)
    return this.#wholeBatchesIn(await this.#readAsync(position, first), least)
  }

  /**
   * Finds the whole batches in a buffer. Where the offsets of two overlap nobody knows which is right: with a limit
   * neither is returned.
   */
  #wholeBatchesIn(buffer: Buffer, least: number, limit: number | null = null): WholeBatches {
    let at = 0
    let end = least
    let lastAt = 0
    let lastEnd = least
    for (;;) {
      const length = this.#headers.lengthAt(buffer, at, end)
      if (length === 0 && limit !== null && at > lastAt && this.#headers.lengthAt(buffer, at, 0) > 0) {
        return { bytes: buffer.subarray(0, lastAt), end: lastEnd }
      }
      const next = length === 0 || at + length > buffer.length ? Infinity : this.#headers.end(buffer, at)
      if (next > (limit ?? mostOffsets)) return { bytes: buffer.subarray(0, at), end }
      lastAt = at
      lastEnd = end
      at += length
      end = next
    }
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
  /** The offset after the last of them, relative to the segment's base. */
  readonly end: number
}
