import type { Offset } from '../engine/log-engine.js'
import * as batch from '../records/record-batch.js'
import { isMissing } from './checkpoints.js'
import {
  baseOffsetOf,
  isUnfinished,
  leaderEpochCheckpoint,
  logStartOffsets,
  segmentName,
  swapSuffix,
} from './file-names.js'
import { epochsIn, LeaderEpochs } from './leader-epochs.js'
import type { OpenFiles } from './open-files.js'
import type { PartitionLogOptions } from './partition-log.js'
import type { ProducerSnapshots } from './producer-snapshots.js'
import { type ProducerEntry, ProducerState } from './producer-state.js'
import { Segment, type Slice } from './segment.js'
import { isFull } from './storage-fault.js'
import { finishSwaps, namesAfter, swapsIn } from './swap.js'
import type { TransactionChecksums } from './transaction-checksums.js'
import { type AbortedRange, abortedRange } from './transaction-index.js'

export interface Recovered {
  readonly segments: Segment[]
  readonly producers: ProducerState
  readonly epochs: LeaderEpochs
  readonly end: Offset
}

/** So many leader epochs are compared with the batches; a partition has one more each time that its leader changes. */
const checkedEpochs = 64
/** So many bytes are read and checked in one go: they stay in the processor's own memory meanwhile. */
const pieceBytes = 256 << 10

/**
 * Opens the segments of a partition (Kafka's LogLoader). After a clean stop the log is trusted. After a crash every
 * batch from the recovery point on is checked, the log is cut at the first that does not hold, and the indexes are
 * written anew. The producers' state is the newest snapshot, with the batches that came after it. Every file but the
 * log is looked through, and made again from the log where it cannot be what was written.
 */
export function recover(
  options: PartitionLogOptions,
  snapshots: ProducerSnapshots,
  checksums: TransactionChecksums,
): Recovered {
  const recovery = new Recovery(options, snapshots, checksums)
  try {
    return recovery.run()
  } catch (thrown) {
    recovery.close()
    throw thrown
  }
}

class Recovery {
  readonly #segments: Segment[] = []
  readonly #producers = new ProducerState()
  readonly #epochs: LeaderEpochs
  readonly #nowMs: number
  /** The names of the files in the folder: a broker of ten thousand partitions looks at each folder only once. */
  readonly #names: readonly string[]
  #end: Offset
  #hasRemoved = false
  /** True where the file of the leader epochs tells of a batch what the batch does not. */
  #epochsDiffer = false
  /**
   * The offset of the latest snapshot that could be read; of one that lies beyond the rest of the log also its content.
   */
  #latestSnapshot = 0n
  #producersBeyond: ProducerEntry[] | null = null
  /** True where a transaction index was written anew, so that nothing tells of markers that are missing in the log. */
  #lacksAborted = false
  /** The greatest offset of a snapshot that was removed. */
  #latestRemoved = 0n
  /** The offsets of the snapshots that could not be read. */
  readonly #damagedSnapshots = new Set<Offset>()

