import type { Offset } from '../engine/log-engine.js'
import { lastOffset } from '../wire/record-batch.js'

interface Kept {
  readonly tail: Tail
  readonly base: Offset
  readonly bytes: Buffer
}

/** The newest batches of all partitions within one budget: the oldest of all goes first, whosever it is. */
export class TailCache {
  readonly #kept = new Set<Kept>()
  #bytes = 0

  constructor(private readonly maxBytes: number) {}

  keep(kept: Kept): void {
    this.#kept.add(kept)
    this.#bytes += kept.bytes.length
    for (const oldest of this.#kept) {
      if (this.#bytes <= this.maxBytes) break
      this.drop(oldest)
      oldest.tail.forget(oldest)
    }
  }

  drop(kept: Kept): void {
    if (this.#kept.delete(kept)) this.#bytes -= kept.bytes.length
  }
}

/** The newest batches of one partition, so that a consumer that keeps up needs no file. */
export class Tail {
  #kept: Kept[] = []

  constructor(private readonly cache: TailCache) {}

  /** `bytes` may be a view of a whole network buffer: it is copied where it would keep much more alive. */
  add(base: Offset, bytes: Buffer): void {
    const own = bytes.buffer.byteLength > 2 * bytes.length ? Buffer.from(bytes) : bytes
    const kept = { tail: this, base, bytes: own }
    this.#kept.push(kept)
    this.cache.keep(kept)
  }

  /** Batches from the one that holds `offset` on, the first whatever its size; null where the tail begins later. */
  read(offset: Offset, maxBytes: number): Buffer[] | null {
    const [first] = this.#kept
    if (!first || offset < first.base) return null
    let low = 0
    let high = this.#kept.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#kept[middle] as Kept).base <= offset) low = middle
      else high = middle - 1
    }
    const found: Buffer[] = []
    let bytes = 0
    for (let i = low; i < this.#kept.length; i++) {
      const kept = this.#kept[i] as Kept
      if (lastOffset(kept.bytes) < offset) continue
      if (found.length > 0 && bytes + kept.bytes.length > maxBytes) break
      found.push(kept.bytes)
      bytes += kept.bytes.length
    }
    return found
  }

  forget(oldest: Kept): void {
    if (this.#kept[0] === oldest) this.#kept.shift()
    else this.#kept = this.#kept.filter(each => each !== oldest)
  }

  /** Compaction may have left fewer records of what lies before the offset. */
  forgetBefore(offset: Offset): void {
    while (this.#kept[0] && this.#kept[0].base < offset) this.cache.drop(this.#kept.shift() as Kept)
  }

  clear(): void {
    for (const kept of this.#kept) this.cache.drop(kept)
    this.#kept = []
  }
}
