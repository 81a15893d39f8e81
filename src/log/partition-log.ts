import { dirname } from 'node:path'
import type { TopicSettings } from '../config/topic-settings.js'
import type {
  ActiveProducer,
  AppendBatch,
  AppendResult,
  Bounds,
  Offset,
  ProducerOfBatch,
  TimestampedOffset,
  TransactionGuard,
} from '../engine/log-engine.js'
import { checkForSegment, checkOwnBatch } from '../records/admission.js'
import type { Inflater } from '../records/inflater.js'
import * as batch from '../records/record-batch.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { partitionMetadata, transactionChecksums } from './file-names.js'
import { firstRecordSince } from './first-record-since.js'
import type { LeaderEpochs } from './leader-epochs.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { outOfRetention } from './out-of-retention.js'
import { ownerFile } from './partition-owner.js'
import { ProducerSnapshots } from './producer-snapshots.js'
import type { CompletedTransaction, ProducerState } from './producer-state.js'
import { recover } from './recovery.js'
import type { IndexUpkeep, Segment } from './segment.js'
import { bytesOf, Segments } from './segments.js'
import { SharedSync } from './shared-sync.js'
import { allDone, isFull, isGone, StorageFault } from './storage-fault.js'
import { TransactionChecksums } from './transaction-checksums.js'
import type { AbortedRange } from './transaction-index.js'

/** A flush.ms of so much or more means never. */
const neverMs = 2n ** 62n

/** A sync that had no room, or no descriptor, is tried again after so many ms. */
const syncAgainMs = 1000

/** The directory that a partition lies in, as the partition needs it. */
export interface LogHome {
  /** The partition reports every failure of a sync here. */
  failed(thrown: unknown): void
  /** Throws KAFKA_STORAGE_ERROR once its disk is lost. */
  mustWork(): void
  /** Does at once what a start has to write, or, where the disk is full, before anything else is written. */
  orLater(about: string, work: () => void): void
  /** Does what the disk had no room for at the start; throws as long as it has none. */
  makeUp(): void
}

/**
 * The part of the segments to drop that was dropped. `before a sync`: more of them may go once `sync` has brought to
 * disk what tells of their producers.
 */
export type Dropped = 'all' | 'some' | 'before a sync'

export interface PartitionLogOptions {
  readonly upkeep: IndexUpkeep
  readonly folder: string
  readonly topicId: string
  readonly open: OpenFiles
  readonly clock: Clock
  readonly logger: Logger
  readonly inflater: Inflater
  /** Random numbers from 0 up to 1. */
  readonly random: () => number
  readonly settings: () => TopicSettings
  readonly leaderEpoch: () => number
  /** Tells whether a transaction may begin only with a guard. */
  readonly verifies: () => boolean
  /** True where the broker stopped cleanly, so that files can be trusted. */
  readonly clean: boolean
  /** The disk is known to have everything up to this offset. */
  readonly recoveryPoint: Offset
  /** The offset to which DeleteRecords had moved the beginning. */
  readonly logStart: Offset | undefined
  readonly home: LogHome
  /** Called when the high watermark moves at the end of a sync; after an append the caller knows it by itself. */
  readonly moved: () => void
}

/**
 * One partition: segments in a row, of which the last is written. A worked example: batches of 3 and 2
 * records appended to an empty log get the base offsets 0 and 3; the log end offset is then 5, and a
 * read at 1 gives both batches, because the first holds offset 1. After a crash the log is checked batch
 * by batch and cut at the first that does not hold (`recover`).
 *
 * Nothing is visible before it is as safe as the topic asks for: while `flush.messages` records or more wait for the
 * disk, a sync is due, and the high watermark stays where it is until one has succeeded. So of the records below it
 * fewer than `flush.messages` may be lost with the machine, none where that is 1, and where the setting is at its
 * default it is the log end. Invariant: log start <= last stable offset <= high watermark <= log end, and none of them
 * ever goes back.
 */
