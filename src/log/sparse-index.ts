import type { OpenFiles } from './open-files.js'

/**
 * An index of a segment: entries of fixed size that grow in both of their numbers.
 *
 *     .index      int32 offset - base offset | int32 position in the .log file
 *     .timeindex  int64 timestamp            | int32 offset - base offset
 *
 * It is sparse, one entry every `index.interval.bytes` of log. What is in memory is what is in the file;
 * after a crash the file may lack entries or hold too many, so recovery writes it anew.
 */
export class SparseIndex {
  #entries: Buffer | null = null
  #size = 0

  constructor(
    private readonly open: OpenFiles,
    private readonly path: string,
    private readonly kind: 'offset' | 'time',
  ) {}

  get bytes(): number {
    this.#load()
    return this.#size
  }

  add(key: bigint, value: number): void {
    const entry = Buffer.alloc(this.#entrySize)
    if (this.kind === 'time') {
      entry.writeBigInt64BE(key)
      entry.writeInt32BE(value, 8)
    } else {
      entry.writeInt32BE(Number(key))
      entry.writeInt32BE(value, 4)
    }
    const at = this.bytes
    this.open.get(this.path).append([entry])
    this.#grow(at + entry.length).set(entry, at)
    this.#size = at + entry.length
  }

  /** The value of the last entry whose key is at most this one; 0, the segment's beginning, when there is none. */
  floor(key: bigint): number {
    const entries = this.#load()
    let low = 0
    let high = this.#size / this.#entrySize
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#keyAt(entries, middle) <= key) low = middle + 1
      else high = middle
    }
    if (low === 0) return 0
    return entries.readInt32BE((low - 1) * this.#entrySize + this.#keySize)
  }

  clear(): void {
    this.open.get(this.path).truncate(0)
    this.#entries = Buffer.alloc(0)
    this.#size = 0
  }

  get #keySize(): number {
    return this.kind === 'time' ? 8 : 4
  }

  get #entrySize(): number {
    return this.#keySize + 4
  }

  #keyAt(entries: Buffer, n: number): bigint {
    const at = n * this.#entrySize
    return this.kind === 'time' ? entries.readBigInt64BE(at) : BigInt(entries.readInt32BE(at))
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
    const file = this.open.get(this.path)
    const size = file.size - (file.size % this.#entrySize)
    const entries = Buffer.alloc(size)
    file.read(entries, 0)
    this.#entries = entries
    this.#size = size
    return entries
  }
}
