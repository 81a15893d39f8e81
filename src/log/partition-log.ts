import type { TopicSettings } from '../config/topic-settings.js'
import type { ActiveProducer, AppendResult, Bounds, Offset, TimestampedOffset } from '../engine/log-engine.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'
import { checkAppend } from './append-checks.js'
import { leaderEpochCheckpoint, partitionMetadata } from './file-names.js'
import { LeaderEpochs } from './leader-epochs.js'
import type { OpenFiles } from './open-files.js'
import { encodeSnapshot } from './producer-snapshot.js'
import type { ProducerState } from './producer-state.js'
import { recover } from './recovery.js'
import { Segment } from './segment.js'
import { Tail, type TailCache } from './tail-cache.js'

export interface PartitionLogOptions {
  readonly folder: string
  readonly topicId: string
  readonly open: OpenFiles
  readonly cache: TailCache
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: () => TopicSettings
  readonly leaderEpoch: () => number
  /** Whether the broker stopped cleanly, so that files can be trusted. */
  readonly clean: boolean
  /** Where DeleteRecords had moved the beginning to. */
  readonly logStart: Offset | undefined
}

/**
 * One partition: segments in a row, of which the last is written. A worked example: batches of 3 and 2
 * records appended to an empty log get the base offsets 0 and 3; the log end offset is then 5, and a
 * read at 1 gives both batches, because the first holds offset 1. After a crash the last segment is
 * checked batch by batch and cut at the first that does not hold (`recover`).
 */
export class PartitionLog {
  readonly #segments: Segment[]
  readonly #producers: ProducerState
  readonly #epochs: LeaderEpochs
  readonly #tail: Tail
  #start: Offset
  #end: Offset
  #unsynced = 0n

  constructor(private readonly options: PartitionLogOptions) {
    const { open, folder, topicId } = options
    const metadata = `${folder}/${partitionMetadata}`
    open.files.makeFolder(folder)
    if (!open.files.exists(metadata)) {
      open.files.writeFileAtomically(metadata, Buffer.from(`version: 0\ntopic_id: ${topicId}\n`))
    }
    const recovered = recover(options)
    this.#segments = recovered.segments
    this.#producers = recovered.producers
    this.#end = recovered.end
    this.#start = max(this.#first.base, options.logStart ?? 0n)
    this.#epochs = new LeaderEpochs(open.files, `${folder}/${leaderEpochCheckpoint}`)
    this.#tail = new Tail(options.cache)
  }

  get bounds(): Bounds {
    return { logStartOffset: this.#start, highWatermark: this.#end, lastStableOffset: this.#end }
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  get #first(): Segment {
    return this.#segments[0] as Segment
  }

  get #active(): Segment {
    return this.#segments.at(-1) as Segment
  }

