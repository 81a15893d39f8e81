import { dirname } from 'node:path'
import type { Offset } from '../engine/log-engine.js'
import { crc32c } from '../records/crc32c.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import type { CompletedTransaction } from './producer-state.js'
import { isFull, StorageFault } from './storage-fault.js'

/** A transaction that was aborted in one partition, from its first record to its marker. */
export interface AbortedRange {
  readonly producerId: bigint
  readonly firstOffset: Offset
  /** The offset of the marker. */
  readonly lastOffset: Offset
  /** The offset below which all was decided once the marker had been written. */
  readonly lastStableOffset: Offset
}

const version = 0
const entryBytes = 34

/**
 * The aborted transactions whose markers lie in one segment, in the order of the markers (Kafka's `.txnindex`). The
 * file is created with its first entry.
 *
 *     int16 version (0) | int64 producer id | int64 first offset | int64 last offset | int64 last stable offset
 *
 * A reader between the offsets a and b needs the entries that overlap them, and may stop at the first whose last stable
 * offset reaches b: every transaction that begins before b ended before that marker.
 *
 * Without an entry a reader would take aborted records for committed. So an entry that the disk refused is written
 * later: a sync that cannot write it fails, and the next start reads the segment again.
 */
export class TransactionIndex {
  #file: FileHandle
  #entries: Buffer[] | null = null
  #written = 0
  /**
   * The number of entries that the disk has for certain, or had before this process; a start reads again those that it
   * may not have.
   */
  #synced = 0
  /** True while the file still holds entries that were cleared. */
  #isStale = false
  /** The checksum of the entries; null until it is asked for. */
  #checksum: string | null = null

  constructor(
    private readonly open: OpenFiles,
    path: string,
  ) {
    this.#file = open.handle(path)
  }

  create(): void {
    this.#file.append([])
  }

  /** Begins without a file, and with no entries. */
  beginEmpty(): void {
    this.#entries = []
  }

  /** Reads the entries that the file has, without which none can be added. */
  load(): void {
    this.#load()
  }

  add(range: AbortedRange): void {
    this.#load().push(encode(range))
    this.#checksum = null
    try {
      this.#write()
    } catch (thrown) {
      if (!(thrown instanceof StorageFault)) throw thrown // whatever the fault, the next entry or the sync tries again
    }
  }

  /** The number and the CRC-32C of the entries; null while there are none. */
  get checksum(): string | null {
    const entries = this.#load()
    if (entries.length === 0) return null
    this.#checksum ??= `${entries.length} ${crc32c(Buffer.concat(entries))}`
    return this.#checksum
  }

