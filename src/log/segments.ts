import type { Offset } from '../engine/log-engine.js'
import type { Clock } from '../time/clock.js'
import { cleanedSuffix } from './file-names.js'
import type { OpenFiles } from './open-files.js'
import { type IndexUpkeep, Segment } from './segment.js'
import { isFull, StorageFault } from './storage-fault.js'
import { beginSwap, finishSwap, undoSwap } from './swap.js'
import type { AbortedRange } from './transaction-index.js'

export interface SegmentsOptions {
  readonly folder: string
  readonly open: OpenFiles
  readonly clock: Clock
  readonly upkeep: IndexUpkeep
}

/**
 * The segments of a partition in a row; each ends where the next one begins. There is always one, and only the last is
 * written.
 */
export class Segments {
  /**
   * A segment that could not be created, of which a file may be left: the next start would take its name for the log's
   * end.
   */
  #leftover: Segment | null = null
  /** The segment that compaction writes, or wrote last. */
  #cleaned: Segment | null = null
  #isSwapping = false
  #isAbandoned = false

  constructor(
    private readonly row: Segment[],
    private readonly options: SegmentsOptions,
  ) {}

  get all(): readonly Segment[] {
    return this.row
  }

  get first(): Segment {
    return this.row[0] as Segment
  }

  get active(): Segment {
    return this.row.at(-1) as Segment
  }

  /** The place in the row of the segment in which an offset lies. */
  indexOf(offset: Offset): number {
    let low = 0
    let high = this.row.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.row[middle] as Segment).base <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** The segments from the one on in which an offset lies. */
  from(offset: Offset): readonly Segment[] {
    return this.row.slice(this.indexOf(offset))
  }

  /** The offset at which the next segment begins; null for the last one. */
  nextBase(segment: Segment): Offset | null {
    return this.row[this.row.indexOf(segment) + 1]?.base ?? null
  }

  /**
   * Reads whole batches from the one on that holds `offset`: at least one, further ones within `maxBytes`. The log ends
   * at `end`. Throws CORRUPT_MESSAGE where the log is damaged.
   */
  read(offset: Offset, maxBytes: number, end: Offset): readonly Buffer[] {
    for (let at = this.indexOf(offset); at < this.row.length; at++) {
      const segment = this.row[at] as Segment
      const slice = segment.read(offset, maxBytes, this.row[at + 1]?.base ?? end)
      if (slice) return [slice.bytes]
      if (segment.hasHole && at + 1 < this.row.length) throw segment.unreadable(segment.size)
    }
    return []
  }

  /**
   * Estimates the bytes between two offsets (null: up to the end): never too few, and counted no further than
   * `maxBytes`.
   */
  bytesBetween(from: Offset, end: Offset | null, maxBytes: number): number {
    const last = end === null ? this.row.length - 1 : this.indexOf(end)
    let bytes = 0
    for (let at = this.indexOf(from); at <= last && bytes < maxBytes; at++) {
      const segment = this.row[at] as Segment
      const until = end !== null && at === last ? segment.positionAfter(end) : segment.size
      bytes += until - segment.positionBefore(from)
    }
    return Math.min(bytes, maxBytes)
  }

  /** The aborted transactions whose records may lie between these offsets, in the order of their first offsets. */
  abortedBetween(from: Offset, end: Offset): AbortedRange[] {
    const all: AbortedRange[] = []
    for (let at = this.indexOf(from); at < this.row.length; at++) {
      const { found, complete } = (this.row[at] as Segment).aborted.between(from, end)
      all.push(...found)
      if (complete) break
    }
    return all.sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  /** Begins the next segment. Where its files cannot be made it throws, and all is as before. */
  roll(base: Offset): void {
    this.removeLeftover() // it has the same name
    const next = this.#newSegment(base)
    try {
      next.create()
    } catch (thrown) {
      this.#leftover = next
      this.removeLeftover()
      throw thrown
    }
    this.active.seal()
    this.row.push(next)
  }

  /** Removes the remains of a roll that failed. Throws as long as it cannot, and nothing may be appended until then. */
  removeLeftover(): void {
    this.#leftover?.remove()
    this.#leftover = null
  }

  /** Takes the oldest segments out of the row, never the active one; their files are there still. */
  takeOldest(count: number): readonly Segment[] {
    return this.row.splice(0, Math.min(count, this.row.length - 1))
  }

  /**
   * Creates a segment for the records that compaction leaves of one segment, or of several; the first of them begins at
   * `base`.
   */
  newCleaned(base: Offset): Segment {
    const segment = this.#newSegment(base, cleanedSuffix)
    this.#cleaned?.abandon()
    this.#cleaned = segment
    this.#removeLeftOf(segment)
    segment.create()
    segment.forget()
    segment.aborted.create()
    return segment
  }

  /** Removes the files that an attempt may have left when a full disk ended it and refused their removal too. */
  #removeLeftOf(segment: Segment): void {
    const { files } = this.options.open
    for (const kind of ['log', 'index', 'timeindex', 'txnindex'] as const) {
      const path = segment.pathOf(kind)
      if (files.exists(path)) files.remove(path)
    }
  }

  /**
   * Puts a compacted segment in the place of others; false where these are not all part of the log any more. The disk
   * has to know its name before they may go; nothing may be dropped meanwhile (`isSwapping`).
   */
  async replace(old: readonly Segment[], cleaned: Segment): Promise<boolean> {
    const { open, folder } = this.options
    const at = this.row.indexOf(old[0] as Segment)
    if (at < 0 || old.some((segment, i) => this.row[at + i] !== segment)) return false
    beginSwap(open, cleaned)
    this.#isSwapping = true
    try {
      await open.folders.sync(folder)
    } catch (thrown) {
      if (!this.#isAbandoned) undoSwap(open, cleaned)
      throw thrown
    } finally {
      this.#isSwapping = false
    }
    if (this.#isAbandoned) return false
    this.row.splice(at, old.length, this.#finishSwap(cleaned, old))
    return true
  }

  /**
   * Puts the swap into effect. Half way there is no way back, and only a start finds its way forward: so any fault
   * takes the directory offline.
   */
  #finishSwap(cleaned: Segment, old: readonly Segment[]): Segment {
    try {
      finishSwap(this.options.open, cleaned, old)
      const segment = this.#newSegment(cleaned.base)
      segment.load()
      return segment
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
      throw new StorageFault('lost', cleaned.folder, (thrown as StorageFault).message, { cause: thrown })
    }
  }

  /** True while the oldest segments have to stay. */
  get isSwapping(): boolean {
    return this.#isSwapping
  }

  /** Closes all files for good: the folder belongs to another log now. */
  abandon(): void {
    this.#isAbandoned = true
    for (const segment of this.row) segment.abandon()
    this.#cleaned?.abandon()
    this.#leftover?.abandon()
  }

  #newSegment(base: Offset, suffix = ''): Segment {
    const { folder, open, clock, upkeep } = this.options
    return new Segment(base, folder, open, clock.now(), suffix, upkeep)
  }
}

export const bytesOf = (segments: readonly Segment[]): number =>
  segments.reduce((sum, segment) => sum + segment.size, 0)
