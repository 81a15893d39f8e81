import { writeInt64 } from '../wire/int64.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { isFull, StorageFault } from './storage-fault.js'

/** New entries wait in memory until they take up so many bytes: a large batch has an entry in each index. */
const mostUnwrittenBytes = 4096

export interface IndexEntry {
  readonly key: bigint
  readonly value: number
}

/**
 * An index of a segment: entries of fixed size that grow in both of their numbers.
 *
 *     .index      int32 offset - base offset | int32 position in the .log file
 *     .timeindex  int64 timestamp            | int32 offset - base offset
 *
 * It is sparse, one entry every `index.interval.bytes` of log. An entry that is missing costs a longer search and
 * nothing else, so the newest ones may be in memory only until the segment is full or closed; after a crash, when the
 * file may also hold too many, recovery writes it anew. An index that is damaged is written anew as well: entries that
 * do not rise are found when it is loaded (`flaw`), the others when the log does not bear an entry out (`Segment`).
 */
export class SparseIndex {
  readonly #file: FileHandle
  readonly #keyBytes: 4 | 8
  readonly #entryBytes: number
  #entries: Buffer | null = null
  #size = 0
  #writtenBytes = 0
  /** True while the file still holds entries that were cleared. */
  #isStale = false

  constructor(open: OpenFiles, path: string, kind: 'offset' | 'time') {
    this.#file = open.handle(path)
    this.#keyBytes = kind === 'time' ? 8 : 4
    this.#entryBytes = this.#keyBytes + 4
  }

  /** The size of the whole entries. */
  get bytes(): number {
    this.#load()
    return this.#size
  }

  /**
   * The reason why the file cannot be what was written, found in one pass over it; null where it can. A sound file is
   * there and holds whole entries that rise, and none has a value of `end` or more. Only the log can tell whether its
   * entries are true.
   */
  flaw(end: number): string | null {
    if (!this.#file.exists) return 'is missing'
    if (this.#file.size % this.#entryBytes !== 0) return 'ends within an entry'
    const entries = this.#load()
    const view = new DataView(entries.buffer, entries.byteOffset, this.#size)
    const isTime = this.#keyBytes === 8
    const which = (at: number) => `the one at ${at}`
    let key = -1
    let value = isTime ? 0 : -1 // several timestamps may come from one append
    for (let at = 0; at < this.#size; at += this.#entryBytes) {
      // As a number a timestamp is precise as far as clocks go.
      const nextKey = isTime ? view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4) : view.getInt32(at)
      const nextValue = view.getInt32(at + this.#keyBytes)
      const rises = nextKey > key || (nextKey === key && key >= Number.MAX_SAFE_INTEGER)
      if (!rises || nextValue < (isTime ? value : value + 1))
        return `has entries that do not rise (${which(at)})`
      if (nextValue >= end) return `has an entry that points beyond the segment (${which(at)})`
      key = nextKey
      value = nextValue
    }
    return null
  }

  get last(): IndexEntry | null {
    const entries = this.#load()
    const count = this.#size / this.#entryBytes
    return count === 0 ? null : this.#entryAt(entries, count - 1)
  }

  create(): void {
    this.#file.append([])
  }

  add(key: bigint, value: number): void {
    const at = this.bytes
    const entries = this.#grow(at + this.#entryBytes)
    if (this.#keyBytes === 8) writeInt64(entries, key, at)
    else entries.writeInt32BE(Number(key), at)
    entries.writeInt32BE(value, at + this.#keyBytes)
    this.#size = at + this.#entryBytes
    if (this.#size - this.#writtenBytes < mostUnwrittenBytes) return
    try {
      this.#write()
    } catch (thrown) {
      if (!(thrown instanceof StorageFault)) throw thrown // full or lost: the batch is in the log, `write` tries again
    }
  }

  /**
   * Writes the entries that wait in memory. A full disk leaves them unwritten, and the next start finds the batches
   * without them.
   */
  write(): void {
    try {
      this.#write()
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  /** The value of the last entry whose key is at most this one; where there is none, 0: the segment's beginning. */
  floor(key: bigint): number {
    const after = this.#firstAbove(key)
    return after === 0 ? 0 : this.#valueAt(this.#load(), after - 1)
  }

  /** The value of the first entry whose key is above this one; null when there is none. */
  above(key: bigint): number | null {
    const after = this.#firstAbove(key)
    return after * this.#entryBytes < this.#size ? this.#valueAt(this.#load(), after) : null
  }

  /** The last entry whose key is at most this one; null where there is none. */
  floorEntry(key: bigint): IndexEntry | null {
    const after = this.#firstAbove(key)
    return after === 0 ? null : this.#entryAt(this.#load(), after - 1)
  }

  clear(): void {
    this.#entries = Buffer.alloc(0)
    this.#size = 0
    this.#writtenBytes = 0
    this.#isStale = true
    try {
      this.makeUp()
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  /** Takes away the entries that `clear` could not, because the disk was full. */
  makeUp(): void {
    if (!this.#isStale) return
    this.#file.truncate(0)
    this.#isStale = false
  }

  close(): void {
    try {
      this.write()
    } catch (thrown) {
      if (!(thrown instanceof StorageFault)) throw thrown // lost or gone: a start without a clean stop writes it anew
    }
    this.#file.close()
  }

  /** Closes the index for good. */
  abandon(): void {
    this.close()
    this.#file.abandon()
  }

  remove(): void {
    this.#writtenBytes = this.#size
    this.#file.remove()
  }

  #firstAbove(key: bigint): number {
    const entries = this.#load()
    let low = 0
    let high = this.#size / this.#entryBytes
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#keyAt(entries, middle) <= key) low = middle + 1
      else high = middle
    }
    return low
  }

  #write(): void {
    if (this.#writtenBytes === this.#size) return
    this.makeUp()
    this.#file.append([this.#load().subarray(this.#writtenBytes, this.#size)])
    this.#writtenBytes = this.#size
  }

  #entryAt(entries: Buffer, n: number): IndexEntry {
    return { key: this.#keyAt(entries, n), value: this.#valueAt(entries, n) }
  }

  #keyAt(entries: Buffer, n: number): bigint {
    const at = n * this.#entryBytes
    return this.#keyBytes === 8 ? entries.readBigInt64BE(at) : BigInt(entries.readInt32BE(at))
  }

  #valueAt(entries: Buffer, n: number): number {
    return entries.readInt32BE(n * this.#entryBytes + this.#keyBytes)
  }

  #grow(size: number): Buffer {
    const entries = this.#load()
    if (size <= entries.length) return entries
    const larger = Buffer.alloc(Math.max(256, 2 * size))
    entries.copy(larger, 0, 0, this.#size)
    this.#entries = larger
    return larger
  }

  #load(): Buffer {
    if (this.#entries) return this.#entries
    const size = this.#file.size - (this.#file.size % this.#entryBytes)
    const entries = Buffer.alloc(size)
    if (size > 0) this.#file.read(entries, 0)
    this.#entries = entries
    this.#size = size
    this.#writtenBytes = size
    return entries
  }
}
