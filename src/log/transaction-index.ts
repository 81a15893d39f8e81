import type { Offset } from '../engine/log-engine.js'
import type { FileHandle, OpenFiles } from './open-files.js'

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
  readonly #file: FileHandle
  #entries: Buffer[] | null = null
  #written = 0
  #synced = true

  constructor(open: OpenFiles, path: string) {
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
    this.#synced = false
    try {
      this.#write()
    } catch {
      // The next entry, or else the sync, tries again.
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
    if (this.#synced) return
    this.#write()
    await this.#file.sync()
    this.#synced = true
  }

  clear(): void {
    this.#entries = []
    this.#written = 0
    this.#synced = true
    if (this.#file.exists) this.#file.remove()
  }

  close(): void {
    this.#file.close()
  }

  remove(): void {
    this.#file.remove()
  }

  #write(): void {
    const missing = this.#load().slice(this.#written)
    if (missing.length === 0) return
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
