import type {
  ActiveProducer,
  AppendBatch,
  AppendResult,
  Bounds,
  Isolation,
  LogDirDescription,
  LogEngine,
  Offset,
  ReadRequest,
  ReadResult,
  TimestampedOffset,
  TopicPartition,
} from '../engine/log-engine.js'
import type { StoredTopic, TopicLookup } from '../engine/topic-lookup.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { newId } from '../wire/new-id.js'
import { readOffsets, writeCheckpoint } from './checkpoints.js'
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
  readonly config: { number(name: string): number }
}

const untouched: Bounds = { logStartOffset: 0n, highWatermark: 0n, lastStableOffset: 0n }
const keyOf = ({ topicId, partition }: TopicPartition): string => `${topicId}/${partition}`

/**
 * Partitions in Kafka's own files below one data directory. A partition that was never written has no
 * folder, no open file and no memory; one that was is opened, and after a crash recovered, when it is first
 * asked for.
 */
export class FileLogEngine implements LogEngine {
  readonly #logs = new Map<string, PartitionLog>()
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #open: OpenFiles
  readonly #cache: TailCache
  readonly #logStarts: Map<string, Offset>
  readonly #clean: boolean

  private constructor(
    private readonly options: FileLogOptions,
    private readonly unlock: () => void,
  ) {
    const { files, directory, config } = options
    this.#open = new OpenFiles(files)
    this.#cache = new TailCache(config.number('ottla.tail.cache.bytes'))
    this.#logStarts = readOffsets(files, `${directory}/${names.logStartOffsets}`)
    const marker = `${directory}/${names.cleanShutdown}`
    this.#clean = files.exists(marker)
    files.remove(marker)
    for (const folder of files.list(directory)) if (names.isDeleted(folder)) this.#removeLater(folder, 0)
    this.#retainLater()
  }

  /** Takes the directory for this process; throws DataDirectoryLocked where another broker has it. */
  static async open(options: FileLogOptions): Promise<FileLogEngine> {
    options.files.makeFolder(options.directory)
    return new FileLogEngine(options, lockDirectory(options.files, options.directory))
  }

