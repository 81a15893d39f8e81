import type {
  AbortedTransaction,
  ActiveProducer,
  Answered,
  AppendBatch,
  AppendOptions,
  AppendResult,
  Bounds,
  DeletedTopic,
  EpochEnd,
  EpochQuery,
  GuardRequest,
  Isolation,
  LogDirDescription,
  LogEngine,
  Move,
  Offset,
  OffsetOf,
  OffsetQuery,
  Readable,
  ReadOptions,
  ReadRequest,
  ReadResult,
  StoredReplica,
  TimestampedOffset,
  TopicPartition,
  TransactionGuard,
} from '../engine/log-engine.js'
import type { Presence } from '../engine/presence.js'
import type { StoredTopic, TopicLookup } from '../engine/topic-lookup.js'
import type { Inflater } from '../records/inflater.js'
import { lastOffset, splitBatches } from '../records/record-batch.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Patience } from '../time/patience.js'
import { inTurns, Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import * as names from './file-names.js'
import type { Files } from './files.js'
import { LogDirectories } from './log-directories.js'
import type { LogDirectory } from './log-directory.js'
import { OpenFiles } from './open-files.js'
import { PartitionLog } from './partition-log.js'
import { PartitionMap } from './partition-map.js'
import { PartitionMoves, type Placed } from './partition-moves.js'
import { belongsTo } from './partition-owner.js'
import { RetentionTask } from './retention-task.js'
import { isFull, isGone, StorageFault } from './storage-fault.js'

export interface FileLogOptions {
  readonly files: Files
  /** The way in which brokers of several processes know of each other; without it they go by process ids. */
  readonly presence?: Presence | undefined
  /** The data directories, at least one; the metadata journal lies in the first. */
  readonly directories: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  /** Runs the work that has no caller. */
  readonly background: Background
  readonly inflater: Inflater
  readonly topics: TopicLookup
  /** The number of descriptors that the process may have, where that is known. */
  readonly descriptorLimit?: number | null
  /** Random numbers from 0 up to 1. */
  readonly random: () => number
  readonly config: { number(name: string): number; boolean(name: string): boolean }
}

/**
 * So many partitions of one request are synced at once: the beginning of a sync may have to open files, while all
 * others wait.
 */
const syncedAtOnce = 64

/** The targets of a longer request are read in several turns of the event loop. */
const manyTargets = 500

/** A stop looks so often within its patience whether it gets on. */
const looksAtStop = 4

/** A folder that belongs to no partition any more, and the directory where it is. */
interface LeftFolder {
  readonly home: LogDirectory
  readonly folder: string
}

const untouched: Bounds = { logStartOffset: 0n, highWatermark: 0n, lastStableOffset: 0n }

/**
 * The partitions, in Kafka's own files below one data directory or several. A partition that was never written has no
 * folder, no open file and no memory. One that was written is opened, and after a crash recovered, when a request first
 * asks for it, or else once all topics are known.
 */
export class FileLogEngine implements LogEngine {
  readonly #opened = new PartitionMap<Placed>()
  readonly #watchers = new PartitionMap<Set<() => void>>()
  readonly #moves: PartitionMoves
  readonly #retention: RetentionTask
  readonly #patience: Patience
  #before: { readonly begin: () => Promise<void>; readonly but: string } | null = null
  #isClosed = false
  #lacksDirectory = false
  /**
   * The numbers of partitions that topics had at the start, where some may lie in a directory that could not be looked
   * through.
   */
  readonly #atStart = new Map<string, number>()
  /** The folders of topics that are being deleted, by the ids of these. */
  readonly #left = new Map<string, readonly LeftFolder[]>()

  private constructor(
    private readonly options: FileLogOptions,
    private readonly directories: LogDirectories,
    private readonly open: OpenFiles,
  ) {
    this.#patience = new Patience(options.clock)
    this.#moves = new PartitionMoves(options, {
      arrived: (target, home, folder, end) =>
        this.#keep(target, home, this.#load(target, home, folder, end)).log,
      stayed: (target, placed, folder) => this.#reopenLater(target, placed, folder),
      failed: thrown => directories.failed(thrown),
    })
    this.#retention = new RetentionTask(options, () => this.#opened.values())
    this.#checkpointLater()
  }

  /** Takes the directories for this process; throws DataDirectoryLocked where another broker has one. */
  static async open(options: FileLogOptions): Promise<FileLogEngine> {
    const open = new OpenFiles(options.files, { limit: options.descriptorLimit ?? undefined })
    const ours = { ...options, files: open.files }
    return new FileLogEngine(ours, await LogDirectories.open(options.directories, ours), open)
  }

  /** The file system, for the other files of the broker: where a call lacks a descriptor, the log gives some back. */
  get files(): Files {
    return this.open.files
  }

  /** Does a write of the start in a directory at once or, where the disk is full, before a log there is written. */
  orLater(directory: string, about: string, work: () => void): void {
    this.directories.at(directory).orLater(about, work)
  }

  /**
   * Makes `begin` come first: before it succeeds nothing is appended, except to the topic `but`, for a log is not
   * written in an epoch that was not kept. Each append tries it.
   */
  appendAfter(begin: () => Promise<void>, but: string): void {
    this.#before = { begin, but }
  }

  /** The paths of the directories that work. */
  get workingDirectories(): readonly string[] {
    return this.directories.all.filter(({ failure }) => failure === null).map(({ path }) => path)
  }

  /** Takes the directory of a fault offline, or reports that it is full. */
  failed(thrown: StorageFault): void {
    this.directories.failed(thrown)
  }

  /** Notes that partitions may lie in a directory that is not found. */
  lacksDirectory(): void {
    this.#lacksDirectory = true
  }

  /**
   * Notes the topics that there are at a start. One of their partitions that is in no directory was never written,
   * unless a directory could not be looked through or is not found: then the partition is refused. Those of later
   * topics are made.
   */
  startsWith(topics: Iterable<{ readonly id: string; readonly partitions: readonly unknown[] }>): void {
    if (!this.#lacksDirectory && !this.directories.mayHoldMore) return
    for (const { id, partitions } of topics) this.#atStart.set(id, partitions.length)
  }

  /**
   * Closes files for a descriptor that a socket has got, where few are left; false where the socket should be closed
   * instead.
   */
  spare(descriptor: number): boolean {
    return this.open.spare(descriptor)
  }

  /**
   * Opens the partitions for which no request has asked, one at a time so that clients are served meanwhile; after a
   * crash that recovers them. It is called once all topics are known: a folder of a topic that is gone is set aside.
   */
  openRest(): void {
    const { clock } = this.options
    const rest = this.directories.all
      .filter(({ failure }) => failure === null)
      .flatMap(home => [...home.folders].map(folder => ({ home, folder })))
      .values()
    const next = () => {
      const { value, done } = rest.next()
      if (done) return
      this.#openFolder(value.home, value.folder)
      clock.after(0, 'log/open', next)
    }
    clock.after(0, 'log/open', next)
  }

  /**
   * Brings everything to disk and leaves word that it did. Apache Kafka believes that word only with the epoch of the
   * broker's last registration (KIP-966).
   *
   * The stop waits for a disk that does not answer no longer than `ottla.stop.patience.ms` (Apache Kafka waits for
   * ever). Then the directory has no such word, and stays this process's. Should the disk come back, all is done as if
   * nothing had been, and the directory is given back.
   */
  async close(brokerEpoch: bigint | null = null): Promise<void> {
    const { clock } = this.options
    for (const timer of ['log/checkpoint', 'log/open']) clock.cancel(timer)
    this.#retention.stop()
    this.#isClosed = true // a request that was cut into turns makes no partition any more
    for (const left of this.#left.values()) await this.#clear(left).catch(() => {}) // the next start sets it aside
    const unclosed = new Set(this.directories.all)
    const closing = this.directories.all.map(async home => {
      await home.close(brokerEpoch)
      home.leave()
      unclosed.delete(home)
    })
    const isOver = Promise.all(closing).then(() => this.open.closeAll())
    const patienceMs = this.options.config.number('ottla.stop.patience.ms')
    for (let [seen, unchanged] = ['', 0]; unclosed.size > 0 && unchanged < looksAtStop; ) {
      await this.#patience.wait(isOver, patienceMs / looksAtStop)
      const now = [...unclosed].map(({ progress }) => progress).join()
      unchanged = now === seen ? unchanged + 1 : 0
      seen = now
    }
    for (const { path, progress } of unclosed) {
      this.options.logger.error(
        `The disk of ${path} does not answer: ${progress}. The stop waits no longer, and the next start will check the directory.`,
      )
    }
  }

  /**
   * True where the broker before stopped cleanly on the directory of the metadata journal: then no write was
   * interrupted.
   */
  get stoppedCleanly(): boolean {
    return this.directories.all[0]?.clean === true
  }

  /** The paths of folders that hold partitions of no known topic. */
  strangers(): string[] {
    const working = this.directories.all.filter(({ failure }) => failure === null)
    return working.flatMap(home =>
      [...home.folders]
        .filter(folder => folder !== names.metadataFolder && this.#targetOf(home, folder) === null)
        .map(folder => home.pathOf(folder)),
    )
  }

  /**
   * Appends batches. Many partitions that are written for the first time take long to make, so a long request is cut
   * into turns.
   */
  async append(batches: readonly AppendBatch[], { timeoutMs }: AppendOptions): Promise<AppendResult[]> {
    if (this.#before && batches.some(({ target }) => target.topicId !== this.#before?.but)) {
      const refusal = await this.#refusal(this.#before.begin)
      if (refusal) return batches.map(() => refusal)
    }
    const due = new Set<Placed>()
    const results: AppendResult[] = []
    const turns = batches.length > 1 ? new Turns() : null
    let isCut = false
    for (const each of batches) {
      results.push(this.#append(each, due))
      const pause = turns?.pause()
      if (!pause) continue
      isCut = true
      await pause
    }
    if (due.size > 0 || isCut) await this.#confirm(due, timeoutMs, batches, results)
    return results
  }

  async #refusal(begin: () => Promise<void>): Promise<AppendResult | null> {
    try {
      await begin()
      this.#before = null
      return null
    } catch (thrown) {
      const { message } = thrown instanceof Error ? thrown : { message: String(thrown) }
      return { kind: 'unavailable', message }
    }
  }

  guards(requests: readonly GuardRequest[]): Promise<Answered<TransactionGuard | null>[]> {
    return this.#answered(requests, ({ target, producer }) => this.#at(target).log.guard(producer))
  }

  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<ReadResult[]> {
    let left = options.maxBytes
    let found = false
    const results: ReadResult[] = []
    const turns = requests.length > manyTargets ? new Turns() : null
    for (const request of requests) {
      const wanted = Math.min(request.maxBytes, left)
      let result = this.#read(request, found && wanted <= 0 ? null : wanted, options.isolation)
      if (result.kind === 'read' && result.bytes > 0) {
        if (found && result.bytes > wanted) {
          this.release([result])
          result = { ...result, batches: [], bytes: 0, abortedTransactions: result.abortedTransactions && [] }
        } else {
          found = true
          left -= result.bytes
        }
      }
      results.push(result)
      const pause = turns?.pause()
      if (pause) await pause
    }
    return results
  }

  async readable(requests: readonly ReadRequest[], isolation: Isolation): Promise<Readable[]> {
    const turns = requests.length > manyTargets ? new Turns() : null
    const sizes: Readable[] = []
    for (const request of requests) {
      sizes.push(this.#readable(request, isolation))
      const pause = turns?.pause()
      if (pause) await pause
    }
    return sizes
  }

  release(results: readonly ReadResult[]): void {
    for (const result of results) {
      if (result.kind === 'read') for (const bytes of result.batches) this.open.memory.give(bytes)
    }
  }

  watch(targets: readonly TopicPartition[], changed: () => void): () => void {
    for (const target of targets) {
      const watchers = this.#watchers.get(target)
      if (watchers) watchers.add(changed)
      else this.#watchers.set(target, new Set([changed]))
    }
    return () => {
      for (const target of targets) {
        const watchers = this.#watchers.get(target)
        watchers?.delete(changed)
        if (watchers?.size === 0) this.#watchers.delete(target)
      }
    }
  }

  bounds(targets: readonly TopicPartition[]): Promise<Answered<Bounds>[]> {
    return this.#answered(targets, target => this.#existing(target)?.log.bounds ?? untouched)
  }

  offsetsFor(queries: readonly OffsetQuery[]): Promise<Answered<TimestampedOffset | null>[]> {
    return this.#answered(queries, ({ target, timestampMs }) => {
      const log = this.#existing(target)?.log
      if (!log) return null
      return timestampMs === 'greatest' ? log.offsetOfMaxTimestamp() : log.offsetForTime(timestampMs)
    })
  }

  epochEnds(queries: readonly EpochQuery[]): Promise<Answered<EpochEnd | null>[]> {
    return this.#answered(
      queries,
      ({ target, leaderEpoch }) => this.#existing(target)?.log.endOffsetForEpoch(leaderEpoch) ?? null,
    )
  }

  epochsAt(offsets: readonly OffsetOf[]): Promise<Answered<number>[]> {
    return this.#answered(offsets, ({ target, offset }) => this.#existing(target)?.log.epochAt(offset) ?? -1)
  }

  /** Moves the beginnings of partitions. One sync keeps all that lie in a directory. */
  async deleteRecords(before: readonly OffsetOf[]): Promise<Answered<Offset>[]> {
    const moved = await this.#answered(before, ({ target, offset }) => this.#startAt(target, offset))
    const placed = moved.flatMap(each => ('placed' in each && each.placed ? [each.placed] : []))
    const failures = new Map<LogDirectory, KafkaError>()
    const keep = async (home: LogDirectory) => {
      try {
        await Promise.all(placed.map(each => (each.home === home ? each.log.keepOwner() : null)))
        await home.keepLogStarts()
      } catch (thrown) {
        failures.set(home, this.#asKafkaError(thrown))
      }
    }
    await Promise.all([...new Set(placed.map(({ home }) => home))].map(keep))
    return moved.map(each => {
      if (each instanceof KafkaError) return each
      return (each.placed && failures.get(each.placed.home)) ?? each.start
    })
  }

  /** Moves the beginning of a partition up; for a partition that was never written nothing has to be kept. */
  #startAt(target: TopicPartition, before: Offset): { start: Offset; placed: Placed | null } {
    const found = this.#existing(target)
    if (!found) {
      if (before > 0n) throw new KafkaError('OFFSET_OUT_OF_RANGE')
      return { start: 0n, placed: null }
    }
    const { log, home } = found
    const start = log.deleteBefore(before)
    this.#retention.drop(found) // first: a full disk, or memory, has no room for anything else
    home.noteLogStart(log.folderName, start)
    this.#changed(target)
    return { start, placed: found }
  }

  producers(targets: readonly TopicPartition[]): Promise<Answered<readonly ActiveProducer[]>[]> {
    return this.#answered(targets, target => this.#existing(target)?.log.producers() ?? [])
  }

  async describe(): Promise<readonly LogDirDescription[]> {
    const turns = new Turns()
    return inTurns(this.directories.all, home => this.#describe(home, turns), turns)
  }

  /** Describes a directory. One whose disk fails meanwhile is described like one that failed before. */
  async #describe(home: LogDirectory, turns: Turns): Promise<LogDirDescription> {
    try {
      return await this.#described(home, turns)
    } catch (thrown) {
      const { message } = this.#asKafkaError(thrown)
      return { path: home.path, failure: message, totalBytes: -1n, usableBytes: -1n, replicas: [] }
    }
  }

  async #described(home: LogDirectory, turns: Turns): Promise<LogDirDescription> {
    const replicas: StoredReplica[] = []
    for (const folder of home.failure === null ? [...home.folders] : []) {
      const target = this.#targetOf(home, folder)
      if (target) replicas.push({ target, sizeBytes: BigInt(home.sizeOf(folder)), isFuture: false })
      const pause = turns.pause()
      if (pause) await pause
    }
    const { path, failure } = home
    if (failure !== null) return { path, failure, totalBytes: -1n, usableBytes: -1n, replicas: [] }
    const { total, usable } = home.usableBytes()
    replicas.push(...this.#moves.replicasIn(home))
    return { path, failure, totalBytes: total, usableBytes: usable, replicas }
  }

  checkLogDirs(paths: readonly string[]): Promise<Answered<null>[]> {
    return this.#answered(paths, path => {
      this.directories.at(path)
      return null
    })
  }

  /** Begins to move partitions (KIP-113); one that was never written will be made where it is to be. */
  move(moves: readonly Move[]): Promise<Answered<null>[]> {
    return this.#answered(moves, ({ target, path }) => {
      const to = this.directories.at(path)
      const found = this.#existing(target)
      if (found) this.#moves.begin(target, found, to)
      else this.#moves.prefer(target, to)
      return null
    })
  }

  /**
   * Deletes a topic. It is gone at once; its files follow after file.delete.delay.ms. The renaming of a folder is work
   * for the disk, so many are cut into turns, and a new topic of the same name that comes in between takes what it
   * needs out of the way. Where it threw the caller repeats it: the folders that are left then are those of the first
   * time.
   */
  async deleteTopic(topic: DeletedTopic): Promise<void> {
    const left = this.#left.get(topic.id) ?? this.#leave(topic)
    this.#left.set(topic.id, left)
    await this.#clear(left)
    this.#left.delete(topic.id)
  }

  #leave(topic: DeletedTopic): readonly LeftFolder[] {
    const left: LeftFolder[] = []
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      const target = { topicId: topic.id, partition }
      const folder = names.partitionFolder(topic.name, partition)
      this.#opened.get(target)?.log.abandon()
      this.#opened.delete(target)
      const moved = this.#moves.forget(target)
      const homes = this.#leftBehind(folder, topic)
      for (const home of moved ? [...homes, moved] : homes) left.push({ home, folder })
      this.#changed(target)
    }
    return left
  }

  /** Forgets a partition's folder. One of which nobody can tell whose it is stays for the next start to find. */
  #leftBehind(folder: string, topic: DeletedTopic): readonly LogDirectory[] {
    try {
      return this.directories.leaveBehind(folder, topic)
    } catch (thrown) {
      this.directories.failed(thrown)
      return []
    }
  }

  /** Takes the folders away; one that cannot be taken away holds up no other. Throws where there is no room. */
  async #clear(left: readonly LeftFolder[]): Promise<void> {
    const turns = new Turns()
    let passing: unknown = null
    for (const { home, folder } of left) {
      try {
        home.clear(folder)
      } catch (thrown) {
        this.directories.failed(thrown)
        if (isFull(thrown)) passing = thrown
      }
      const pause = turns.pause()
      if (pause) await pause
    }
    if (passing) throw passing
  }

  /** Appends one batch. Where a sync is due the high watermark has yet to move. */
  #append(batch: AppendBatch, due: Set<Placed>): AppendResult {
    try {
      const opened = this.#at(batch.target)
      const { home, log } = opened
      home.mustWork()
      home.makeUp()
      const result = log.append(batch)
      home.works()
      if (log.syncDue) due.add(opened)
      else if (result.kind === 'appended') this.#changed(batch.target)
      return result
    } catch (thrown) {
      const { errorName: error, message } = this.#asKafkaError(thrown)
      return error === 'KAFKA_STORAGE_ERROR'
        ? { kind: 'unavailable', message }
        : { kind: 'rejected', error, message }
    }
  }

  /**
   * Waits for the disk. A batch that it did not confirm, or not in time, may be there after a power failure, or not.
   * Its result is `unknown`, for a duplicate as for the first of its kind, and for every batch in a directory that was
   * lost meanwhile.
   */
  async #confirm(
    due: ReadonlySet<Placed>,
    timeoutMs: number,
    batches: readonly AppendBatch[],
    results: AppendResult[],
  ): Promise<void> {
    const unconfirmed = new Set<Placed>(due)
    const rest = due.values()
    const syncRest = async () => {
      for (const placed of rest) {
        try {
          await placed.log.sync()
          unconfirmed.delete(placed)
        } catch (thrown) {
          this.directories.failed(thrown)
        }
      }
    }
    const atOnce = Math.min(due.size, syncedAtOnce)
    await this.#patience.wait(Promise.all(Array.from({ length: atOnce }, syncRest)), timeoutMs)
    if (unconfirmed.size === 0 && this.directories.all.every(({ failure }) => failure === null)) return
    for (const [i, { target }] of batches.entries()) {
      const result = results[i] as AppendResult
      if (result.kind === 'appended' || result.kind === 'duplicate') {
        results[i] = this.#unconfirmed(target, unconfirmed) ?? result
      }
    }
  }

  /**
   * The result of a batch that is not known to be kept; null where it is. A batch whose partition was moved was kept by
   * that.
   */
  #unconfirmed(target: TopicPartition, unconfirmed: ReadonlySet<Placed>): AppendResult | null {
    const placed = this.#opened.get(target)
    if (placed) return unconfirmed.has(placed) || placed.home.failure !== null ? { kind: 'unknown' } : null
    const deleted = this.options.topics.topicById(target.topicId) === undefined
    return deleted ? { kind: 'rejected', error: 'UNKNOWN_TOPIC_OR_PARTITION' } : { kind: 'unknown' }
  }

  /** Reads one partition; where `maxBytes` is null, only where it begins and ends. */
  #read({ target, offset }: ReadRequest, maxBytes: number | null, isolation: Isolation): ReadResult {
    let bounds: Bounds | undefined
    try {
      const found = this.#existing(target)
      const log = found?.log ?? null
      found?.home.mustWork()
      bounds = log?.bounds ?? untouched
      const { logStartOffset, highWatermark, lastStableOffset } = bounds
      checkOffset(offset, bounds, log)
      const committed = isolation === 'read_committed'
      const end = endFor(isolation, bounds, log)
      const batches = log && maxBytes !== null ? log.read(offset, maxBytes, end) : []
      const bytes = batches.reduce((sum, each) => sum + each.length, 0)
      const abortedTransactions = committed ? abortedIn(batches, offset, log) : null
      return {
        kind: 'read',
        batches,
        bytes,
        abortedTransactions,
        logStartOffset,
        highWatermark,
        lastStableOffset,
      }
    } catch (thrown) {
      return { kind: 'failed', error: this.#asKafkaError(thrown).errorName, ...bounds }
    }
  }

  #readable({ target, offset, maxBytes }: ReadRequest, isolation: Isolation): Readable {
    let bounds: Bounds | undefined
    try {
      const found = this.#existing(target)
      const log = found?.log ?? null
      found?.home.mustWork()
      bounds = log?.bounds ?? untouched
      const { logStartOffset, highWatermark, lastStableOffset } = bounds
      checkOffset(offset, bounds, log)
      const bytes = log?.readableBytes(offset, maxBytes, endFor(isolation, bounds, log)) ?? 0
      return { kind: 'readable', bytes, logStartOffset, highWatermark, lastStableOffset }
    } catch (thrown) {
      return { kind: 'failed', error: this.#asKafkaError(thrown).errorName, ...bounds }
    }
  }

  #topic({ topicId, partition }: TopicPartition): StoredTopic {
    const topic = this.options.topics.topicById(topicId)
    if (!topic || partition < 0 || partition >= topic.partitionCount) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    }
    return topic
  }

  /** The partition where it was written before; null where it never was. */
  #existing(target: TopicPartition): Placed | null {
    const known = this.#opened.get(target)
    if (known) return known
    const { name } = this.#topic(target)
    if (this.directories.homeOf(names.partitionFolder(name, target.partition))) return this.#at(target)
    this.#mustBeNew(target)
    return null
  }

  #mustBeNew({ topicId, partition }: TopicPartition): void {
    if (partition >= (this.#atStart.get(topicId) ?? 0)) return
    throw new KafkaError('KAFKA_STORAGE_ERROR', 'The partition may lie in a directory that is offline.')
  }

  /** The partition; it is made where it was never written. */
  #at(target: TopicPartition): Placed {
    const known = this.#opened.get(target)
    if (known) return known
    if (this.#isClosed) throw new KafkaError('KAFKA_STORAGE_ERROR', 'The broker stops.')
    const { name } = this.#topic(target)
    const folder = names.partitionFolder(name, target.partition)
    try {
      this.directories.claim(folder, target.topicId)
      const stored = this.directories.homeOf(folder)
      if (!stored) this.#mustBeNew(target)
      const preferred = this.#moves.takePreferred(target)
      const home = stored ?? preferred ?? this.directories.emptiest()
      home.mustWork()
      if (!stored) home.expectFolder(folder)
      return this.#keep(target, home, this.#load(target, home, folder))
    } catch (thrown) {
      throw this.#asKafkaError(thrown)
    }
  }

  #keep(target: TopicPartition, home: LogDirectory, log: PartitionLog): Placed {
    const opened = { home, log }
    home.folders.add(log.folderName)
    home.logs.set(log.folderName, log)
    this.#opened.set(target, opened)
    return opened
  }

  /** Opens the log of a partition. One that has just been moved here lies on the disk whole, up to its end. */
  #load(target: TopicPartition, home: LogDirectory, folder: string, movedEnd?: Offset): PartitionLog {
    return new PartitionLog({
      ...this.options,
      folder: home.pathOf(folder),
      topicId: target.topicId,
      open: this.open,
      settings: () => this.#topic(target).settings,
      leaderEpoch: () => this.#topic(target).leaderEpoch(target.partition),
      verifies: () => this.options.config.boolean('transaction.partition.verification.enable'),
      clean: movedEnd !== undefined || home.isSound(folder),
      recoveryPoint: movedEnd ?? home.recoveryPointOf(folder),
      logStart: home.logStartOf(folder),
      home,
      moved: () => this.#changed(target),
    })
  }

  /** Forgets a log that a failed move may have closed: the next request for the partition opens it where it was. */
  #reopenLater(target: TopicPartition, { log, home }: Placed, folder: string): void {
    if (this.#opened.get(target)?.log !== log || !log.isClosed) return
    this.#opened.delete(target)
    home.takeBack(folder, log)
  }

  #openFolder(home: LogDirectory, folder: string): void {
    if (!home.folders.has(folder)) return // its topic was deleted meanwhile
    try {
      const target = this.#targetOf(home, folder)
      if (target) this.#at(target)
      else if (home.ownerOf(folder) !== null) home.setAside(folder)
    } catch (thrown) {
      this.options.logger.error(`${home.pathOf(folder)} could not be opened.`, thrown)
    }
  }

  /** The partition to which a folder belongs; null for a topic that does not exist (any more). */
  #targetOf(home: LogDirectory, folder: string): TopicPartition | null {
    const { topics } = this.options
    const at = folder.lastIndexOf('-')
    const partition = Number(folder.slice(at + 1))
    const topicId = topics.idOf(folder.slice(0, at))
    if (topicId === undefined || !belongsTo(topicId, home.ownerOf(folder))) return null
    return partition < (topics.topicById(topicId)?.partitionCount ?? 0) ? { topicId, partition } : null
  }

  #changed(target: TopicPartition): void {
    const watchers = this.#watchers.get(target)
    if (watchers) for (const changed of [...watchers]) changed()
  }

  /**
   * The error that a client is told. A fault of the storage is reported to its directory; an error that is neither is a
   * bug, and answered as one.
   */
  #asKafkaError(thrown: unknown): KafkaError {
    if (thrown instanceof KafkaError) return thrown
    this.directories.failed(thrown)
    if (isGone(thrown)) return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    const error = thrown instanceof StorageFault ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_SERVER_ERROR'
    return new KafkaError(error, (thrown as Error).message)
  }

  /** Answers each request for itself; long lists are cut into turns. */
  async #answered<Request, Answer>(
    requests: readonly Request[],
    answer: (request: Request) => Answer | Promise<Answer>,
  ): Promise<Answered<Answer>[]> {
    const answers: Answered<Answer>[] = []
    const turns = new Turns()
    for (const request of requests) {
      const pause = turns.pause()
      if (pause) await pause
      try {
        const given = answer(request)
        answers.push(given instanceof Promise ? await given : given)
      } catch (thrown) {
        answers.push(this.#asKafkaError(thrown))
      }
    }
    return answers
  }

  #checkpointLater(): void {
    const { clock, config } = this.options
    clock.after(config.number('log.flush.offset.checkpoint.interval.ms'), 'log/checkpoint', () => {
      this.directories.keepRecoveryPoints()
      this.#checkpointLater()
    })
  }
}

/**
 * Throws where an offset is out of range. Beyond the high watermark there may be records that a reader does not see
 * yet.
 */
function checkOffset(
  offset: Offset,
  { logStartOffset, highWatermark }: Bounds,
  log: PartitionLog | null,
): void {
  if (offset < logStartOffset || offset > (log?.logEndOffset ?? highWatermark)) {
    throw new KafkaError('OFFSET_OUT_OF_RANGE')
  }
}

function endFor(
  isolation: Isolation,
  { highWatermark, lastStableOffset }: Bounds,
  log: PartitionLog | null,
): Offset {
  if (isolation === 'log_end') return log?.logEndOffset ?? highWatermark
  return isolation === 'read_committed' ? lastStableOffset : highWatermark
}

/** The aborted transactions that a reader of the batches has to leave out. */
function abortedIn(
  chunks: readonly Buffer[],
  from: Offset,
  log: PartitionLog | null,
): readonly AbortedTransaction[] {
  const last = chunks.at(-1)
  if (!last || !log) return []
  const end = lastOffset(splitBatches(last).at(-1) as Buffer) + 1n
  return log.abortedBetween(from, end).map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
}