  /** Checks, numbers and writes a batch. Throws KafkaError for one that may not be appended. */
  append(bytes: Buffer): Extract<AppendResult, { kind: 'appended' | 'duplicate' }> {
    const settings = this.options.settings()
    const nowMs = this.options.clock.now()
    checkAppend(bytes, settings, nowMs)
    const known = this.#producers.check(bytes)
    if (known !== null) {
      return { kind: 'duplicate', baseOffset: known, logAppendTimeMs: -1n, logStartOffset: this.#start }
    }
    const stampsTime = settings.messageTimestampType === 'LogAppendTime'
    if (stampsTime) batch.stampLogAppendTime(bytes, BigInt(nowMs))
    const leaderEpoch = this.options.leaderEpoch()
    batch.stampOffset(bytes, this.#end, leaderEpoch)
    if (this.#mustRoll(bytes, settings, nowMs)) this.#roll()
    this.#epochs.assign(leaderEpoch, this.#end)
    this.#active.append(bytes, nowMs, settings.indexIntervalBytes)
    const baseOffset = this.#end
    this.#end = batch.lastOffset(bytes) + 1n
    this.#producers.apply(bytes, nowMs)
    this.#tail.add(baseOffset, bytes)
    this.#unsynced += BigInt(batch.recordCount(bytes))
    const logAppendTimeMs = stampsTime ? BigInt(nowMs) : -1n
    return { kind: 'appended', baseOffset, logAppendTimeMs, logStartOffset: this.#start }
  }

  /** Whether as many records have come since the last sync as flush.messages allows. */
  get syncDue(): boolean {
    return this.#unsynced >= this.options.settings().flushMessages
  }

  async sync(): Promise<void> {
    this.#unsynced = 0n
    await this.#active.sync()
  }

  read(offset: Offset, maxBytes: number): readonly Buffer[] {
    if (offset < this.#start || offset > this.#end) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    if (offset === this.#end) return []
    const recent = this.#tail.read(offset, maxBytes)
    if (recent) return recent
    for (let at = this.#segmentAt(offset); at < this.#segments.length; at++) {
      const slice = (this.#segments[at] as Segment).read(offset, maxBytes)
      if (slice) return [slice.bytes]
    }
    return []
  }

  /** The first record at or after the time; null past the last. */
  async offsetForTime(timestampMs: bigint): Promise<TimestampedOffset | null> {
    for (const segment of [...this.#segments]) {
      if (segment.maxTimestampMs < timestampMs) continue
      for (const bytes of this.#batchesOf(segment, timestampMs)) {
        const found = (await batch.decodeRecords(bytes)).find(
          record => record.timestampMs >= timestampMs && record.offset >= this.#start,
        )
        if (!found) continue
        const leaderEpoch = batch.partitionLeaderEpoch(bytes)
        return { offset: found.offset, timestampMs: found.timestampMs, leaderEpoch }
      }
    }
    return null
  }

  /** The first of the records that have the greatest timestamp; null in an empty log. */
  async offsetOfMaxTimestamp(): Promise<TimestampedOffset | null> {
    const greatest = this.#segments.reduce((most, segment) => max(most, segment.maxTimestampMs), -1n)
    return greatest < 0n ? null : this.offsetForTime(greatest)
  }

  endOffsetForEpoch(leaderEpoch: number) {
    return this.#epochs.endOf(leaderEpoch, this.#end)
  }

  epochAt(offset: Offset): number {
    return this.#epochs.at(offset)
  }

  /** Moves the beginning and drops the segments that lie wholly before it. */
  deleteBefore(before: Offset): Offset {
    const wanted = before === -1n ? this.#end : before
    if (wanted < 0n || wanted > this.#end) throw new KafkaError('OFFSET_OUT_OF_RANGE')
    this.#start = max(this.#start, wanted)
    this.#dropWhile((_, next) => next.base <= this.#start)
    return this.#start
  }

  /** Drops what retention.ms and retention.bytes no longer keep; a log that may only be compacted keeps all. */
  retain(nowMs: number): void {
    const { cleanupPolicy, retentionBytes, retentionMs } = this.options.settings()
    if (!cleanupPolicy.delete) return
    if (retentionMs >= 0n) {
      const oldest = BigInt(nowMs) - retentionMs
      const tooOld = (segment: Segment) => segment.size > 0 && segment.maxTimestampMs < oldest
      if (tooOld(this.#active) && this.#segments.every(tooOld)) this.#roll()
      this.#dropWhile(tooOld)
    }
    if (retentionBytes >= 0n) {
      let excess = BigInt(this.sizeBytes) - retentionBytes
      this.#dropWhile(segment => {
        if (excess < BigInt(segment.size)) return false
        excess -= BigInt(segment.size)
        return true
      })
    }
    this.#start = max(this.#start, this.#first.base)
  }

  expireProducers(seenBeforeMs: number): void {
    this.#producers.expire(seenBeforeMs)
  }

  producers(): readonly ActiveProducer[] {
    return this.#producers.active()
  }

  /** Leaves what the next start needs to trust the files. */
  async close(): Promise<void> {
    await this.sync()
    this.#saveProducers(this.#end)
    this.#tail.clear()
  }

  /** Stops holding memory and files; the folder is somebody else's now. */
  abandon(): void {
    this.#tail.clear()
    for (const segment of this.#segments) {
      for (const kind of ['log', 'index', 'timeindex'] as const) this.options.open.close(segment.pathOf(kind))
    }
  }

  #mustRoll(bytes: Buffer, settings: TopicSettings, nowMs: number): boolean {
    const { size, offsets, firstAppendMs, base } = this.#active
    if (size === 0) return false
    return (
      size + bytes.length > settings.segmentBytes ||
      offsets.bytes + 8 > settings.segmentIndexBytes ||
      (firstAppendMs !== null && BigInt(nowMs - firstAppendMs) >= settings.segmentMs) ||
      batch.lastOffset(bytes) - base > 2n ** 31n - 1n
    )
  }

  #roll(): void {
    const { folder, open } = this.options
    void this.#active.sync()
    this.#saveProducers(this.#end)
    this.#segments.push(new Segment(this.#end, folder, open))
  }

  #saveProducers(offset: Offset): void {
    const { folder, open } = this.options
    const path = new Segment(offset, folder, open).pathOf('snapshot')
    open.files.writeFileAtomically(path, encodeSnapshot(this.#producers.entries))
  }

  /** The active segment is never dropped. */
  #dropWhile(goes: (segment: Segment, next: Segment) => boolean): void {
    while (this.#segments.length > 1) {
      const [segment, next] = this.#segments as [Segment, Segment]
      if (!goes(segment, next)) break
      this.#segments.shift()
      segment.remove()
    }
    this.#start = max(this.#start, this.#first.base)
    this.#epochs.startAt(this.#start)
  }

  *#batchesOf(segment: Segment, timestampMs: bigint): Generator<Buffer> {
    const relative = BigInt(segment.times.floor(timestampMs - 1n))
    for (const { bytes } of segment.slices(segment.offsets.floor(relative), 1 << 16)) {
      for (const each of batch.batches(bytes)) if (batch.maxTimestamp(each) >= timestampMs) yield each
    }
  }

  /** The segment in which an offset lies, by halving. */
  #segmentAt(offset: Offset): number {
    let low = 0
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#segments[middle] as Segment).base <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
