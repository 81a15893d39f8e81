import type { Offset } from '../engine/log-engine.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'
import { BatchHeaders, magicAt } from './batch-headers.js'
import { type SegmentFile, segmentName } from './file-names.js'
import { NextReads } from './next-reads.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import type { CompletedTransaction } from './producer-state.js'
import { type IndexEntry, SparseIndex } from './sparse-index.js'
import { allDone } from './storage-fault.js'
import { abortedRange, TransactionIndex } from './transaction-index.js'

const leastRead = 16 * 1024
/** Where batches are looked for: read and used up in one go. */
const headersAt = Buffer.allocUnsafeSlow(8 * 1024)
/** As many offsets has no segment: its indexes have 31 bits for them. */
const mostOffsets = 2 ** 31
/** What is searched in one go for the batch that comes after a damaged one. */
const searchedBytes = 256 * 1024
const zeros = Buffer.alloc(searchedBytes)
/** How much may be taken for a batch on that search: what a record holds may look like the beginning of many. */
const mostCheckedBytes = 256 * 1024 * 1024

/** Batches read in one go. */
export interface Slice {
  readonly bytes: Buffer
  /** Where in the file they begin. */
  readonly position: number
  /** The offset after the last of them. */
  readonly end: Offset
}

/** What a segment needs to write its indexes anew. */
export interface IndexUpkeep {
  readonly indexIntervalBytes: () => number
  readonly warn: (message: string) => void
}

/** What a segment holds, as far as its end was read. */
export interface Loaded {
  /** The offset after its last batch. */
  readonly end: Offset
  /** The file's bytes up to there; others may follow that are no batches. */
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
  /** Its end was lost: where the next segment does not follow, records are missing between them. */
  hasHole = false
  #sinceIndexBytes = 0
  #maxTimestampMs = -1n
  /** Of the last record of the batch that has it, relative to the base. */
  #maxTimestampOffset = 0
  #firstTimestampMs = -1n
  #reindexed = false
  #saidUnreadable = false

