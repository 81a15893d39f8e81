import type {
  AbortedTransaction,
  ActiveProducer,
  AppendBatch,
  AppendResult,
  Bounds,
  Isolation,
  LogDirDescription,
  LogEngine,
  Offset,
  ProducerOfBatch,
  ReadRequest,
  ReadResult,
  TimestampedOffset,
  TopicPartition,
  TransactionGuard,
} from '../engine/log-engine.js'
import type { StoredTopic, TopicLookup } from '../engine/topic-lookup.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { newId } from '../wire/new-id.js'
import { lastOffset, splitBatches } from '../wire/record-batch.js'
import { readOffsets, writeOffsets } from './checkpoints.js'
import { Cleaner } from './compaction/cleaner.js'
import { lockDirectory } from './data-directory-lock.js'
import * as names from './file-names.js'
import type { Files } from './files.js'
import { OpenFiles } from './open-files.js'
import { PartitionLog } from './partition-log.js'
import { TailCache } from './tail-cache.js'

export interface FileLogOptions {
  readonly files: Files
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  readonly topics: TopicLookup
  /** From 0 up to 1. */
  readonly random: () => number
  readonly config: { number(name: string): number; boolean(name: string): boolean }
}

const untouched: Bounds = { logStartOffset: 0n, highWatermark: 0n, lastStableOffset: 0n }
const uniqueHex = (): string => Buffer.from(newId(), 'base64url').toString('hex')
const keyOf = ({ topicId, partition }: TopicPartition): string => `${topicId}/${partition}`

/**
 * Partitions in Kafka's own files below one data directory. A partition that was never written has no
 * folder, no open file and no memory; one that was is opened, and after a crash recovered, when it is first
 * asked for, or else when the others have been.
 */
export class FileLogEngine implements LogEngine {
  readonly #logs = new Map<string, PartitionLog>()
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #open: OpenFiles
  readonly #cache: TailCache
  /** Names of the folders of partitions. */
  readonly #folders: Set<string>
  readonly #logStarts: Map<string, Offset>
  readonly #recoveryPoints: Map<string, Offset>
  readonly #clean: boolean
  readonly #cleaner: Cleaner
  #failing = false

  private constructor(
    private readonly options: FileLogOptions,
    private readonly unlock: () => void,
  ) {
    const { files, directory, config } = options
    this.#open = new OpenFiles(files)
    this.#cache = new TailCache(config.number('ottla.tail.cache.bytes'))
    this.#logStarts = readOffsets(files, `${directory}/${names.logStartOffsets}`)
    this.#recoveryPoints = readOffsets(files, `${directory}/${names.recoveryPoints}`)
    const marker = `${directory}/${names.cleanShutdown}`
    this.#clean = files.exists(marker)
    files.remove(marker)
    const found = files.list(directory)
    for (const folder of found) if (names.isDeleted(folder)) this.#removeLater(folder, 0)
    this.#folders = new Set(found.filter(names.isPartition))
    this.#cleaner = new Cleaner({ ...options, logs: () => this.#logs.values() })
    this.#retainLater()
    this.#checkpointLater()
  }

  /** Takes the directory for this process; throws DataDirectoryLocked where another broker has it. */
  static async open(options: FileLogOptions): Promise<FileLogEngine> {
    options.files.makeFolder(options.directory)
    return new FileLogEngine(options, lockDirectory(options.files, options.directory))
  }

