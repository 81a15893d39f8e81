import type { Offset } from '../engine/log-engine.js'
import * as batch from '../wire/record-batch.js'
import { segmentName } from './file-names.js'
import type { OpenFile } from './files.js'
import type { OpenFiles } from './open-files.js'
import { SparseIndex } from './sparse-index.js'

const leastRead = 16 * 1024

/** Batches read in one go, and where in the file they begin. */
export interface Slice {
  readonly bytes: Buffer
  readonly position: number
}

/** A stretch of a partition: a file of record batches and its two indexes, all named by the first offset. */
export class Segment {
  readonly offsets: SparseIndex
  readonly times: SparseIndex
  readonly #path: string
  #bytesSinceIndex = 0
  /** The greatest timestamp in it, -1 while there is none. */
  maxTimestampMs = -1n
  /** When its first batch was appended, for segment.ms; null while it is empty. */
  firstAppendMs: number | null = null

  constructor(
    readonly base: Offset,
    private readonly folder: string,
    private readonly open: OpenFiles,
  ) {
    this.#path = this.pathOf('log')
    this.offsets = new SparseIndex(open, this.pathOf('index'), 'offset')
    this.times = new SparseIndex(open, this.pathOf('timeindex'), 'time')
  }

  get size(): number {
    return this.#file.size
  }

  get #file(): OpenFile {
    return this.open.get(this.#path)
  }

  pathOf(kind: 'log' | 'index' | 'timeindex' | 'snapshot'): string {
    return `${this.folder}/${segmentName(this.base, kind)}`
  }

  /** Appends a stamped batch. A write that fails leaves nothing of it behind. */
  append(bytes: Buffer, nowMs: number, indexIntervalBytes: number): void {
    const position = this.size
    try {
      this.#file.append([bytes])
    } catch (thrown) {
      this.#file.truncate(position)
      throw thrown
    }
    this.firstAppendMs ??= nowMs
    this.index(bytes, position, indexIntervalBytes)
  }

  /** Takes note of a batch that stands at `position`, in the indexes where enough has come since their last entry. */
  index(bytes: Buffer, position: number, indexIntervalBytes: number): void {
    const timestampMs = batch.maxTimestamp(bytes)
    if (timestampMs > this.maxTimestampMs) this.maxTimestampMs = timestampMs
    if (this.#bytesSinceIndex > indexIntervalBytes) {
      const relative = batch.lastOffset(bytes) - this.base
      this.offsets.add(relative, position)
      if (this.maxTimestampMs >= 0n) this.times.add(this.maxTimestampMs, Number(relative))
      this.#bytesSinceIndex = 0
    }
    this.#bytesSinceIndex += batch.batchLength(bytes)
  }

  /** Whole batches from the one that holds `offset` on: at least one, further ones within `maxBytes`. Null past the end. */
  read(offset: Offset, maxBytes: number): Slice | null {
    const from = this.offsets.floor(offset - this.base)
    for (const slice of this.slices(from, maxBytes)) {
      let at = 0
      while (at < slice.bytes.length) {
        const rest = slice.bytes.subarray(at)
        if (batch.lastOffset(rest) >= offset) return this.#upTo(slice.position + at, rest, maxBytes)
        at += batch.batchLength(rest)
      }
    }
    return null
  }

  /** The file from a batch's position on, in pieces of whole batches. */
  *slices(position: number, pieceBytes: number): Generator<Slice> {
    for (let at = position; at < this.size; ) {
      const bytes = this.#wholeBatches(at, Math.max(pieceBytes, leastRead))
      if (bytes.length === 0) return
      yield { bytes, position: at }
      at += bytes.length
    }
  }

  truncate(size: number): void {
    this.#file.truncate(size)
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  /** Removes its files; who still reads one of them has its bytes already. */
  remove(): void {
    for (const kind of ['log', 'index', 'timeindex', 'snapshot'] as const) {
      const path = this.pathOf(kind)
      this.open.close(path)
      this.open.files.remove(path)
    }
  }

  #upTo(position: number, rest: Buffer, maxBytes: number): Slice {
    let end = batch.batchLength(rest)
    if (end < maxBytes && rest.length < maxBytes && position + rest.length < this.size) {
      return { bytes: this.#wholeBatches(position, maxBytes), position }
    }
    while (end < rest.length) {
      const next = end + batch.batchLength(rest.subarray(end))
      if (next > maxBytes) break
      end = next
    }
    return { bytes: rest.subarray(0, end), position }
  }

  /** Reads about `bytes` and gives the whole batches in it, at least one; nothing at a torn end. */
  #wholeBatches(position: number, bytes: number): Buffer {
    let buffer = this.#readAt(position, bytes)
    if (buffer.length < batch.batchHeaderBytes) return Buffer.alloc(0)
    const first = batch.batchLength(buffer)
    if (first > buffer.length) buffer = this.#readAt(position, first)
    let end = 0
    while (end + batch.batchHeaderBytes <= buffer.length) {
      const next = end + batch.batchLength(buffer.subarray(end))
      if (next > buffer.length || next <= end) break
      end = next
    }
    return buffer.subarray(0, end)
  }

  #readAt(position: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(bytes, this.size - position)))
    return buffer.subarray(0, this.#file.read(buffer, position))
  }
}