  /** Tells whether the index holds all of these transactions. */
  includes(ranges: readonly AbortedRange[]): boolean {
    const known = new Set(this.#load().map(entry => entry.toString('hex')))
    return ranges.every(range => known.has(encode(range).toString('hex')))
  }

  /** The reason why the file cannot be what was written of a segment from `base` to `end`; null where it can. */
  flaw(base: Offset, end: Offset): string | null {
    if (this.#file.size % entryBytes !== 0) return 'ends within an entry'
    let marker = base - 1n
    for (const [i, entry] of this.#load().entries()) {
      const { firstOffset, lastOffset, lastStableOffset } = decode(entry)
      if (entry.readInt16BE(0) !== version) return `has an entry of an unknown version (the ${i + 1}th)`
      if (lastOffset <= marker) return `has markers that do not rise (the ${i + 1}th)`
      const isOne = firstOffset >= 0n && firstOffset <= lastOffset && lastOffset < end
      if (!isOne || lastStableOffset < 0n || lastStableOffset > lastOffset + 1n) {
        return `has an entry that is none of this segment (the ${i + 1}th)`
      }
      marker = lastOffset
    }
    return null
  }

  /**
   * The transactions that begin before `end` and whose markers lie at or after `from`; `complete` when later segments
   * hold no more.
   */
  between(from: Offset, end: Offset): { readonly found: AbortedRange[]; readonly complete: boolean } {
    const found: AbortedRange[] = []
    const entries = this.#load()
    for (let i = firstEndingAt(entries, from); i < entries.length; i++) {
      const range = decode(entries[i] as Buffer)
      if (range.firstOffset < end) found.push(range)
      if (range.lastStableOffset >= end) return { found, complete: true }
    }
    return { found, complete: false }
  }

  async sync(): Promise<void> {
    if (this.#isSynced) return
    this.#write()
    const written = this.#written
    await this.#file.sync()
    this.#synced = written
  }

  /** Syncs the file while everything else waits. */
  syncNow(): void {
    if (this.#isSynced) return
    this.#write()
    this.#file.syncNow()
    this.#synced = this.#written
  }

  /**
   * Sets the entries after a crash. A file that holds them already stays, for the disk may have it, while of a new file
   * it would have nothing before the next sync. That sync writes the bytes of the old file again first, for an earlier
   * sync may have failed.
   */
  recover(ranges: readonly AbortedRange[]): void {
    const wanted = Buffer.concat(ranges.map(encode))
    if (ranges.length === 0 || !Buffer.concat(this.#load()).equals(wanted)) {
      this.replace(ranges)
      return
    }
    this.#synced = 0
    this.#file.doubt(0)
    this.open.folders.changed(dirname(this.#file.path))
  }

  /** Replaces all entries by these. */
  replace(ranges: readonly AbortedRange[]): void {
    this.clear()
    for (const range of ranges) this.add(range)
  }

  clear(): void {
    this.#entries = []
    this.#checksum = null
    this.#written = 0
    this.#synced = 0
    this.#isStale = this.#file.exists
    try {
      this.makeUp()
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  /** Takes away the entries that `clear` could not, because the disk was full. */
  makeUp(): void {
    if (!this.#isStale) return
    const { path } = this.#file
    try {
      this.#file.remove()
      this.#isStale = false
    } finally {
      this.#file = this.open.handle(path)
    }
  }

  close(): void {
    this.#file.close()
  }

  abandon(): void {
    this.#file.abandon()
  }

  remove(): void {
    this.#file.remove()
  }

  get #isSynced(): boolean {
    return this.#entries === null || (this.#entries.length === this.#synced && !this.#isStale)
  }

  #write(): void {
    this.makeUp()
    const missing = this.#load().slice(this.#written)
    if (missing.length === 0) return
    if (this.#written === 0) this.open.folders.changed(dirname(this.#file.path))
    this.#file.append(missing)
    this.#written += missing.length
  }

  #load(): Buffer[] {
    if (this.#entries) return this.#entries
    const count = this.#file.exists ? Math.floor(this.#file.size / entryBytes) : 0
    const bytes = Buffer.alloc(count * entryBytes)
    if (count > 0) this.#file.read(bytes, 0)
    if (this.#file.exists && this.#file.size > bytes.length) this.#file.truncate(bytes.length)
    this.#entries = Array.from({ length: count }, (_, i) =>
      bytes.subarray(i * entryBytes, (i + 1) * entryBytes),
    )
    this.#written = count
    this.#synced = count
    return this.#entries
  }
}

/**
 * The entry of a transaction whose marker has come; null where it was committed. `firstUnstable` is the first offset of
 * the transactions that are still open.
 */
export const abortedRange = (
  { committed, ...range }: CompletedTransaction,
  firstUnstable: Offset | null,
): AbortedRange | null =>
  committed ? null : { ...range, lastStableOffset: firstUnstable ?? range.lastOffset + 1n }

function encode({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedRange): Buffer {
  const entry = Buffer.alloc(entryBytes)
  entry.writeInt16BE(version)
  entry.writeBigInt64BE(producerId, 2)
  entry.writeBigInt64BE(firstOffset, 10)
  entry.writeBigInt64BE(lastOffset, 18)
  entry.writeBigInt64BE(lastStableOffset, 26)
  return entry
}

const decode = (entry: Buffer): AbortedRange => ({
  producerId: entry.readBigInt64BE(2),
  firstOffset: entry.readBigInt64BE(10),
  lastOffset: entry.readBigInt64BE(18),
  lastStableOffset: entry.readBigInt64BE(26),
})

/**
 * Finds, by binary search, the first entry that ends at an offset or after it: the entries are in the order of their
 * last offsets.
 */
function firstEndingAt(entries: readonly Buffer[], offset: Offset): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle] as Buffer).readBigInt64BE(18) < offset) low = middle + 1
    else high = middle
  }
  return low
}