export class PartitionLog {
  private readonly options: PartitionLogOptions
  readonly #segments: Segments
  readonly #producers: ProducerState
  readonly #snapshots: ProducerSnapshots
  readonly #checksums: TransactionChecksums
  readonly #epochs: LeaderEpochs
  readonly #sync: SharedSync
  #start: Offset
  #end: Offset
  /** The end of the log when it was opened: a snapshot may be there from the stop before. */
  readonly #openedAt: Offset
  /** The offset of the latest snapshot that this process wrote. */
  #snapshotAt: Offset = -1n
  #recoveryPoint: Offset
  /** The end of the log when it was made ready to be closed; -1 before. */
  #preparedAt: Offset = -1n
  /** The number of records that came after the beginning of the last sync that succeeded. */
  #unsynced: bigint
  /** Readers see the records below this offset. */
  #visible: Offset
  /** The transactions whose markers lie at or above the high watermark: for readers they are not decided yet. */
  #undecided: { readonly firstOffset: Offset; readonly lastOffset: Offset }[] = []
  #flushIsDue = false
  #isClosed = false
  /** The latest leader epoch in which a batch was appended here. */
  #latestFence = -1
  /** The file that says whose the folder is; null once the disk has it. */
  #unsyncedMetadata: FileHandle | null = null
  /** The share of segment.jitter.ms by which the active segment ends earlier, so that not all roll at once. */
  #jitter: number