  /**
   * Opens the partitions that nobody has asked for, one at a time so that clients are served meanwhile; after
   * a crash that recovers them. Called once all topics are known: a folder of a topic that is gone is set aside.
   */
  openRest(): void {
    const { clock } = this.options
    const rest = [...this.#folders].values()
    const next = () => {
      const { value: folder, done } = rest.next()
      if (done) return
      this.#openFolder(folder)
      clock.after(0, 'log/open', next)
    }
    clock.after(0, 'log/open', next)
  }

  /** Brings everything to disk and leaves word that it did, unless there are partitions that were never recovered. */
  async close(): Promise<void> {
    const { files, clock, logger } = this.options
    for (const timer of ['log/retention', 'log/checkpoint', 'log/open']) clock.cancel(timer)
    await this.#cleaner.stop()
    try {
      for (const log of this.#logs.values()) await log.close()
      this.#saveRecoveryPoints()
      if (this.#clean || this.#logs.size === this.#folders.size) {
        files.writeFileDurably(this.#path(names.cleanShutdown), Buffer.from('{"version":0}'))
      }
    } catch (thrown) {
      logger.error('The log could not be closed cleanly; the next start will check it.', thrown)
    } finally {
      this.#open.closeAll()
      this.unlock()
    }
  }

  async append(batches: readonly AppendBatch[]): Promise<AppendResult[]> {
    const touched = new Set<PartitionLog>()
    const results = batches.map(each => this.#append(each, touched))
    const due = [...touched].filter(log => log.syncDue)
    if (due.length > 0) await this.#sync(due, batches, results)
    for (const [i, result] of results.entries()) {
      if (result.kind === 'appended') this.#changed((batches[i] as AppendBatch).target)
    }
    return results
  }

  guard(target: TopicPartition, producer: ProducerOfBatch): TransactionGuard | null {
    return this.#opened(target).guard(producer)
  }

  async read(
    requests: readonly ReadRequest[],
    options: { readonly isolation: Isolation; readonly maxBytes: number },
  ): Promise<ReadResult[]> {
    let left = options.maxBytes
    let found = false
    return requests.map(request => {
      const wanted = Math.min(request.maxBytes, left)
      const result = this.#read(request, found && wanted <= 0 ? null : wanted, options.isolation)
      if (result.kind !== 'read' || result.bytes === 0) return result
      if (found && result.bytes > wanted) {
        return { ...result, batches: [], bytes: 0, abortedTransactions: result.abortedTransactions && [] }
      }
      found = true
      left -= result.bytes
      return result
    })
  }

  watch(targets: readonly TopicPartition[], changed: () => void): () => void {
    const keys = targets.map(keyOf)
    for (const key of keys) {
      const watchers = this.#watchers.get(key) ?? new Set()
      this.#watchers.set(key, watchers.add(changed))
    }
    return () => {
      for (const key of keys) {
        const watchers = this.#watchers.get(key)
        watchers?.delete(changed)
        if (watchers?.size === 0) this.#watchers.delete(key)
      }
    }
  }

  bounds(target: TopicPartition): Bounds {
    return this.#existing(target)?.bounds ?? untouched
  }

  async offsetForTime(target: TopicPartition, timestampMs: bigint): Promise<TimestampedOffset | null> {
    return (await this.#existing(target)?.offsetForTime(timestampMs)) ?? null
  }

  async offsetOfMaxTimestamp(target: TopicPartition): Promise<TimestampedOffset | null> {
    return (await this.#existing(target)?.offsetOfMaxTimestamp()) ?? null
  }

  endOffsetForEpoch(target: TopicPartition, leaderEpoch: number) {
    return this.#existing(target)?.endOffsetForEpoch(leaderEpoch) ?? null
  }

  epochAt(target: TopicPartition, offset: Offset): number {
    return this.#existing(target)?.epochAt(offset) ?? -1
  }

  async deleteRecords(target: TopicPartition, before: Offset): Promise<Offset> {
    const log = this.#existing(target)
    if (!log) {
      if (before > 0n) throw new KafkaError('OFFSET_OUT_OF_RANGE')
      return 0n
    }
    const start = log.deleteBefore(before)
    const { name } = this.#topic(target)
    this.#logStarts.set(names.partitionFolder(name, target.partition), start)
    writeOffsets(this.options.files, this.#path(names.logStartOffsets), this.#logStarts)
    this.#changed(target)
    return start
  }

  producers(target: TopicPartition): readonly ActiveProducer[] {
    return this.#existing(target)?.producers() ?? []
  }

  async describe(): Promise<readonly LogDirDescription[]> {
    const { files, directory } = this.options
    const { total, usable } = files.usableBytes(directory)
    const replicas = []
    for (const folder of this.#folders) {
      const target = this.#targetOf(folder)
      if (target) replicas.push({ target, sizeBytes: BigInt(this.#opened(target).sizeBytes) })
    }
    return [{ path: directory, totalBytes: total, usableBytes: usable, replicas }]
  }

  /** The topic is gone at once; its files follow after file.delete.delay.ms. */
  deleteTopic(topic: Omit<StoredTopic, 'leaderEpoch'> & { readonly id: string }): void {
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      const target = { topicId: topic.id, partition }
      this.#logs.get(keyOf(target))?.abandon()
      this.#logs.delete(keyOf(target))
      this.#discard(names.partitionFolder(topic.name, partition), topic.settings.fileDeleteDelayMs)
      this.#changed(target)
    }
  }

  #append({ target, ...batch }: AppendBatch, touched: Set<PartitionLog>): AppendResult {
    try {
      const log = this.#opened(target)
      const result = log.append(batch)
      touched.add(log)
      this.#works()
      return result
    } catch (thrown) {
      if (thrown instanceof KafkaError) {
        return { kind: 'rejected', error: thrown.errorName, message: thrown.message }
      }
      const { message } = thrown as Error
      this.#fails(message)
      return { kind: 'rejected', error: 'KAFKA_STORAGE_ERROR', message }
    }
  }

  /** What the disk did not confirm may be there after a power failure, or not. */
  async #sync(
    due: readonly PartitionLog[],
    batches: readonly AppendBatch[],
    results: AppendResult[],
  ): Promise<void> {
    const failed = new Set<PartitionLog>()
    const sync = async (log: PartitionLog) => {
      try {
        await log.sync()
      } catch (thrown) {
        this.#fails((thrown as Error).message)
        failed.add(log)
      }
    }
    await Promise.all(due.map(sync))
    if (failed.size === 0) return
    for (const [i, { target }] of batches.entries()) {
      const log = this.#logs.get(keyOf(target))
      if (log && failed.has(log) && results[i]?.kind === 'appended') results[i] = { kind: 'unknown' }
    }
  }

  /** Said once, not for every batch that meets a full disk. */
  #fails(message: string): void {
    if (!this.#failing) {
      this.options.logger.error(
        `The disk refuses what is appended: ${message}. Reading goes on, and appending when the disk works again.`,
      )
    }
    this.#failing = true
  }

  #works(): void {
    if (this.#failing) this.options.logger.info('The disk takes what is appended again.')
    this.#failing = false
  }

  /** `maxBytes` null: only where the partition begins and ends. */
  #read({ target, offset }: ReadRequest, maxBytes: number | null, isolation: Isolation): ReadResult {
    let bounds: Bounds | undefined
    try {
      const log = this.#existing(target)
      bounds = log?.bounds ?? untouched
      const { logStartOffset, highWatermark, lastStableOffset } = bounds
      if (offset < logStartOffset || offset > highWatermark) throw new KafkaError('OFFSET_OUT_OF_RANGE')
      const committed = isolation === 'read_committed'
      const end = committed ? lastStableOffset : highWatermark
      const batches = log && maxBytes !== null ? log.read(offset, maxBytes, end) : []
      const bytes = batches.reduce((sum, each) => sum + each.length, 0)
      const abortedTransactions = committed ? abortedIn(batches, offset, log) : null
      return { kind: 'read', batches, bytes, abortedTransactions, ...bounds }
    } catch (thrown) {
      if (thrown instanceof KafkaError) return { kind: 'failed', error: thrown.errorName, ...bounds }
      this.options.logger.error(`${keyOf(target)} could not be read at ${offset}.`, thrown)
      return { kind: 'failed', error: 'KAFKA_STORAGE_ERROR', ...bounds }
    }
  }

  #topic({ topicId, partition }: TopicPartition): StoredTopic {
    const topic = this.options.topics.topicById(topicId)
    if (!topic || partition < 0 || partition >= topic.partitionCount) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    }
    return topic
  }

  /** The log of a partition that was written before; null for one that never was. */
  #existing(target: TopicPartition): PartitionLog | null {
    const known = this.#logs.get(keyOf(target))
    if (known) return known
    const { name } = this.#topic(target)
    return this.#folders.has(names.partitionFolder(name, target.partition)) ? this.#opened(target) : null
  }

  #opened(target: TopicPartition): PartitionLog {
    const key = keyOf(target)
    const known = this.#logs.get(key)
    if (known) return known
    const { name } = this.#topic(target)
    const folder = names.partitionFolder(name, target.partition)
    const owner = this.#ownerOf(folder)
    if (owner !== null && owner !== target.topicId) this.#setAside(folder)
    const log = new PartitionLog({
      ...this.options,
      folder: this.#path(folder),
      topicId: target.topicId,
      open: this.#open,
      cache: this.#cache,
      settings: () => this.#topic(target).settings,
      leaderEpoch: () => this.#topic(target).leaderEpoch(target.partition),
      verifies: () => this.options.config.boolean('transaction.partition.verification.enable'),
      clean: this.#clean,
      recoveryPoint: this.#recoveryPoints.get(folder) ?? 0n,
      logStart: this.#logStarts.get(folder),
    })
    this.#folders.add(folder)
    this.#logs.set(key, log)
    return log
  }

  #openFolder(folder: string): void {
    try {
      const target = this.#targetOf(folder)
      if (target) this.#opened(target)
      else if (this.#ownerOf(folder) !== null) {
        this.#setAside(folder)
      }
    } catch (thrown) {
      this.options.logger.error(`${this.#path(folder)} could not be opened.`, thrown)
    }
  }