  constructor(
    readonly base: Offset,
    readonly folder: string,
    private readonly open: OpenFiles,
    /** When this process took it up, for want of a timestamp. */
    readonly sinceMs: number,
    /** What its files' names end with while it is not part of the log. */
    private readonly suffix = '',
    /** Without it indexes are believed. */
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

  /** Whether its files are named as those of the log are. */
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
  complete(transaction: CompletedTransaction, firstUnstable: Offset | null): void {
    const range = abortedRange(transaction, firstUnstable)
    if (range) this.aborted.add(range)
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
   * Takes in what the files of an earlier process say, without reading more of the log than its end. Where the log does
   * not have what the last entries of the indexes say they are written anew.
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

  /** Why an index cannot belong to the log, null where both can; `end` is the offset at which the next segment begins. */
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

  /** The header of the batch that holds an offset, or else of the next one; null past the end, and where it cannot be read. */
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
   * Whole batches from the one that holds `offset` on: at least one, further ones within `maxBytes`. Null past the end.
   * Throws CORRUPT_MESSAGE where the file holds no batch in the place of one, or one that goes beyond `limit`.
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
   * The file from a batch's position on, in pieces of whole batches. Who is done with one may give it back to
   * `OpenFiles.memory`. It ends where no batch follows, be it before the end of the file.
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

  /** The same beyond places that hold no batch, up to the last batch that is whole. */
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
   * All pieces of the file, read in the background; one is good until the next is asked for. Throws CORRUPT_MESSAGE
   * where the file holds no batch in the place of one: what cannot be read must not get lost.
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

  /** Batches with a record as late as this one or later, in order. Throws CORRUPT_MESSAGE as `read` does. */
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

  /** Whether nothing but zeros follows. */
  isZeroFrom(position: number): boolean {
    for (let at = position; at < this.size; at += searchedBytes) {
      const bytes = this.#readAt(at, searchedBytes)
      if (!bytes.equals(zeros.subarray(0, bytes.length))) return false
    }
    return true
  }

  /** Writes what follows to a file of its own. */
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

  /** Takes away what a full disk did not let go of at the start. */
  makeUp(): void {
    this.#log.makeUp()
    this.offsets.makeUp()
    this.times.makeUp()
    this.aborted.makeUp()
  }

  /** Says that an earlier process may have met a sync of the log from an offset on that failed. */
  doubt(from: Offset): void {
    this.#log.doubt(this.positionBefore(from))
  }

  async sync(): Promise<void> {
    await allDone([this.#log.sync(), this.aborted.sync()])
  }

  /** The same of the log alone while everything else waits, for a start; `aborted` may have to write first, and find no room. */
  syncLogNow(): void {
    this.#log.syncNow()
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
    this.abandon() // all, or one that cannot be removed would leave others open
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

  /** Whether the entry found in the index names the last offset of the batch that it points to. Otherwise one of them is damaged. */
  #isIndexed(header: Buffer, wanted: number): boolean {
    return this.#headers.end(header, 0) - 1 === Number(this.offsets.floorEntry(BigInt(wanted))?.key)
  }

  /** Where the entry before the one that is found in the index points to. */
  #floorBefore(wanted: number): number {
    const entry = this.offsets.floorEntry(BigInt(wanted))
    return entry ? this.offsets.floor(entry.key - 1n) : 0
  }

  /** An entry of the index pointed to where no batch begins, or one that is beyond what is wanted. */
  #positionAnew(wanted: number): number | null {
    const wasMended = this.#reindexed
    this.#mend('index')
    return wasMended ? this.#positionOf(wanted, 0) : this.#positionOf(wanted)
  }

  /**
   * Where the log goes on after a batch with a checksum that holds and offsets that do not fit, which no checksum covers:
   * the next batch has offsets from `least` on that are not beyond those of this one. Null where there is none like that.
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

  /** Where the log goes on after a place that holds no batch, for an offset that cannot lie in that place. */
  #beyond(at: number, least: number, wanted: number): number {
    const next = this.afterMisplaced(at, least) ?? this.#resume(at, least)
    if (next === null || !this.#begins(next, wanted)) throw this.unreadable(at)
    return next
  }

  /** Whether a batch begins at a place, with an offset that is not beyond the one that is looked for. */
  #begins(position: number, wanted: number): boolean {
    const header = headersAt.subarray(0, batch.batchHeaderBytes)
    return this.#isBefore(header.subarray(0, this.#log.read(header, position)), wanted)
  }

  #isBefore(header: Buffer, wanted: number): boolean {
    return this.#headers.lengthAt(header, 0, 0) > 0 && this.#headers.first(header, 0) <= wanted
  }

  /** Whether the record that an entry of the time index names lies in a batch of that time, as far as the log can be read. */
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

  /** Once is enough: what the log does not tell then, it cannot. */
  #mend(kind: 'index' | 'timeindex'): void {
    if (this.#reindexed || !this.upkeep) return
    this.reindex(`${this.pathOf(kind)} does not agree with its log`)
  }

  /** Where the next whole batch begins after a place that holds none; null where there is none. */
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

  /** Whether a batch's checksum holds and another follows, or the end: a record may hold what looks like a batch. */
  #isWhole(position: number, length: number): boolean {
    const bytes = this.#readAt(position, length + batch.batchHeaderBytes)
    if (!batch.verifyCrc(bytes.subarray(0, length))) return false
    return (
      position + length === this.size ||
      this.#headers.lengthAt(bytes, length, this.#headers.end(bytes, 0)) > 0
    )
  }

  /** The error of a place that holds no batch, which is said once. */
  unreadable(position: number): KafkaError {
    const sentence = `${this.pathOf('log')} is damaged: no record batch that follows those before begins at position ${position}.`
    if (!this.#saidUnreadable) this.upkeep?.warn(sentence)
    this.#saidUnreadable = true
    return new KafkaError('CORRUPT_MESSAGE', sentence)
  }

  /** Reads about `bytes` and gives the whole batches in it, at least one; nothing where none begins. */
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

  /** Of two batches of which the offsets overlap nobody knows which is right: where there is a limit neither is given. */
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