  constructor(given: Omit<PartitionLogOptions, 'upkeep'>) {
    const upkeep = {
      indexIntervalBytes: () => given.settings().indexIntervalBytes,
      warn: (message: string) => given.logger.warn(message),
    }
    const options = { ...given, upkeep }
    this.options = options
    const { open, folder, topicId, logStart = 0n } = options
    const metadata = `${folder}/${partitionMetadata}`
    let isNew = false
    if (open.files.size(metadata) === 0) {
      isNew = this.#writeMetadata(metadata, ownerFile(topicId))
      this.#mayBeLost()
    } else if (!options.clean) this.#mayBeLost()
    this.#snapshots = new ProducerSnapshots(folder, open)
    this.#checksums = new TransactionChecksums(open.files, `${folder}/${transactionChecksums}`)
    const { segments, producers, epochs, end } = recover(options, this.#snapshots, this.#checksums)
    this.#segments = new Segments(segments, options)
    this.#producers = producers
    this.#epochs = epochs
    this.#end = end
    this.#openedAt = end
    // After a clean stop a file that could not be made is there all the same.
    if (!this.#unsyncedMetadata && segments.every(({ size }) => size === 0)) this.#mayBeLost()
    this.#start = max(this.#segments.first.base, logStart)
    this.#recoveryPoint = min(options.recoveryPoint, end)
    for (const { base } of segments) {
      if (base >= this.#recoveryPoint && this.#snapshots.exists(base)) this.#snapshots.doubt(base)
    }
    if (!options.clean && !isNew) this.#doubt()
    this.#jitter = options.random()
    this.#sync = new SharedSync(() => this.#syncAll())
    this.#visible = end
    this.#unsynced = end - this.#recoveryPoint
    if (this.syncDue) this.#syncNow()
  }

  /**
   * A process in which a sync failed leaves no word of a clean stop. It may have ended without a reboot, so no sync is
   * believed of the bytes behind the recovery point before they are written again. That needs no mark in the directory,
   * which a failing disk might refuse, or lose. The price is that after any unclean stop those bytes are written twice,
   * in the background, when they are synced next; they are the end of the log from the last sync on.
   */
  #doubt(): void {
    this.#unsyncedMetadata?.doubt(0)
    for (const segment of this.#segments.from(this.#recoveryPoint)) segment.doubt(this.#recoveryPoint)
  }

  get bounds(): Bounds {
    const [logStartOffset, highWatermark] = [this.#start, this.#visible]
    return { logStartOffset, highWatermark, lastStableOffset: this.#lastStableOffset }
  }

  /**
   * Writes the file that says whose the folder is. A folder that is there can be read without it. Returns whether there
   * was no folder.
   */
  #writeMetadata(path: string, content: Buffer): boolean {
    const { open, folder, home } = this.options
    const write = () => {
      if (!this.#isClosed) open.files.writeFile(path, content)
    }
    if (open.files.exists(folder)) {
      home.orLater(path, write)
      return false
    }
    open.files.makeFolder(folder)
    write()
    return true
  }

  /** Notes that the disk may not have the folder and its name, nor the names of the files in it. */
  #mayBeLost(): void {
    const { open, folder } = this.options
    open.folders.changed(folder)
    open.folders.changed(dirname(folder))
    this.#unsyncedMetadata = open.handle(`${folder}/${partitionMetadata}`)
  }

  /** Readers see up to here, exclusive. */
  get highWatermark(): Offset {
    return this.#visible
  }

  get logEndOffset(): Offset {
    return this.#end
  }

  /** The last stable offset. A transaction is undecided for readers until they see its marker. */
  get #lastStableOffset(): Offset {
    let first = this.#visible
    for (const { firstOffset } of this.#undecided) first = min(first, firstOffset)
    const { firstUnstable } = this.#producers
    return max(this.#start, firstUnstable === null ? first : min(first, firstUnstable))
  }

  /** The disk is known to have everything up to this offset. */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint
  }

  get topicId(): string {
    return this.options.topicId
  }

  /** The name of the partition's folder in the data directory. */
  get folderName(): string {
    const { folder } = this.options
    return folder.slice(folder.lastIndexOf('/') + 1)
  }

  get sizeBytes(): number {
    return bytesOf(this.#segments.all)
  }

  get segments(): readonly Segment[] {
    return this.#segments.all
  }

  /** Checks, numbers and writes a batch. Throws KafkaError for one that may not be appended. */
  append(each: Omit<AppendBatch, 'target'>): Extract<AppendResult, { kind: 'appended' | 'duplicate' }> {
    const { bytes, fence: leaderEpoch } = each
    this.#mustLead(leaderEpoch)
    const settings = this.options.settings()
    const nowMs = this.options.clock.now()
    if (each.origin !== 'client') checkOwnBatch(bytes, settings, nowMs)
    checkForSegment(bytes, settings)
    const known = this.#producers.check(each, this.options.verifies)
    if (known !== null) {
      const baseOffset = known.lastOffset - BigInt(known.offsetDelta)
      const logAppendTimeMs = known.timestampMs
      return { kind: 'duplicate', baseOffset, logAppendTimeMs, logStartOffset: this.#start }
    }
    const stampsTime = settings.messageTimestampType === 'LogAppendTime'
    if (stampsTime) batch.stampLogAppendTime(bytes, BigInt(nowMs))
    const baseOffset = this.#end
    batch.stampOffset(bytes, baseOffset, leaderEpoch)
    this.#segments.removeLeftover()
    if (this.#mustRoll(bytes, settings, nowMs)) this.#roll()
    if (settings.preallocate) this.#segments.active.reserve(settings.segmentBytes)
    if (batch.isControl(bytes)) this.#segments.active.aborted.load() // once the marker is there its entry must not get lost
    this.#epochs.assign(leaderEpoch, baseOffset)
    this.#segments.active.append(bytes, settings.indexIntervalBytes)
    this.#end = batch.lastOffset(bytes) + 1n
    const completed = this.#producers.apply(bytes, nowMs)
    this.#unsynced += BigInt(batch.recordCount(bytes))
    if (completed) this.#complete(completed)
    if (this.#unsynced < settings.flushMessages) this.#show(this.#end)
    if (settings.flushMs < neverMs) this.#syncWithin(Number(settings.flushMs))
    const logAppendTimeMs = stampsTime ? BigInt(nowMs) : -1n
    return { kind: 'appended', baseOffset, logAppendTimeMs, logStartOffset: this.#start }
  }

  /** Tells whether as many records have come since the last sync as flush.messages allows. */
  get syncDue(): boolean {
    return this.#unsynced >= this.options.settings().flushMessages
  }

  /** Resolves when the disk has what was appended; callers that ask at the same time share one sync. */
  sync(): Promise<void> {
    return this.#sync.join()
  }

  /**
   * Resolves when the disk knows whose the folder is. Without that nothing counts that other files keep of the
   * partition.
   */
  async keepOwner(): Promise<void> {
    if (this.#unsyncedMetadata === null) return
    try {
      await allDone([this.#syncMetadata(), this.options.open.folders.sync(this.options.folder)])
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown
    }
  }

  /** Requests the guard of a transaction; null where the transaction has begun. */
  guard(producer: ProducerOfBatch): TransactionGuard | null {
    return this.#producers.guard(producer, this.options.clock.now())
  }

  /** Reads whole batches from the one on that holds `offset`, and none that begins at `end` or later. */
  read(offset: Offset, maxBytes: number, end = this.#end): readonly Buffer[] {
    if (offset < this.#start || offset > this.#end) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    if (offset >= end) return []
    const found = this.#segments.read(offset, maxBytes, this.#end)
    return end < this.#end ? cutAt(found, end) : found
  }

  /**
   * The number of bytes that `read` would find, at most `maxBytes`; too many by less than the distance of two index
   * entries.
   */
  readableBytes(offset: Offset, maxBytes: number, end: Offset): number {
    if (offset < end) return this.#segments.bytesBetween(offset, end === this.#end ? null : end, maxBytes)
    if (offset === this.#end) this.#segments.active.noteEnd(offset)
    return 0
  }

  /** The aborted transactions whose records may lie between these offsets, in the order of their first offsets. */
  abortedBetween(from: Offset, end: Offset): AbortedRange[] {
    return this.#segments.abortedBetween(from, end)
  }

  /** The first record at or after the time; null past the last. */
  offsetForTime(timestampMs: bigint): Promise<TimestampedOffset | null> {
    return this.#firstSince(timestampMs, this.#start)
  }

  async #firstSince(timestampMs: bigint, from: Offset): Promise<TimestampedOffset | null> {
    for (const segment of [...this.segments]) {
      if (segment.maxTimestampMs < timestampMs) continue
      for (const bytes of segment.batchesSince(timestampMs)) {
        const found = await firstRecordSince(bytes, timestampMs, from, this.options.inflater)
        if (found) return found
      }
      if (!this.segments.includes(segment)) return this.#firstSince(timestampMs, from) // compacted meanwhile
    }
    return null
  }

  /**
   * The first of the records that have the greatest timestamp; null in an empty log. As in Kafka it may be
   * one that was deleted, while its segment is there.
   */
  async offsetOfMaxTimestamp(): Promise<TimestampedOffset | null> {
    const greatest = this.segments.reduce((most, segment) => max(most, segment.maxTimestampMs), -1n)
    return this.#firstSince(greatest, this.#segments.first.base)
  }

  endOffsetForEpoch(leaderEpoch: number) {
    return this.#epochs.endOf(leaderEpoch, this.#end)
  }

  epochAt(offset: Offset): number {
    return this.#epochs.at(offset)
  }

  /** Moves the beginning of the log; `dropBeforeStart` drops the segments before it. */
  deleteBefore(before: Offset): Offset {
    const wanted = before === -1n ? this.#visible : before
    if (wanted < 0n || wanted > this.#visible) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    this.#start = max(this.#start, wanted)
    return this.#start
  }

  /** Drops segments that lie wholly before the beginning, the oldest and at most so many. */
  dropBeforeStart(most: number): Dropped {
    return this.#dropOldest(this.#segments.indexOf(this.#start), most)
  }

  /** Drops segments that retention.ms and retention.bytes no longer keep, the oldest and at most so many. */
  retain(nowMs: number, most: number): Dropped {
    const count = outOfRetention(this.segments, this.options.settings(), nowMs)
    if (count === this.segments.length) this.#roll()
    return this.#dropOldest(Math.min(count, this.#segments.indexOf(this.#visible)), most)
  }

  get settings(): TopicSettings {
    return this.options.settings()
  }

  get inflater(): Inflater {
    return this.options.inflater
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The offset at which the next segment begins, or the log ends. */
  endOf(segment: Segment): Offset {
    return this.#segments.nextBase(segment) ?? this.#end
  }

  /**
   * Renames the files that a start had no room to rename, so that each has the name that it belongs to. Throws as long
   * as there is no room.
   */
  settle(): void {
    if (this.segments.some(({ isInPlace }) => !isInPlace)) this.options.home.makeUp()
  }

  /**
   * Creates a segment for the records that compaction leaves of one segment, or of several; the first of them begins at
   * `base`.
   */
  cleanedSegment(base: Offset): Segment {
    this.options.home.makeUp()
    return this.#segments.newCleaned(base)
  }

  /** Puts a compacted segment in the place of others; false where these are not all part of the log any more. */
  async replace(old: readonly Segment[], cleaned: Segment): Promise<boolean> {
    if (!(await this.#segments.replace(old, cleaned))) return false
    for (const { base } of old.slice(1)) this.#snapshots.remove(base)
    this.#saveChecksums()
    return true
  }

  /** Tells whether the batch is the last one of a producer that is still known. */
  isLastOfProducer(bytes: Buffer): boolean {
    return this.#producers.isLast(bytes)
  }

  expireProducers(seenBeforeMs: number): void {
    this.#producers.expire(seenBeforeMs)
  }

  producers(): readonly ActiveProducer[] {
    return this.#producers.active()
  }

  /**
   * Writes beside the log the files that the next start needs to trust it; the disk need not have them. Where many logs
   * close, all do this before the first is synced: a file system that is busy with syncs keeps those waiting who make
   * files.
   */
  prepareClose(): void {
    this.#epochs.save()
    this.#segments.active.seal()
    this.#leaveSnapshot()
    this.#saveChecksums()
    this.#preparedAt = this.#end
  }

  /** Brings everything to disk, and closes. */
  async close(): Promise<void> {
    for (;;) {
      if (!this.#isSynced) await this.sync()
      if (this.#preparedAt === this.#end) break
      this.prepareClose()
    }
    this.abandon()
  }

  get #isSynced(): boolean {
    const isKept = this.#recoveryPoint === this.#end && this.#snapshots.hasSynced(this.#end)
    return isKept && this.#unsyncedMetadata === null
  }

  /** Closes without a sync, for a copy takes the log's place. */
  leave(): void {
    this.prepareClose()
    this.abandon()
  }

  /**
   * Leaves a snapshot of the producers at the end, without which the next start reads the last segment. A snapshot that
   * is there is not written anew: where the log is empty it alone tells of the producers, and the disk has it.
   */
  #leaveSnapshot(): void {
    const isLatest = this.#end === this.#openedAt || this.#end === this.#snapshotAt
    const isThere = isLatest && this.#snapshots.exists(this.#end)
    if (!isThere) this.#snapshots.leave(this.#end, this.#producers.entries)
  }

  /**
   * Stops holding memory and files. The folder belongs to another now, and a call that is under way on its files is
   * `gone`.
   */
  abandon(): void {
    const { clock, open, folder } = this.options
    this.#isClosed = true
    clock.cancel(this.#flushTimer)
    clock.cancel(this.#syncAgainTimer)
    this.#unsyncedMetadata?.abandon()
    this.#snapshots.abandon()
    this.#segments.abandon()
    open.folders.forget(folder)
  }

  /** Refuses a leader whose epoch is over: nothing is written over the leader of a later epoch. */
  #mustLead(fence: number): void {
    const known = Math.max(this.#latestFence, this.options.leaderEpoch())
    if (fence < known) {
      throw new KafkaError(
        'NOT_LEADER_OR_FOLLOWER',
        `Epoch ${fence} of the leader is over: it is ${known} now.`,
      )
    }
    this.#latestFence = fence
  }

  /** Tells whether the active segment is full, or too old, for one more batch (Kafka's LogSegment.shouldRoll). */
  #mustRoll(bytes: Buffer, settings: TopicSettings, nowMs: number): boolean {
    const { active } = this.#segments
    const { size, offsets, base } = active
    if (size === 0) return false
    return (
      size + bytes.length > settings.segmentBytes ||
      offsets.bytes + indexEntryBytes > settings.segmentIndexBytes ||
      ageMs(active, bytes, nowMs) > mostAgeMs(settings, this.#jitter) ||
      batch.lastOffset(bytes) - base > largestOffsetDelta
    )
  }

  #roll(): void {
    this.options.home.makeUp()
    this.#saveProducers(this.#end)
    this.#segments.roll(this.#end)
    this.#saveChecksums()
    this.#jitter = this.options.random()
    this.#syncSoon()
  }

  /**
   * Saves the checksums of the transaction indexes. Without them the next start believes the indexes, as Kafka does.
   */
  #saveChecksums(): void {
    try {
      this.#checksums.save(this.segments)
    } catch (thrown) {
      if (!(thrown instanceof StorageFault)) throw thrown
      this.options.logger.warn(`${this.#checksums.path} could not be written: ${thrown.message}`)
    }
  }

  /** Syncs all that is there now and that the disk may not have. Where it fails nothing of it is confirmed, ever. */
  async #syncAll(): Promise<void> {
    const { home, moved } = this.options
    home.mustWork()
    const [end, unsynced, before] = [this.#end, this.#unsynced, this.#visible]
    try {
      await this.#syncFiles()
    } catch (thrown) {
      this.#syncFailed(thrown)
      throw thrown
    }
    home.mustWork() // another partition may have found meanwhile that the disk is lost
    this.#unsynced -= unsynced
    this.#recoveryPoint = max(this.#recoveryPoint, end)
    this.#show(this.syncDue ? end : this.#end)
    if (this.#visible > before) moved()
  }

  async #syncFiles(): Promise<void> {
    const { open, folder } = this.options
    const segments = this.#segments
      .from(this.#recoveryPoint)
      .map(segment => this.#unlessDropped(segment.sync()))
    await allDone([...segments, this.#snapshots.sync(), this.#syncMetadata()])
    await open.folders.sync(folder)
  }

  /** Waits for the sync of a segment; it may fail where retention took the segment meanwhile. */
  async #unlessDropped(synced: Promise<void>): Promise<void> {
    try {
      await synced
    } catch (thrown) {
      if (this.#isClosed || !isGone(thrown)) throw thrown
    }
  }

  #syncFailed(thrown: unknown): void {
    this.options.home.failed(thrown)
    if (!this.#isClosed && isFull(thrown)) this.#syncAgain()
  }

  #syncAgain(): void {
    this.options.clock.after(syncAgainMs, this.#syncAgainTimer, () => this.#syncSoon())
  }

  /**
   * Syncs the log while everything else waits. Readers see the records that a crash left at once, so the disk has to
   * have them first, or readers wait. All of the log is synced first. The files beside it can wait where there is no
   * room, for until then the next start reads the log again.
   */
  #syncNow(): void {
    const { open, folder } = this.options
    const segments = this.#segments.from(this.#recoveryPoint)
    const isKept = this.#hasRoom(() => {
      for (const segment of segments) segment.syncLogNow()
      open.folders.syncNow(folder)
    })
    if (!isKept) {
      this.#visible = max(this.#start, this.#recoveryPoint)
      this.#syncAgain()
      return
    }
    const isComplete = this.#hasRoom(() => {
      for (const { aborted } of segments) aborted.syncNow()
      this.#unsyncedMetadata?.syncNow()
      open.folders.syncNow(folder) // a transaction index may have come to be
      open.folders.syncNow(dirname(folder))
    })
    if (!isComplete) return
    this.#unsyncedMetadata?.close()
    this.#unsyncedMetadata = null
    this.#unsynced = 0n
    this.#recoveryPoint = this.#end
  }

  #hasRoom(work: () => void): boolean {
    try {
      work()
      return true
    } catch (thrown) {
      if (isFull(thrown)) return false
      throw thrown
    }
  }

  /** Lets readers see up to an offset. */
  #show(offset: Offset): void {
    if (offset <= this.#visible) return
    this.#visible = offset
    while (this.#undecided.length > 0 && (this.#undecided[0] as { lastOffset: Offset }).lastOffset < offset)
      this.#undecided.shift()
  }

  /** Notes a transaction that ends with the last batch. */
  #complete(completed: CompletedTransaction): void {
    this.#segments.active.complete(completed, this.#producers.firstUnstable)
    if (this.syncDue) this.#undecided.push(completed)
  }

  /**
   * Syncs the file that says whose the folder is, and the name of the folder. Without them the rest that the disk has
   * of a partition is of no use.
   */
  async #syncMetadata(): Promise<void> {
    const metadata = this.#unsyncedMetadata
    if (!metadata) return
    const { open, folder } = this.options
    await allDone([metadata.sync(), open.folders.sync(dirname(folder))])
    metadata.close()
    this.#unsyncedMetadata = null
  }

  /** Begins a sync that nobody waits for; the directory is told of a failure. */
  #syncSoon(): void {
    this.sync().catch(() => {})
  }

  get #flushTimer(): string {
    return `log/flush/${this.options.folder}`
  }

  get #syncAgainTimer(): string {
    return `log/sync-again/${this.options.folder}`
  }

  #syncWithin(delayMs: number): void {
    if (this.#flushIsDue) return
    this.#flushIsDue = true
    this.options.clock.after(delayMs, this.#flushTimer, () => {
      this.#flushIsDue = false
      this.#syncSoon()
    })
  }

  #saveProducers(offset: Offset): void {
    this.#snapshots.write(offset, this.#producers.entries)
    this.#snapshotAt = offset
  }

  /**
   * Drops the oldest segments. The active one always stays, and so does a segment as long as the disk may not have the
   * snapshot that tells of its producers.
   */
  #dropOldest(count: number, most: number): Dropped {
    const { all, isSwapping } = this.#segments
    if (isSwapping) return 'all' // the next round takes them
    if (count > 0) this.settle()
    let ready = 0
    while (ready < Math.min(count, most) && this.#snapshots.hasSynced(all[ready + 1]?.base ?? this.#end))
      ready += 1
    const dropped = this.#segments.takeOldest(ready)
    this.#start = max(this.#start, this.#segments.first.base) // also where a file cannot be removed
    if (dropped.length > 0) this.#remove(dropped)
    this.#epochs.startAt(this.#start)
    this.#epochs.saveIfRoom()
    if (ready === count) return 'all'
    return ready === most ? 'some' : 'before a sync'
  }

  /**
   * Removes segments that are not in the row any more, the oldest first. A full disk may refuse it; then they are removed
   * before anything else is written.
   */
  #remove(dropped: readonly Segment[]): void {
    for (const segment of dropped) segment.abandon()
    this.options.home.orLater((dropped[0] as Segment).pathOf('log'), () => {
      if (this.#isClosed) return // the folder is another's by now, or a start finds the segments in it
      for (const segment of dropped) {
        segment.remove()
        this.#snapshots.remove(segment.base)
      }
    })
  }
}

/** Cuts the batches off that begin at `end` or later; each buffer holds batches one after the other. */
function cutAt(found: readonly Buffer[], end: Offset): Buffer[] {
  const kept: Buffer[] = []
  for (const bytes of found) {
    let length = 0
    for (const each of batch.batches(bytes)) {
      if (batch.baseOffset(each) >= end) break
      length += each.length
    }
    if (length > 0) kept.push(bytes.subarray(0, length))
    if (length < bytes.length) break
  }
  return kept
}

const largestOffsetDelta = 2n ** 31n - 1n
const indexEntryBytes = 8

/** The age of a segment, by the records' own time where they have one. */
function ageMs({ firstTimestampMs, sinceMs }: Segment, bytes: Buffer, nowMs: number): bigint {
  return firstTimestampMs >= 0n ? batch.maxTimestamp(bytes) - firstTimestampMs : BigInt(nowMs - sinceMs)
}

function mostAgeMs(settings: TopicSettings, jitter: number): bigint {
  const { cleanupPolicy, maxCompactionLagMs, segmentJitterMs } = settings
  const segmentMs = cleanupPolicy.compact ? min(settings.segmentMs, maxCompactionLagMs) : settings.segmentMs
  if (segmentJitterMs === 0n) return segmentMs
  return segmentMs - BigInt(Math.floor(jitter * Number(min(segmentJitterMs, segmentMs))))
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
