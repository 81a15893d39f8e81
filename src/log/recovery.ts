import type { Offset } from '../engine/log-engine.js'
import * as batch from '../wire/record-batch.js'
import { finishSwaps } from './compaction/swap.js'
import { baseOffsetOf, leaderEpochCheckpoint } from './file-names.js'
import { LeaderEpochs } from './leader-epochs.js'
import type { PartitionLogOptions } from './partition-log.js'
import type { ProducerSnapshots } from './producer-snapshots.js'
import { ProducerState } from './producer-state.js'
import { Segment } from './segment.js'
import { isFull } from './storage-fault.js'

export interface Recovered {
  readonly segments: Segment[]
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  readonly end: Offset
}

/** What is read and checked in one go stays in the processor's own memory meanwhile. */
const pieceBytes = 256 << 10

/**
 * Opens the segments of a partition (Kafka's LogLoader). After a clean stop the files are trusted. After a
 * crash every batch from the recovery point on is checked, the log is cut at the first that does not hold,
 * and the indexes are written anew. The producers' state is the newest snapshot and what came after it.
 */
export function recover(options: PartitionLogOptions, snapshots: ProducerSnapshots): Recovered {
  const recovery = new Recovery(options, snapshots)
  try {
    return recovery.run()
  } catch (thrown) {
    recovery.close()
    throw thrown
  }
}

class Recovery {
  readonly #segments: Segment[]
  readonly #producers = new ProducerState()
  readonly #epochs: LeaderEpochs
  readonly #nowMs: number
  /** Of the files in the folder: a broker of ten thousand partitions looks at each folder but once. */
  readonly #names: readonly string[]
  #end: Offset
  #hasRemoved = false