  constructor(
    private readonly options: PartitionLogOptions,
    private readonly snapshots: ProducerSnapshots,
    private readonly checksums: TransactionChecksums,
  ) {
    const { folder, open, clock } = options
    this.#nowMs = clock.now()
    const { names, swaps } = this.#finishSwaps(open.files.list(folder))
    this.#names = names
    const bases = offsetsOf(this.#names, 'log')
    if (bases.length === 0) bases.push(options.logStart ?? 0n)
    for (const base of bases) this.#segments.push(this.#segment(base, swaps.has(base) ? swapSuffix : ''))
    this.#epochs = new LeaderEpochs(open.files, `${folder}/${leaderEpochCheckpoint}`)
    this.#end = bases[0] as Offset
  }

  /**
   * Finishes the compactions that a crash interrupted. Where there is no room for that the log is read as it will be:
   * of a swap that waits only the log counts, under the name that it has, and it is put in its place before the log is
   * written.
   */
  #finishSwaps(found: readonly string[]): { names: readonly string[]; swaps: ReadonlySet<Offset> } {
    const { folder, open, home } = this.options
    if (!found.some(isUnfinished)) return { names: found, swaps: new Set() }
    const unread: Segment[] = []
    home.orLater(`${folder}/swaps`, () => {
      if (this.#segments.some(({ isAbandoned }) => isAbandoned)) return // the folder is another's by now
      for (const segment of this.#segments) if (!segment.isInPlace) segment.close()
      finishSwaps(open, folder, this.#nowMs, base => unread.push(...this.#putInPlace(base)))
      for (const segment of unread) segment.reindex(`${segment.pathOf('log')} has come into its place`)
    })
    const left = open.files.list(folder)
    const swaps = swapsIn(open, folder, left, this.#nowMs)
    return { names: namesAfter(left, swaps), swaps: new Set(swaps.map(({ base }) => base)) }
  }

  /**
   * Takes a segment for which there is room now into the row, which is the log's. Nothing may open the file under its
   * old name any more, for that would make one there.
   */
  #putInPlace(base: Offset): Segment[] {
    const at = this.#segments.findIndex(each => each.base === base && !each.isInPlace)
    if (at < 0) return []
    const segment = this.#segment(base)
    this.#segments[at] = segment
    return [segment]
  }

  run(): Recovered {
    this.#missLogs()
    this.#removeOrphans()
    this.#dropLeftover()
    const doubtful = this.#firstDoubtful()
    for (let i = 0; i < doubtful; i++) this.#trust(i)
    const known = this.#restoreProducers(this.#segments[doubtful]?.base ?? this.#end)
    this.#replay(known, doubtful)
    this.#mendTransactions(doubtful)
    for (let i = doubtful; i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Segment
      if (i > 0 && segment.base !== known) this.#producersBefore(segment.base)
      const isWhole = this.#check(segment)
      const next = this.#segments[i + 1]
      if (!isWhole && next && next.base !== this.#end) this.#dropAfter(i)
    }
    for (const segment of this.#segments.slice(0, -1)) segment.seal()
    this.#mendEpochs()
    this.#epochs.endAt(this.#end)
    this.#goOnWhereItEnded()
    this.#noteHoles()
    this.#epochs.saveIfRoom()
    this.#beginAfresh()
    this.#keepRemovals()
    this.#makeUpLater()
    return { segments: this.#segments, producers: this.#producers, epochs: this.#epochs, end: this.#end }
  }

  /**
   * Removes transaction indexes without a log. One would be taken for that of a segment which the log has yet to reach.
   */
  #removeOrphans(): void {
    const { folder, open, home } = this.options
    for (const base of offsetsOf(this.#names, 'txnindex')) {
      if (this.#names.includes(segmentName(base, 'log'))) continue
      open.folders.changed(folder)
      const path = `${folder}/${segmentName(base, 'txnindex')}`
      home.orLater(path, () => open.files.remove(path))
    }
  }

  /**
   * Drops an empty segment that begins before the one in front of it ends. A roll that failed had left it, it was
   * removed, and a power failure has brought it back.
   */
  #dropLeftover(): void {
    const [before, last] = this.#segments.slice(-2)
    if (this.options.clean || !before || !last || last.size > 0 || before.load().end <= last.base) return
    this.#segments.pop()
    this.#hasRemoved = true
    this.options.home.orLater(last.pathOf('log'), () => last.remove())
  }

  /**
   * Owes the directory the removal of bytes that a full disk did not let go of: they must be gone before anything is
   * appended.
   */
  #makeUpLater(): void {
    const { home } = this.options
    for (const segment of this.#segments) {
      if (segment.isInPlace) home.orLater(segment.pathOf('log'), () => segment.makeUp())
    }
  }

  /** Closes the files that are open; a recovery that failed is tried again from the beginning. */
  close(): void {
    for (const segment of this.#segments) segment.abandon()
  }

  /** Reports the logs that are missing: an index without a log tells that there was one. */
  #missLogs(): void {
    const { folder, open, home } = this.options
    for (const base of offsetsOf(this.#names, 'index')) {
      if (this.#names.includes(segmentName(base, 'log'))) continue
      this.#warn(
        `${folder}/${segmentName(base, 'log')} is missing: the records from offset ${base} up to the next segment are lost.`,
      )
      home.orLater(`${folder}/${base}`, () => {
        for (const kind of ['index', 'timeindex', 'txnindex'] as const) {
          open.files.remove(`${folder}/${segmentName(base, kind)}`)
        }
      })
    }
  }

  /** The first segment that may hold bytes that never reached the disk. */
  #firstDoubtful(): number {
    const { clean, recoveryPoint } = this.options
    if (clean) return this.#segments.length
    const at = this.#segments.findLastIndex(segment => segment.base <= recoveryPoint)
    return Math.max(0, at)
  }

  #trust(i: number): void {
    const segment = this.#segments[i] as Segment
    const next = this.#segments[i + 1]?.base ?? null
    const flaw = segment.indexFlaw(next)
    if (flaw !== null) segment.reindex(flaw)
    const { end, soundBytes, lastEpoch } = segment.load()
    this.#end = end
    if (lastEpoch !== null && this.#epochs.at(end - 1n) !== lastEpoch) this.#epochsDiffer = true
    if (soundBytes < segment.size) this.#endAt(segment, soundBytes, end, next)
  }

  /**
   * Decides about the bytes that follow the last batch of a segment after a clean stop. They should be room that was
   * reserved, or bytes that a failed write could not take back. Otherwise they were a batch once: they are kept beside
   * the log, and in the middle of the log they stay where they are.
   */
  #endAt(segment: Segment, bytes: number, end: Offset, next: Offset | null): void {
    const path = segment.pathOf('log')
    const rest = `${path}: ${segment.size - bytes} bytes after offset ${end}`
    if (segment.isZeroFrom(bytes)) {
      this.#warn(`${rest} are zeros, and are cut off.`)
    } else if (next === null) {
      const kept = `${path}.damaged-${bytes}`
      this.#warn(`${rest} are no record batches. They are kept as ${kept}, and cut off.`)
      segment.hasHole = true
      this.options.home.orLater(kept, () => {
        segment.copyFrom(bytes, kept)
        segment.truncate(bytes)
      })
      return
    } else if (next !== end) {
      this.#warn(`${rest} are no record batches. The records up to ${next} cannot be read.`)
      return
    }
    segment.truncate(bytes)
  }

  /**
   * Takes the newest snapshot that is whole and not beyond the trusted end. Returns the offset up to which it tells.
   */
  #restoreProducers(trustedEnd: Offset): Offset {
    let known: Offset | null = null
    for (const offset of offsetsOf(this.#names, 'snapshot').reverse()) {
      if (offset > trustedEnd && offset > this.#latestSnapshot) {
        const entries = this.snapshots.read(offset)
        if (entries) [this.#latestSnapshot, this.#producersBeyond] = [offset, entries]
      }
      if (known === null && offset <= trustedEnd) {
        const entries = this.snapshots.read(offset)
        if (entries) {
          this.#producers.restore(entries)
          known = offset
        } else this.#damagedSnapshots.add(offset)
      }
      if (known !== offset && !this.#segments.some(({ base }) => base === offset))
        this.#removeSnapshot(offset)
    }
    for (const offset of this.#damagedSnapshots) {
      const path = `${this.options.folder}/${segmentName(offset, 'snapshot')}`
      this.#warn(
        `${path} is damaged. What it told of producers is read from the log, from ${known ?? 'its beginning'} on.`,
      )
    }
    return known ?? 0n
  }

  /** Removes a snapshot. One that tells of batches that are not in the log must be gone before anything is appended. */
  #removeSnapshot(offset: Offset): void {
    const { home, folder } = this.options
    this.#latestRemoved = later(this.#latestRemoved, offset)
    home.orLater(`${folder}/snapshot/${offset}`, () => this.snapshots.remove(offset))
  }

  #mendTransactions(doubtful: number): void {
    const { flaw, path } = this.checksums
    if (flaw !== null)
      this.#warn(`${path} ${flaw}. The transaction indexes beside it are compared with the log.`)
    for (let i = 0; i < doubtful; i++) this.#mendAborted(i)
    if (flaw !== null) this.options.home.orLater(path, () => this.checksums.save(this.#segments))
  }

  /** Writes the transaction index of a trusted segment anew from its batches, where it cannot be what was written. */
  #mendAborted(i: number): void {
    const segment = this.#segments[i] as Segment
    const { base, aborted } = segment
    const isThere = this.#names.includes(segmentName(base, 'txnindex'))
    if (!isThere) aborted.beginEmpty()
    const flaw = isThere ? aborted.flaw(base, this.#segments[i + 1]?.base ?? this.#cleanEnd) : null
    if (flaw === null && segment.isInPlace && !this.checksums.doubts(segment)) return
    const ranges = this.#abortedIn(i)
    if (flaw === null && aborted.includes(ranges)) return
    aborted.replace(ranges)
    this.#lacksAborted = true
    const why = isThere ? `is damaged: it ${flaw ?? 'is not what it was'}` : isMissing
    this.#warn(`${segment.pathOf('txnindex')} ${why}. It is written anew from the log.`)
  }

  /** The aborted transactions whose markers lie in a segment, as its batches tell. */
  #abortedIn(i: number): AbortedRange[] {
    const producers = this.#producersAt(i)
    const ranges: AbortedRange[] = []
    for (const each of this.#soundBatchesIn(this.#segments[i] as Segment)) {
      const completed = producers.apply(each, this.#nowMs)
      const range = completed && abortedRange(completed, producers.firstUnstable)
      if (range) ranges.push(range)
    }
    return ranges
  }

  /** The producers' state at the beginning of a segment. */
  #producersAt(i: number): ProducerState {
    const { base } = this.#segments[i] as Segment
    const producers = new ProducerState()
    let known = 0n
    for (const offset of offsetsOf(this.#names, 'snapshot').reverse()) {
      const entries = offset <= base && this.snapshots.exists(offset) ? this.snapshots.read(offset) : null
      if (!entries) continue
      producers.restore(entries)
      known = offset
      break
    }
    this.#apply(producers, known, i)
    return producers
  }

  /** Brings the producers' state from the snapshot to the trusted end. */
  #replay(known: Offset, doubtful: number): void {
    this.#apply(this.#producers, known, doubtful, base => {
      if (this.#damagedSnapshots.has(base)) this.#keepProducers(base)
    })
  }

  /** Adds the state that the batches from `known` on tell, up to the beginning of segment `until`. */
  #apply(
    producers: ProducerState,
    known: Offset,
    until: number,
    at: (base: Offset) => void = () => {},
  ): void {
    for (let i = 0; i < until; i++) {
      const next = this.#segments[i + 1]
      if (next ? next.base <= known : this.#end <= known) continue
      const segment = this.#segments[i] as Segment
      if (segment.base > known) at(segment.base)
      const from = known > segment.base ? segment.offsets.floor(known - segment.base) : 0
      for (const each of this.#soundBatchesIn(segment, from)) {
        if (batch.baseOffset(each) >= known) producers.apply(each, this.#nowMs)
      }
    }
  }

  /**
   * Makes sure that the producers' state and the snapshot of a segment's beginning are the same. Where batches are
   * missing before it the snapshot knows more of producers than the batches that are left.
   */
  #producersBefore(base: Offset): void {
    const isThere = this.#end < base && this.#names.includes(segmentName(base, 'snapshot'))
    const told = isThere ? this.snapshots.read(base) : null
    if (told) this.#producers.restore(told)
    else this.#keepProducers(base)
  }

  /**
   * Writes the snapshot of a segment's beginning anew, which may be torn. Without one the next start reads the log
   * before it.
   */
  #keepProducers(base: Offset): void {
    try {
      this.snapshots.write(base, this.#producers.entries)
    } catch (thrown) {
      this.#warn(`${this.options.folder}: no snapshot of producers at ${base}: ${(thrown as Error).message}`)
    }
  }

  /**
   * Reads a segment through, checks every batch, and cuts it where one does not hold. Returns whether none had to go.
   */
  #check(segment: Segment): boolean {
    const { indexIntervalBytes } = this.options.settings()
    segment.forget()
    const aborted: AbortedRange[] = []
    let [good, at] = [0, 0]
    let end = segment.base
    for (let from: number | null = 0; from !== null; from = this.#afterMisplaced(segment, at, end)) {
      at = from
      for (const each of batchesOf(segment.slices(from, pieceBytes), this.options.open)) {
        const base = batch.baseOffset(each)
        if (base < end || !holds(each)) break
        if (base > end && this.#afterMisplaced(segment, at, end) !== null) break
        segment.index(each, at, indexIntervalBytes)
        const completed = this.#producers.apply(each, this.#nowMs)
        const range = completed && abortedRange(completed, this.#producers.firstUnstable)
        if (range) aborted.push(range)
        this.#epochs.note(batch.partitionLeaderEpoch(each), base)
        end = batch.lastOffset(each) + 1n
        at += each.length
        good = at // what is misplaced before the end was torn
      }
    }
    segment.writeIndexes()
    segment.aborted.recover(aborted)
    this.#end = end
    const lost = segment.size - good
    if (lost === 0) return true
    this.#warn(
      `${segment.pathOf('log')}: ${lost} bytes after offset ${end} were torn or corrupt and are cut off.`,
    )
    segment.truncate(good)
    return false
  }

  /**
   * The position behind a batch whose offsets do not fit. It stays where it is, unreadable, when the batches that
   * follow do fit and hold; otherwise null, and so where a power failure took its offset before it was synced.
   */
  #afterMisplaced(segment: Segment, position: number, end: Offset): number | null {
    if (end >= this.options.recoveryPoint && segment.isOffsetTorn(position)) return null
    const next = segment.afterMisplaced(position, Number(end - segment.base))
    if (next !== null) segment.unreadable(position)
    return next
  }

  #dropAfter(i: number): void {
    for (const segment of this.#segments.splice(i + 1)) {
      this.#warn(`${segment.pathOf('log')} lies after a place where the log was cut, and is removed.`)
      this.#remove(segment)
    }
  }

  /** Writes the leader epochs anew from the batches, where their file does not tell the same. */
  #mendEpochs(): void {
    const { flaw } = this.#epochs
    const isEmpty = this.#segments.every(({ size }) => size === 0)
    if (flaw === null ? this.#epochsFit() : isEmpty && flaw === isMissing) return
    const known = Math.max(this.options.leaderEpoch(), this.#epochs.latest(1)[0]?.epoch ?? 0)
    const latest = flaw === null ? known : Infinity
    const replaced = this.#epochs.replace(
      epochsIn(this.#segments, segment => this.#batchesIn(segment), latest),
    )
    if (!replaced && !isEmpty) return
    const { folder } = this.options
    const why = flaw ?? 'is damaged: the batches have other epochs'
    this.#warn(`${folder}/${leaderEpochCheckpoint} ${why}. It is written anew from the log.`)
  }

  /**
   * Tells whether the batches where the log and its latest epochs begin, and those before them, are of the epochs that
   * the file says. The file may say nothing of offsets before the log's start, where DeleteRecords moved it.
   */
  #epochsFit(): boolean {
    const { logStart = 0n } = this.options
    const base = this.#segments[0]?.base as Offset
    const first = later(logStart, base)
    const places = this.#epochs.latest(checkedEpochs).flatMap(({ start }) => [start - 1n, start])
    return (
      !this.#epochsDiffer && [first, ...places].every(each => each < first || this.#hasEpoch(each, first))
    )
  }

  /** The end of the log at a clean stop, which may lie beyond the rest of the log. */
  get #cleanEnd(): Offset {
    return this.options.clean ? later(this.#end, this.#latestSnapshot) : this.#end
  }

  #hasEpoch(offset: Offset, first: Offset): boolean {
    const header = this.#segments.findLast(({ base }) => base <= offset)?.headerAt(offset)
    if (!header) return true
    const epoch = batch.partitionLeaderEpoch(header)
    const ends = [batch.baseOffset(header), batch.lastOffset(header)].filter(each => each >= first)
    return ends.every(each => this.#epochs.at(each) === epoch)
  }

  /**
   * Handles a log that is shorter than it was left, or than the disk had it: it has lost records. After a clean stop
   * its end is known by the snapshot that lay there, and the log goes on there. No offset is given a second time, for a
   * reader that has read up to there would skip it.
   */
  #goOnWhereItEnded(): void {
    const { clean, recoveryPoint, folder, home } = this.options
    const ended = clean ? later(this.#cleanEnd, recoveryPoint) : recoveryPoint
    if (ended <= this.#end) return
    const goesOn = clean && ended === this.#latestSnapshot
    this.#warn(
      `${folder} ends at offset ${this.#end} and went up to ${ended}: the records between are lost. It goes on at ${goesOn ? ended : this.#end}.`,
    )
    if (!goesOn) return
    const segment = this.#segment(ended)
    home.orLater(`${folder}/${ended}`, () => segment.create())
    this.#segments.at(-1)?.seal()
    this.#segments.push(segment)
    // A transaction that ended where the log is lost is over, where it is known whether it was aborted.
    if (this.#producersBeyond && !this.#lacksAborted) this.#producers.restore(this.#producersBeyond)
    this.#keepProducers(ended)
    this.#end = ended
  }

  /**
   * Notes the segments behind which records are missing: an end that held no batches was cut off and kept (`#endAt`),
   * and the log goes on further up.
   */
  #noteHoles(): void {
    const kept = new Set(
      this.#names.filter(name => keptEnd.test(name)).map(name => name.replace(keptEnd, '')),
    )
    for (const segment of this.#segments) {
      if (kept.has(segmentName(segment.base, 'log'))) segment.hasHole = true
    }
  }

  /** Begins the log where its start says, where it ends before that: it was cut too far to go on. */
  #beginAfresh(): void {
    const { logStart = 0n, folder, clean } = this.options
    if (logStart <= this.#end) return
    if (clean) {
      this.#warn(
        `${folder}: ${logStartOffsets} says that it begins at ${logStart}, beyond its end at ${this.#end}. It begins with its first segment; records that were deleted may be read again.`,
      )
      return
    }
    this.#warn(`${folder} ends at ${this.#end}, before its beginning at ${logStart}: it begins there, empty.`)
    for (const segment of this.#segments.splice(0)) this.#remove(segment)
    const segment = this.#segment(logStart)
    segment.create()
    this.#segments.push(segment)
    this.#end = logStart
  }

  /**
   * Syncs the folder after segments were removed, or snapshots that lie beyond the end. One that a power failure brings
   * back would lie beside the records that are appended in its place, so the disk hears of the removal first. Where the
   * process lacks a descriptor for that, the next sync of the log does it.
   */
  #keepRemovals(): void {
    if (!this.#hasRemoved && this.#latestRemoved <= this.#end) return
    try {
      this.options.open.folders.syncNow(this.options.folder)
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  #segment(base: Offset, suffix = ''): Segment {
    const { folder, open, upkeep } = this.options
    return new Segment(base, folder, open, this.#nowMs, suffix, upkeep)
  }

  #remove(segment: Segment): void {
    this.#hasRemoved = true
    segment.remove()
    this.snapshots.remove(segment.base)
  }

  /**
   * Gives the batches that can be read, one after the other; the bytes of one are there until the next is asked for.
   */
  #batchesIn(segment: Segment, from = 0): Generator<Buffer> {
    return batchesOf(segment.soundSlices(from, pieceBytes), this.options.open)
  }

  /** Gives those of them whose checksum holds: a damaged batch is not believed about its producer. */
  *#soundBatchesIn(segment: Segment, from = 0): Generator<Buffer> {
    let damaged = 0
    let first = 0n
    for (const each of this.#batchesIn(segment, from)) {
      if (holds(each)) yield each
      else if (damaged++ === 0) first = batch.baseOffset(each)
    }
    if (damaged === 0) return
    this.#warn(
      `${segment.pathOf('log')}: ${damaged} record batches, the first at offset ${first}, are damaged. What they tell of producers and transactions is left out.`,
    )
  }

  #warn(message: string): void {
    this.options.logger.warn(message)
  }
}

function* batchesOf(slices: Iterable<Slice>, { memory }: OpenFiles): Generator<Buffer> {
  for (const { bytes } of slices) {
    yield* batch.batches(bytes)
    memory.give(bytes)
  }
}

const later = (a: Offset, b: Offset): Offset => (a > b ? a : b)

const magic = 2

/** The end of the name of a file that keeps the end of a log that was cut off. */
const keptEnd = /\.damaged-\d+$/

const holds = (bytes: Buffer): boolean => batch.magicOf(bytes) === magic && batch.verifyCrc(bytes)

/** The offsets by which files of one kind are named, in order. */
const offsetsOf = (names: readonly string[], kind: 'log' | 'index' | 'txnindex' | 'snapshot'): Offset[] =>
  names
    .map(name => baseOffsetOf(name, kind))
    .filter(offset => offset !== null)
    .sort((a, b) => (a < b ? -1 : 1))
