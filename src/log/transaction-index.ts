import { dirname } from 'node:path'
import type { Offset } from '../engine/log-engine.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { isFull, StorageFault } from './storage-fault.js'

/** A transaction that was aborted in one partition, from its first record to its marker. */
export interface AbortedRange {
  readonly producerId: bigint
  readonly firstOffset: Offset
  /** Of the marker. */
  readonly lastOffset: Offset
  /** Up to where all was decided once the marker had been written. */
  readonly lastStableOffset: Offset
}

const version = 0
const entryBytes = 34

/**
 * The aborted transactions whose markers lie in one segment, in the order of the markers (Kafka's
 * `.txnindex`). The file comes to be with its first entry.
 *
 *     int16 version (0) | int64 producer id | int64 first offset | int64 last offset | int64 last stable offset
 *
 * A reader between the offsets a and b needs the entries that overlap them, and may stop at the first whose
 * last stable offset reaches b: whatever begins before b ended before that marker.
 *
 * Without an entry a reader would take what was aborted for committed. So one that the disk refused is
 * written later: a sync that cannot write it fails, and the next start reads the segment again.
 */
export class TransactionIndex {
  #file: FileHandle
  #entries: Buffer[] | null = null
  #written = 0
  /** Entries that the disk has for certain, or had before this process; a start reads again what it may not have. */
  #synced = 0
  /** Whether the file still holds what was cleared. */
  #isStale = false

  constructor(
    private readonly open: OpenFiles,
    path: string,
  ) {
    this.#file = open.handle(path)
  }

  create(): void {
    this.#file.append([])
  }

  add({ producerId, firstOffset, lastOffset, lastStableOffset }: AbortedRange): void {
    const entry = Buffer.alloc(entryBytes)
    entry.writeInt16BE(version)
    entry.writeBigInt64BE(producerId, 2)
    entry.writeBigInt64BE(firstOffset, 10)
    entry.writeBigInt64BE(lastOffset, 18)
    entry.writeBigInt64BE(lastStableOffset, 26)
    this.#load().push(entry)
    try {
      this.#write()
    } catch (thrown) {
      if (!(thrown instanceof StorageFault)) throw thrown // whatever the fault, the next entry or the sync tries again
    }
  }

  /** Those that begin before `end` and whose markers lie at or after `from`; `complete` when later segments hold no more. */
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

  /** The same while everything else waits. */
  syncNow(): void {
    if (this.#isSynced) return
    this.#write()
    this.#file.syncNow()
    this.#synced = this.#written
  }

  clear(): void {
    this.#entries = []
    this.#written = 0
    this.#synced = 0
    this.#isStale = this.#file.exists
    try {
      this.makeUp()
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  /** Takes away what `clear` could not, for the disk was full. */
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

const decode = (entry: Buffer): AbortedRange => ({
  producerId: entry.readBigInt64BE(2),
  firstOffset: entry.readBigInt64BE(10),
  lastOffset: entry.readBigInt64BE(18),
  lastStableOffset: entry.readBigInt64BE(26),
})

/** By halving: the entries are in the order of their last offsets. */
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
