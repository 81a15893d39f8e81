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
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'
import { checkAppend } from './append-checks.js'
import { partitionMetadata } from './file-names.js'
import type { LeaderEpochs } from './leader-epochs.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { ownerFile } from './partition-owner.js'
import { ProducerSnapshots } from './producer-snapshots.js'
import type { ProducerState } from './producer-state.js'
import { recover } from './recovery.js'
import { outOfRetention } from './retention.js'
import type { Segment } from './segment.js'
import { bytesOf, Segments } from './segments.js'
import { SharedSync } from './shared-sync.js'
import type { AbortedRange } from './transaction-index.js'

/** flush.ms of this much and more means never. */
const neverMs = 2n ** 62n

/** Of the segments that are to go; what `sync` brings to disk first lets more of them go. */
export type Dropped = 'all' | 'some' | 'before a sync'

export interface PartitionLogOptions {
  readonly folder: string
  readonly topicId: string
  readonly open: OpenFiles
  readonly clock: Clock
  readonly logger: Logger
  /** From 0 up to 1. */
  readonly random: () => number
  readonly settings: () => TopicSettings
  readonly leaderEpoch: () => number
  /** Whether a transaction may begin only with a guard. */
  readonly verifies: () => boolean
  /** Whether the broker stopped cleanly, so that files can be trusted. */
  readonly clean: boolean
  /** Up to where the disk is known to have everything. */
  readonly recoveryPoint: Offset
  /** Where DeleteRecords had moved the beginning to. */
  readonly logStart: Offset | undefined
}

/**
 * One partition: segments in a row, of which the last is written. A worked example: batches of 3 and 2
 * records appended to an empty log get the base offsets 0 and 3; the log end offset is then 5, and a
 * read at 1 gives both batches, because the first holds offset 1. After a crash the log is checked batch
 * by batch and cut at the first that does not hold (`recover`).
 */
export class PartitionLog {
  readonly #segments: Segments
  readonly #producers: ProducerState
  readonly #snapshots: ProducerSnapshots
  readonly #epochs: LeaderEpochs
  readonly #sync: SharedSync
  #start: Offset
  #end: Offset
  #recoveryPoint: Offset
  #unsynced = 0n
  #flushIsDue = false
  #isClosed = false
  /** The latest leader epoch that has appended here. */
  #latestFence = -1
  /** Says whose the folder is; null once the disk has it. */
  #unsyncedMetadata: FileHandle | null = null
  /** Which share of segment.jitter.ms the active segment ends earlier, so that not all roll at once. */
  #jitter: number