  /** Whose folder it is; null for a topic that does not exist (any more). */
  #targetOf(folder: string): TopicPartition | null {
    const topicId = this.#ownerOf(folder)
    const partition = Number(folder.slice(folder.lastIndexOf('-') + 1))
    const topic = topicId === null ? undefined : this.options.topics.topicById(topicId)
    if (topicId === null || !topic || names.partitionFolder(topic.name, partition) !== folder) return null
    return partition < topic.partitionCount ? { topicId, partition } : null
  }

  /** The id of the topic that made the folder; null where there is none. */
  #ownerOf(folder: string): string | null {
    const { files } = this.options
    const path = this.#path(`${folder}/${names.partitionMetadata}`)
    if (!this.#folders.has(folder) || !files.exists(path)) return null
    return /^topic_id: (\S+)$/m.exec(files.readFile(path).toString('utf8'))?.[1] ?? null
  }

  /** Removes a folder after a while; its name is free at once. */
  #discard(folder: string, delayMs: number): void {
    if (!this.#folders.has(folder)) return
    const doomed = names.deletedFolder(folder, uniqueHex())
    this.#renamed(folder, doomed)
    this.#removeLater(doomed, delayMs)
  }

  /** No topic is known that the folder could belong to. That is no reason to lose what is in it. */
  #setAside(folder: string): void {
    const stray = names.strayFolder(folder, uniqueHex())
    this.options.logger.warn(`${this.#path(folder)} belongs to no topic, and is kept as ${stray}.`)
    this.#renamed(folder, stray)
  }

  #renamed(folder: string, to: string): void {
    this.#folders.delete(folder)
    this.#logStarts.delete(folder)
    this.#recoveryPoints.delete(folder)
    this.#cleaner.forget(folder)
    this.options.files.rename(this.#path(folder), this.#path(to))
  }

  #path(name: string): string {
    return `${this.options.directory}/${name}`
  }

  #changed(target: TopicPartition): void {
    const watchers = this.#watchers.get(keyOf(target))
    if (watchers) for (const changed of [...watchers]) changed()
  }

  #removeLater(folder: string, delayMs: number): void {
    const { files, directory, clock } = this.options
    clock.after(delayMs, `log/remove/${folder}`, () => files.remove(`${directory}/${folder}`))
  }

  #retainLater(): void {
    const { clock, config, logger } = this.options
    clock.after(config.number('log.retention.check.interval.ms'), 'log/retention', () => {
      const now = clock.now()
      const expired = now - config.number('producer.id.expiration.ms')
      for (const [key, log] of this.#logs) {
        try {
          log.retain(now)
          log.expireProducers(expired)
        } catch (thrown) {
          logger.error(`Retention of ${key} failed.`, thrown)
        }
      }
      this.#retainLater()
    })
  }

  #checkpointLater(): void {
    const { clock, config, logger } = this.options
    clock.after(config.number('log.flush.offset.checkpoint.interval.ms'), 'log/checkpoint', () => {
      try {
        this.#saveRecoveryPoints()
      } catch (thrown) {
        logger.error(
          'The recovery points could not be saved; a crash now would be followed by a longer start.',
          thrown,
        )
      }
      this.#checkpointLater()
    })
  }

  #saveRecoveryPoints(): void {
    let moved = false
    for (const log of this.#logs.values()) {
      const folder = log.folderName
      if ((this.#recoveryPoints.get(folder) ?? 0n) === log.recoveryPoint) continue
      this.#recoveryPoints.set(folder, log.recoveryPoint)
      moved = true
    }
    if (moved) writeOffsets(this.options.files, this.#path(names.recoveryPoints), this.#recoveryPoints)
  }
}

/** What of the batches a reader has to leave out. */
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