  /** Brings everything to disk and leaves word that it did. */
  async close(): Promise<void> {
    const { files, directory, clock } = this.options
    clock.cancel('log/retention')
    for (const log of this.#logs.values()) await log.close()
    this.#open.closeAll()
    files.writeFileAtomically(`${directory}/${names.cleanShutdown}`, Buffer.from('{"version":0}'))
    this.unlock()
  }

  async append(batches: readonly AppendBatch[]): Promise<AppendResult[]> {
    const touched = new Set<PartitionLog>()
    const results = batches.map(each => this.#append(each, touched))
    await Promise.all([...touched].filter(log => log.syncDue).map(log => log.sync()))
    for (const [i, result] of results.entries()) {
      if (result.kind === 'appended') this.#changed((batches[i] as AppendBatch).target)
    }
    return results
  }

  async read(
    requests: readonly ReadRequest[],
    options: { readonly isolation: Isolation; readonly maxBytes: number },
  ): Promise<ReadResult[]> {
    let left = options.maxBytes
    let found = false
    return requests.map(request => {
      const wanted = found ? Math.min(request.maxBytes, left) : request.maxBytes
      const result = this.#read(request, found && wanted <= 0 ? null : wanted, options.isolation)
      if (result.kind !== 'read' || result.bytes === 0) return result
      if (found && result.bytes > left) return { ...result, batches: [], bytes: 0 }
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
    this.#saveLogStarts()
    this.#changed(target)
    return start
  }

  producers(target: TopicPartition): readonly ActiveProducer[] {
    return this.#existing(target)?.producers() ?? []
  }

  async describe(): Promise<readonly LogDirDescription[]> {
    const { files, directory } = this.options
    const { total, usable } = files.usableBytes(directory)
    const replicas = [...this.#logs].map(([key, log]) => {
      const at = key.lastIndexOf('/')
      const target = { topicId: key.slice(0, at), partition: Number(key.slice(at + 1)) }
      return { target, sizeBytes: BigInt(log.sizeBytes) }
    })
    return [{ path: directory, totalBytes: total, usableBytes: usable, replicas }]
  }

  /** The topic is gone at once; its files follow after file.delete.delay.ms. */
  deleteTopic(topic: Omit<StoredTopic, 'leaderEpoch'> & { readonly id: string }): void {
    const { files, directory } = this.options
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      const target = { topicId: topic.id, partition }
      this.#logs.get(keyOf(target))?.abandon()
      this.#logs.delete(keyOf(target))
      const folder = names.partitionFolder(topic.name, partition)
      this.#logStarts.delete(folder)
      if (files.exists(`${directory}/${folder}`)) {
        const unique = Buffer.from(newId(), 'base64url').toString('hex')
        const doomed = names.deletedFolder(topic.name, partition, unique)
        files.rename(`${directory}/${folder}`, `${directory}/${doomed}`)
        this.#removeLater(doomed, topic.settings.fileDeleteDelayMs)
      }
      this.#changed(target)
    }
    this.#saveLogStarts()
  }

  #append({ target, bytes }: AppendBatch, touched: Set<PartitionLog>): AppendResult {
    try {
      const log = this.#opened(target)
      const result = log.append(bytes)
      touched.add(log)
      return result
    } catch (thrown) {
      if (thrown instanceof KafkaError) {
        return { kind: 'rejected', error: thrown.errorName, message: thrown.message }
      }
      this.options.logger.error(
        `A batch could not be written to ${keyOf(target)}: ${(thrown as Error).message}`,
      )
      return { kind: 'rejected', error: 'KAFKA_STORAGE_ERROR', message: (thrown as Error).message }
    }
  }

  #read({ target, offset }: ReadRequest, maxBytes: number | null, isolation: Isolation): ReadResult {
    let bounds: Bounds | undefined
    try {
      bounds = this.bounds(target)
      const log = this.#existing(target)
      if (!log && offset !== 0n) throw new KafkaError('OFFSET_OUT_OF_RANGE')
      const batches = log ? log.read(offset, maxBytes ?? 0) : []
      const given = maxBytes === null ? [] : batches
      const bytes = given.reduce((sum, each) => sum + each.length, 0)
      const abortedTransactions = isolation === 'read_committed' ? [] : null
      return { kind: 'read', batches: given, bytes, abortedTransactions, ...bounds }
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
    const { files, directory } = this.options
    const { name } = this.#topic(target)
    const folder = `${directory}/${names.partitionFolder(name, target.partition)}`
    return files.exists(folder) ? this.#opened(target) : null
  }

  #opened(target: TopicPartition): PartitionLog {
    const key = keyOf(target)
    const known = this.#logs.get(key)
    if (known) return known
    const { name } = this.#topic(target)
    const folder = names.partitionFolder(name, target.partition)
    const log = new PartitionLog({
      ...this.options,
      folder: `${this.options.directory}/${folder}`,
      topicId: target.topicId,
      open: this.#open,
      cache: this.#cache,
      settings: () => this.#topic(target).settings,
      leaderEpoch: () => this.#topic(target).leaderEpoch(target.partition),
      clean: this.#clean,
      logStart: this.#logStarts.get(folder),
    })
    this.#logs.set(key, log)
    return log
  }

  #changed(target: TopicPartition): void {
    const watchers = this.#watchers.get(keyOf(target))
    if (watchers) for (const changed of [...watchers]) changed()
  }

  #saveLogStarts(): void {
    const lines = [...this.#logStarts].map(([folder, offset]) => {
      const at = folder.lastIndexOf('-')
      return [folder.slice(0, at), folder.slice(at + 1), offset]
    })
    writeCheckpoint(this.options.files, `${this.options.directory}/${names.logStartOffsets}`, lines)
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
}
