import type {
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
import type { TopicLookup } from '../engine/topic-lookup.js'
import type { Inflater } from '../records/inflater.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Patience } from '../time/patience.js'
import { inTurns, Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import { Confirmations } from './confirmations.js'
import type { Files } from './files.js'
import { LogDirectories } from './log-directories.js'
import type { LogDirectory } from './log-directory.js'
import { OpenFiles } from './open-files.js'
import type { Placed } from './partition-moves.js'
import { PartitionReads, untouched } from './partition-reads.js'
import { PlacedPartitions } from './placed-partitions.js'
import { RetentionTask } from './retention-task.js'
import type { StorageFault } from './storage-fault.js'
import { TopicDeletions } from './topic-deletions.js'
import { Watchers } from './watchers.js'

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

/** The targets of a longer request are read in several turns of the event loop. */
const manyTargets = 500

/** A stop looks so often within its patience whether it gets on. */
const looksAtStop = 4

/**
 * The partitions, in Kafka's own files below one data directory or several. A partition that was never written has no
 * folder, no open file and no memory. One that was written is opened, and after a crash recovered, when a request first
 * asks for it, or else once all topics are known.
 */
export class FileLogEngine implements LogEngine {
  readonly #partitions: PlacedPartitions
  readonly #reads: PartitionReads
  readonly #deletions: TopicDeletions
  readonly #confirmations: Confirmations
  readonly #watchers = new Watchers()
  readonly #retention: RetentionTask
  readonly #patience: Patience
  #before: { readonly begin: () => Promise<void>; readonly but: string } | null = null

  private constructor(
    private readonly options: FileLogOptions,
    private readonly directories: LogDirectories,
    private readonly open: OpenFiles,
  ) {
    const changed = (target: TopicPartition) => this.#watchers.changed(target)
    const partitions = new PlacedPartitions({ ...options, directories, open, changed })
    this.#partitions = partitions
    this.#patience = new Patience(options.clock)
    this.#reads = new PartitionReads(partitions, directories)
    this.#deletions = new TopicDeletions({ directories, partitions, changed })
    this.#confirmations = new Confirmations({ ...options, directories, partitions, patience: this.#patience })
    this.#retention = new RetentionTask(options, () => partitions.opened())
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
    this.#partitions.lacksDirectory()
  }

  /** Notes the topics that there are at a start, where a partition may lie in a directory that is not to be had. */
  startsWith(topics: Iterable<{ readonly id: string; readonly partitions: readonly unknown[] }>): void {
    this.#partitions.startsWith(topics)
  }

  /** Opens the partitions for which no request has asked. It is called once all topics are known. */
  openRest(): void {
    this.#partitions.openRest()
  }

  /** The paths of folders that hold partitions of no known topic. */
  strangers(): string[] {
    return this.#partitions.strangers()
  }

  /**
   * Closes files for a descriptor that a socket has got, where few are left; false where the socket should be closed
   * instead.
   */
  spare(descriptor: number): boolean {
    return this.open.spare(descriptor)
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
    clock.cancel('log/checkpoint')
    this.#retention.stop()
    this.#partitions.close() // a request that was cut into turns makes no partition any more
    await this.#deletions.finish()
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
    if (due.size > 0 || isCut) await this.#confirmations.confirm(due, timeoutMs, batches, results)
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
    return this.#answered(requests, ({ target, producer }) => this.#partitions.at(target).log.guard(producer))
  }

  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<ReadResult[]> {
    let left = options.maxBytes
    let found = false
    const results: ReadResult[] = []
    const turns = requests.length > manyTargets ? new Turns() : null
    for (const request of requests) {
      const wanted = Math.min(request.maxBytes, left)
      let result = this.#reads.read(request, found && wanted <= 0 ? null : wanted, options.isolation)
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
      sizes.push(this.#reads.readable(request, isolation))
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
    return this.#watchers.watch(targets, changed)
  }

  bounds(targets: readonly TopicPartition[]): Promise<Answered<Bounds>[]> {
    return this.#answered(targets, target => this.#partitions.existing(target)?.log.bounds ?? untouched)
  }

  offsetsFor(queries: readonly OffsetQuery[]): Promise<Answered<TimestampedOffset | null>[]> {
    return this.#answered(queries, ({ target, timestampMs }) => {
      const log = this.#partitions.existing(target)?.log
      if (!log) return null
      return timestampMs === 'greatest' ? log.offsetOfMaxTimestamp() : log.offsetForTime(timestampMs)
    })
  }

  epochEnds(queries: readonly EpochQuery[]): Promise<Answered<EpochEnd | null>[]> {
    return this.#answered(
      queries,
      ({ target, leaderEpoch }) =>
        this.#partitions.existing(target)?.log.endOffsetForEpoch(leaderEpoch) ?? null,
    )
  }

  epochsAt(offsets: readonly OffsetOf[]): Promise<Answered<number>[]> {
    return this.#answered(
      offsets,
      ({ target, offset }) => this.#partitions.existing(target)?.log.epochAt(offset) ?? -1,
    )
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
        failures.set(home, this.directories.errorOf(thrown))
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
    const found = this.#partitions.existing(target)
    if (!found) {
      if (before > 0n) throw new KafkaError('OFFSET_OUT_OF_RANGE')
      return { start: 0n, placed: null }
    }
    const { log, home } = found
    const start = log.deleteBefore(before)
    this.#retention.drop(found) // first: a full disk, or memory, has no room for anything else
    home.noteLogStart(log.folderName, start)
    this.#watchers.changed(target)
    return { start, placed: found }
  }

  producers(targets: readonly TopicPartition[]): Promise<Answered<readonly ActiveProducer[]>[]> {
    return this.#answered(targets, target => this.#partitions.existing(target)?.log.producers() ?? [])
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
      const { message } = this.directories.errorOf(thrown)
      return { path: home.path, failure: message, totalBytes: -1n, usableBytes: -1n, replicas: [] }
    }
  }

  async #described(home: LogDirectory, turns: Turns): Promise<LogDirDescription> {
    const replicas: StoredReplica[] = []
    for (const folder of home.failure === null ? [...home.folders] : []) {
      const target = this.#partitions.targetOf(home, folder)
      if (target) replicas.push({ target, sizeBytes: BigInt(home.sizeOf(folder)), isFuture: false })
      const pause = turns.pause()
      if (pause) await pause
    }
    const { path, failure } = home
    if (failure !== null) return { path, failure, totalBytes: -1n, usableBytes: -1n, replicas: [] }
    const { total, usable } = home.usableBytes()
    replicas.push(...this.#partitions.replicasOnTheirWayTo(home))
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
      this.#partitions.move(target, this.directories.at(path))
      return null
    })
  }

  deleteTopic(topic: DeletedTopic): Promise<void> {
    return this.#deletions.delete(topic)
  }

  /** Appends one batch. Where a sync is due the high watermark has yet to move. */
  #append(batch: AppendBatch, due: Set<Placed>): AppendResult {
    try {
      const opened = this.#partitions.at(batch.target)
      const { home, log } = opened
      home.mustWork()
      home.makeUp()
      const result = log.append(batch)
      home.works()
      if (log.syncDue) due.add(opened)
      else if (result.kind === 'appended') this.#watchers.changed(batch.target)
      return result
    } catch (thrown) {
      const { errorName: error, message } = this.directories.errorOf(thrown)
      return error === 'KAFKA_STORAGE_ERROR'
        ? { kind: 'unavailable', message }
        : { kind: 'rejected', error, message }
    }
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
        answers.push(this.directories.errorOf(thrown))
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