  constructor(private readonly options: PartitionLogOptions) {
    const { open, folder, topicId, logStart = 0n } = options
    const metadata = `${folder}/${partitionMetadata}`
    if (open.files.size(metadata) === 0) {
      open.files.makeFolder(folder)
      open.files.writeFile(metadata, ownerFile(topicId))
      this.#unsyncedMetadata = open.handle(metadata)
    }
    this.#snapshots = new ProducerSnapshots(folder, open)
    const { segments, producers, epochs, end } = recover(options, this.#snapshots)
    this.#segments = new Segments(segments, options)
    this.#producers = producers
    this.#epochs = epochs
    this.#end = end
    this.#start = max(this.#segments.first.base, logStart)
    this.#recoveryPoint = min(options.recoveryPoint, end)
    for (const { base } of segments) {
      if (base >= this.#recoveryPoint && this.#snapshots.exists(base)) this.#snapshots.doubt(base)
    }
    this.#jitter = options.random()
    this.#sync = new SharedSync(() => this.#syncAll())
  }

  get bounds(): Bounds {
    const lastStableOffset = max(this.#start, this.#producers.firstUnstable ?? this.#end)
    return { logStartOffset: this.#start, highWatermark: this.#end, lastStableOffset }
  }

  /** Up to where the disk is known to have everything. */
  get recoveryPoint(): Offset {
    return this.#recoveryPoint
  }

  get topicId(): string {
    return this.options.topicId
  }

  /** The name of its folder in the data directory. */
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
    checkAppend(bytes, settings, nowMs)
    const known = this.#producers.check(each, this.options.verifies)
    if (known !== null) {
      const { baseOffset, timestampMs: logAppendTimeMs } = known
      return { kind: 'duplicate', baseOffset, logAppendTimeMs, logStartOffset: this.#start }
    }
    const stampsTime = settings.messageTimestampType === 'LogAppendTime'
    if (stampsTime) batch.stampLogAppendTime(bytes, BigInt(nowMs))
    const baseOffset = this.#end
    batch.stampOffset(bytes, baseOffset, leaderEpoch)
    this.#segments.removeLeftover()
    if (this.#mustRoll(bytes, settings, nowMs)) this.#roll()
    if (settings.preallocate) this.#segments.active.reserve(settings.segmentBytes)
    this.#epochs.assign(leaderEpoch, baseOffset)
    this.#segments.active.append(bytes, settings.indexIntervalBytes)
    this.#end = batch.lastOffset(bytes) + 1n
    const completed = this.#producers.apply(bytes, nowMs)
    if (completed) this.#segments.active.complete(completed, this.#producers.firstUnstable)
    this.#unsynced += BigInt(batch.recordCount(bytes))
    if (settings.flushMs < neverMs) this.#syncWithin(Number(settings.flushMs))
    const logAppendTimeMs = stampsTime ? BigInt(nowMs) : -1n
    return { kind: 'appended', baseOffset, logAppendTimeMs, logStartOffset: this.#start }
  }

  /** Whether as many records have come since the last sync as flush.messages allows. */
  get syncDue(): boolean {
    return this.#unsynced >= this.options.settings().flushMessages
  }

  /** Resolves when the disk has what was appended; whoever asks at the same time shares one sync. */
  sync(): Promise<void> {
    return this.#sync.join()
  }

  /** Null where the transaction has begun. */
  guard(producer: ProducerOfBatch): TransactionGuard | null {
    return this.#producers.guard(producer, this.options.clock.now())
  }

  /** Whole batches from the one that holds `offset` on; none that begins at `end` or later. */
  read(offset: Offset, maxBytes: number, end = this.#end): readonly Buffer[] {
    if (offset < this.#start || offset > this.#end) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    if (offset >= end) return []
    const found = this.#segments.read(offset, maxBytes)
    return end < this.#end ? cutAt(found, end) : found
  }

  /** How many bytes `read` would find, at most `maxBytes`; too many by less than the distance of two index entries. */
  readableBytes(offset: Offset, maxBytes: number, end: Offset): number {
    if (offset < end) return this.#segments.bytesBetween(offset, end === this.#end ? null : end, maxBytes)
    if (offset === this.#end) this.#segments.active.noteEnd(offset)
    return 0
  }

  /** The aborted transactions of which records may lie between these offsets, in the order of their first ones. */
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
        const found = (await batch.decodeRecords(bytes)).find(
          record => record.timestampMs >= timestampMs && record.offset >= from,
        )
        if (!found) continue
        const leaderEpoch = batch.partitionLeaderEpoch(bytes)
        return { offset: found.offset, timestampMs: found.timestampMs, leaderEpoch }
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

  /** Moves the beginning; `dropBeforeStart` does the rest. */
  deleteBefore(before: Offset): Offset {
    const wanted = before === -1n ? this.#end : before
    if (wanted < 0n || wanted > this.#end) throw new KafkaError('OFFSET_OUT_OF_RANGE')
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
    return this.#dropOldest(count, most)
  }

  get settings(): TopicSettings {
    return this.options.settings()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Where the next segment begins, or the log ends. */
  endOf(segment: Segment): Offset {
    return this.#segments.nextBase(segment) ?? this.#end
  }

  /** A segment to write what compaction leaves of one, or of several, that begin at `base`. */
  cleanedSegment(base: Offset): Segment {
    return this.#segments.newCleaned(base)
  }

  /** Puts a compacted segment in the place of others; false where these are not all part of the log any more. */
  replace(old: readonly Segment[], cleaned: Segment): boolean {
    if (!this.#segments.replace(old, cleaned)) return false
    for (const { base } of old.slice(1)) this.#snapshots.remove(base)
    return true
  }

  /** Whether the batch is the last one of a producer that is still known. */
  isLastOfProducer(bytes: Buffer): boolean {
    return this.#producers.isLast(bytes)
  }

  expireProducers(seenBeforeMs: number): void {
    this.#producers.expire(seenBeforeMs)
  }

  producers(): readonly ActiveProducer[] {
    return this.#producers.active()
  }

  /** Leaves what the next start needs to trust the files. */
  async close(): Promise<void> {
    this.#segments.active.seal()
    if (this.#recoveryPoint < this.#end || !this.#snapshots.hasSynced(this.#end)) await this.sync()
    this.leaveSnapshot()
    this.abandon()
  }

  /** The state of the producers at the end, without which the next start reads the last segment. */
  leaveSnapshot(): void {
    if (!this.#snapshots.exists(this.#end)) this.#saveProducers(this.#end)
  }

  /** Stops holding memory and files; the folder is somebody else's now. */
  abandon(): void {
    this.#isClosed = true
    this.options.clock.cancel(this.#flushTimer)
    this.#unsyncedMetadata?.close()
    this.#snapshots.close()
    this.#segments.close()
  }

  /** Whoever leads since a later epoch is never written over. */
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

  /** Whether the active segment is full, or too old, for one more batch (Kafka's LogSegment.shouldRoll). */
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
    this.#saveProducers(this.#end)
    this.#segments.roll(this.#end)
    this.#jitter = this.options.random()
    this.#syncSoon()
  }

  /** All that is there now and that the disk may not have. */
  async #syncAll(): Promise<void> {
    const [end, unsynced] = [this.#end, this.#unsynced]
    const doubtful = this.#segments.from(this.#recoveryPoint)
    const segments = doubtful.map(segment => segment.sync())
    await Promise.all([...segments, this.#snapshots.sync(), this.#syncMetadata()])
    this.#unsynced -= unsynced
    this.#recoveryPoint = max(this.#recoveryPoint, end)
  }

  /** What the disk is to have of a partition is of no use without the topic that it belongs to. */
  async #syncMetadata(): Promise<void> {
    await this.#unsyncedMetadata?.sync()
    this.#unsyncedMetadata?.close()
    this.#unsyncedMetadata = null
  }

  #syncSoon(): void {
    const { logger, folder } = this.options
    this.sync().catch((error: Error) => logger.error(`${folder} could not be synced: ${error.message}`))
  }

  get #flushTimer(): string {
    return `log/flush/${this.options.folder}`
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
  }

  /** The active segment is never dropped, nor one as long as the disk may not have what tells of its producers. */
  #dropOldest(count: number, most: number): Dropped {
    const { all } = this.#segments
    let ready = 0
    while (ready < Math.min(count, most) && this.#snapshots.hasSynced(all[ready + 1]?.base ?? this.#end))
      ready += 1
    const dropped = this.#segments.takeOldest(ready)
    this.#start = max(this.#start, this.#segments.first.base) // also where a file cannot be removed
    for (const segment of dropped) {
      segment.remove()
      this.#snapshots.remove(segment.base)
    }
    this.#epochs.startAt(this.#start)
    if (ready === count) return 'all'
    return ready === most ? 'some' : 'before a sync'
  }
}

/** Each buffer holds batches one after the other. */
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

/** By the records' own time where they have one. */
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