  constructor(
    private readonly options: PartitionLogOptions,
    private readonly snapshots: ProducerSnapshots,
  ) {
    const { folder, open, clock } = options
    this.#nowMs = clock.now()
    this.#names = finishSwaps(open, folder, this.#nowMs)
    const bases = offsetsOf(this.#names, 'log')
    if (bases.length === 0) bases.push(options.logStart ?? 0n)
    this.#segments = bases.map(base => new Segment(base, folder, open, this.#nowMs))
    this.#epochs = new LeaderEpochs(open.files, `${folder}/${leaderEpochCheckpoint}`)
    this.#end = bases[0] as Offset
  }

  run(): Recovered {
    const doubtful = this.#firstDoubtful()
    for (const segment of this.#segments.slice(0, doubtful)) this.#trust(segment)
    const known = this.#restoreProducers(this.#segments[doubtful]?.base ?? this.#end)
    this.#replay(known, doubtful)
    for (let i = doubtful; i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Segment
      if (i > 0 && segment.base !== known) this.#keepProducers(segment.base)
      const isWhole = this.#check(segment)
      const next = this.#segments[i + 1]
      if (!isWhole && next && next.base !== this.#end) this.#dropAfter(i)
    }
    for (const segment of this.#segments.slice(0, -1)) segment.seal()
    this.#epochs.endAt(this.#end)
    this.#epochs.saveIfRoom()
    this.#beginAfresh()
    this.#keepRemovals()
    this.#makeUpLater()
    return { segments: this.#segments, producers: this.#producers, epochs: this.#epochs, end: this.#end }
  }

  /** What a full disk did not let go of must be gone before anything is appended. */
  #makeUpLater(): void {
    const { home } = this.options
    for (const segment of this.#segments) home.orLater(segment.pathOf('log'), () => segment.makeUp())
  }

  /** The files that are open; what could not be recovered is tried again from the beginning. */
  close(): void {
    for (const segment of this.#segments) segment.close()
  }

  /** The first segment that may hold what never reached the disk. */
  #firstDoubtful(): number {
    const { clean, recoveryPoint } = this.options
    if (clean) return this.#segments.length
    const at = this.#segments.findLastIndex(segment => segment.base <= recoveryPoint)
    return Math.max(0, at)
  }

  #trust(segment: Segment): void {
    if (!segment.hasSaneIndexes || (segment.size > 0 && segment.times.last === null)) {
      this.#reindex(segment)
    }
    this.#end = segment.load()
  }

  #reindex(segment: Segment): void {
    const { indexIntervalBytes } = this.options.settings()
    segment.forget()
    let position = 0
    for (const each of this.#batchesIn(segment)) {
      segment.index(each, position, indexIntervalBytes)
      position += each.length
    }
    segment.writeIndexes()
  }

  /** Takes the newest snapshot that is whole and not beyond what is trusted; the offset up to which it tells. */
  #restoreProducers(trustedEnd: Offset): Offset {
    let known: Offset | null = null
    for (const offset of offsetsOf(this.#names, 'snapshot').reverse()) {
      if (known === null && offset <= trustedEnd) {
        const entries = this.snapshots.read(offset)
        if (entries) {
          this.#producers.restore(entries)
          known = offset
        }
      }
      if (known !== offset && !this.#segments.some(({ base }) => base === offset))
        this.#removeSnapshot(offset)
    }
    return known ?? 0n
  }

  /** One that tells of what is not in the log must be gone before anything is appended. */
  #removeSnapshot(offset: Offset): void {
    const { home, folder } = this.options
    home.orLater(`${folder}/snapshot/${offset}`, () => this.snapshots.remove(offset))
  }

  /** Brings the producers' state from the snapshot to the end of what is trusted. */
  #replay(known: Offset, doubtful: number): void {
    for (let i = 0; i < doubtful; i++) {
      const next = this.#segments[i + 1]
      if (next ? next.base <= known : this.#end <= known) continue
      const segment = this.#segments[i] as Segment
      const from = known > segment.base ? segment.offsets.floor(known - segment.base) : 0
      for (const each of this.#batchesIn(segment, from)) {
        if (batch.baseOffset(each) >= known) this.#producers.apply(each, this.#nowMs)
      }
    }
  }

  /** Writes the snapshot of a segment's beginning anew, which may be torn. Without one the next start reads the log before it. */
  #keepProducers(base: Offset): void {
    try {
      this.snapshots.write(base, this.#producers.entries)
    } catch (thrown) {
      this.#warn(`${this.options.folder}: no snapshot of producers at ${base}: ${(thrown as Error).message}`)
    }
  }

  /** Reads a segment through, checks every batch, and cuts it where one does not hold; says whether none had to go. */
  #check(segment: Segment): boolean {
    const { indexIntervalBytes } = this.options.settings()
    segment.forget()
    segment.aborted.clear()
    let good = 0
    let end = segment.base
    for (const each of this.#batchesIn(segment)) {
      const base = batch.baseOffset(each)
      if (base < end || !holds(each)) break
      segment.index(each, good, indexIntervalBytes)
      const completed = this.#producers.apply(each, this.#nowMs)
      if (completed) segment.complete(completed, this.#producers.firstUnstable)
      this.#epochs.note(batch.partitionLeaderEpoch(each), base)
      end = batch.lastOffset(each) + 1n
      good += each.length
    }
    segment.writeIndexes()
    this.#end = end
    const lost = segment.size - good
    if (lost === 0) return true
    this.#warn(
      `${segment.pathOf('log')}: ${lost} bytes after offset ${end} were torn or corrupt and are cut off.`,
    )
    segment.truncate(good)
    return false
  }

  #dropAfter(i: number): void {
    for (const segment of this.#segments.splice(i + 1)) {
      this.#warn(`${segment.pathOf('log')} lies after a place where the log was cut, and is removed.`)
      this.#remove(segment)
    }
  }

  /** A log that ends before its beginning was cut too far to go on: it begins where its start says. */
  #beginAfresh(): void {
    const { logStart = 0n, folder, open } = this.options
    if (logStart <= this.#end) return
    for (const segment of this.#segments.splice(0)) this.#remove(segment)
    const segment = new Segment(logStart, folder, open, this.#nowMs)
    segment.create()
    this.#segments.push(segment)
    this.#end = logStart
  }

  /**
   * A segment that was removed, and that a power failure brings back, would lie beside what is appended in its place:
   * so the disk hears of it first. Where it lacks a descriptor for that, the next sync of the log tells it.
   */
  #keepRemovals(): void {
    if (!this.#hasRemoved) return
    try {
      this.options.open.folders.syncNow(this.options.folder)
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  #remove(segment: Segment): void {
    this.#hasRemoved = true
    this.options.open.folders.changed(this.options.folder)
    segment.remove()
    this.snapshots.remove(segment.base)
  }

  /** The batches one after the other; the bytes of one are there until the next one is asked for. */
  *#batchesIn(segment: Segment, from = 0): Generator<Buffer> {
    for (const { bytes } of segment.slices(from, pieceBytes)) {
      yield* batch.batches(bytes)
      this.options.open.memory.give(bytes)
    }
  }

  #warn(message: string): void {
    this.options.logger.warn(message)
  }
}

const magic = 2

const holds = (bytes: Buffer): boolean => batch.magicOf(bytes) === magic && batch.verifyCrc(bytes)

/** The offsets that files of one kind are named by, in order. */
const offsetsOf = (names: readonly string[], kind: 'log' | 'snapshot'): Offset[] =>
  names
    .map(name => baseOffsetOf(name, kind))
    .filter(offset => offset !== null)
    .sort((a, b) => (a < b ? -1 : 1))
