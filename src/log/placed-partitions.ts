import type { LogDirDescription, Offset, TopicPartition } from '../engine/log-engine.js'
import type { StoredTopic, TopicLookup } from '../engine/topic-lookup.js'
import type { Inflater } from '../records/inflater.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import * as names from './file-names.js'
import type { Files } from './files.js'
import type { LogDirectories } from './log-directories.js'
import type { LogDirectory } from './log-directory.js'
import type { OpenFiles } from './open-files.js'
import { PartitionLog } from './partition-log.js'
import { PartitionMap } from './partition-map.js'
import { PartitionMoves, type Placed } from './partition-moves.js'
import { belongsTo } from './partition-owner.js'

export interface PlacedPartitionsOptions {
  readonly files: Files
  readonly open: OpenFiles
  readonly directories: LogDirectories
  readonly clock: Clock
  readonly logger: Logger
  readonly background: Background
  readonly inflater: Inflater
  readonly topics: TopicLookup
  /** Random numbers from 0 up to 1. */
  readonly random: () => number
  readonly config: { number(name: string): number; boolean(name: string): boolean }
  /** Called when the high watermark of a partition moves at the end of a sync. */
  readonly changed: (target: TopicPartition) => void
}

/**
 * The partitions of a broker, each in one of its directories. One that was never written has no folder and no log. One
 * that was written is opened, and after a crash recovered, when it is first asked for; it may move to another directory,
 * and a move that fails leaves it where it was, to be opened again.
 */
export class PlacedPartitions {
  readonly #opened = new PartitionMap<Placed>()
  readonly #moves: PartitionMoves
  #isClosed = false
  #lacksDirectory = false
  /**
   * The numbers of partitions that topics had at the start, where some may lie in a directory that could not be looked
   * through.
   */
  readonly #atStart = new Map<string, number>()

  constructor(private readonly options: PlacedPartitionsOptions) {
    this.#moves = new PartitionMoves(options, {
      arrived: (target, home, folder, end) =>
        this.#keep(target, home, this.#load(target, home, folder, end)).log,
      stayed: (target, placed, folder) => this.#reopenLater(target, placed, folder),
      failed: thrown => options.directories.failed(thrown),
    })
  }

  /** The partitions that are open. */
  opened(): Iterable<Placed> {
    return this.#opened.values()
  }

  /** The partition as far as it is open. */
  openedAt(target: TopicPartition): Placed | undefined {
    return this.#opened.get(target)
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
    if (!this.#lacksDirectory && !this.options.directories.mayHoldMore) return
    for (const { id, partitions } of topics) this.#atStart.set(id, partitions.length)
  }

  /**
   * Opens the partitions for which no request has asked, one at a time so that clients are served meanwhile; after a
   * crash that recovers them. A folder of a topic that is gone is set aside.
   */
  openRest(): void {
    const { clock } = this.options
    const homes = this.options.directories.all.filter(({ failure }) => failure === null)
    const doubted = new Set<LogDirectory>()
    const rest = homes.flatMap(home => [...home.folders].map(folder => ({ home, folder }))).values()
    const next = () => {
      const { value, done } = rest.next()
      if (done) {
        for (const home of homes) if (home.failure === null && !doubted.has(home)) home.judged()
        return
      }
      if (!this.#openFolder(value.home, value.folder)) doubted.add(value.home)
      clock.after(0, 'log/open', next)
    }
    clock.after(0, 'log/open', next)
  }

  /** The partition where it was written before; null where it never was. */
  existing(target: TopicPartition): Placed | null {
    const known = this.#opened.get(target)
    if (known) return known
    const { name } = this.#topic(target)
    if (this.options.directories.homeOf(names.partitionFolder(name, target.partition))) return this.at(target)
    this.#mustBeNew(target)
    return null
  }

  #mustBeNew({ topicId, partition }: TopicPartition): void {
    if (partition >= (this.#atStart.get(topicId) ?? 0)) return
    throw new KafkaError('KAFKA_STORAGE_ERROR', 'The partition may lie in a directory that is offline.')
  }

  /** The partition; it is made where it was never written. */
  at(target: TopicPartition): Placed {
    const known = this.#opened.get(target)
    if (known) return known
    if (this.#isClosed) throw new KafkaError('KAFKA_STORAGE_ERROR', 'The broker stops.')
    const { name } = this.#topic(target)
    const folder = names.partitionFolder(name, target.partition)
    try {
      this.options.directories.claim(folder, target.topicId)
      const stored = this.options.directories.homeOf(folder)
      if (!stored) this.#mustBeNew(target)
      const preferred = this.#moves.takePreferred(target)
      const home = stored ?? preferred ?? this.options.directories.emptiest()
      home.mustWork()
      if (!stored) home.expectFolder(folder)
      return this.#keep(target, home, this.#load(target, home, folder))
    } catch (thrown) {
      throw this.options.directories.errorOf(thrown)
    }
  }

  /** Begins to move a partition (KIP-113); one that was never written will be made where it is to be. */
  move(target: TopicPartition, to: LogDirectory): void {
    const found = this.existing(target)
    if (found) this.#moves.begin(target, found, to)
    else this.#moves.prefer(target, to)
  }

  /** The partitions that are on their way to a directory, or that are to be made there. */
  replicasOnTheirWayTo(home: LogDirectory): LogDirDescription['replicas'] {
    return this.#moves.replicasIn(home)
  }

  /**
   * Forgets a partition whose topic is deleted. Returns the directory in which an old copy of it is left, if there is
   * one.
   */
  forget(target: TopicPartition): LogDirectory | undefined {
    this.#opened.get(target)?.log.abandon()
    this.#opened.delete(target)
    return this.#moves.forget(target)
  }

  /** Makes and opens no partition any more. */
  close(): void {
    this.options.clock.cancel('log/open')
    this.#isClosed = true
  }

  /** The paths of folders that hold partitions of no known topic. */
  strangers(): string[] {
    const working = this.options.directories.all.filter(({ failure }) => failure === null)
    return working.flatMap(home =>
      [...home.folders]
        .filter(folder => folder !== names.metadataFolder && this.targetOf(home, folder) === null)
        .map(folder => home.pathOf(folder)),
    )
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

      settings: () => this.#topic(target).settings,
      leaderEpoch: () => this.#topic(target).leaderEpoch(target.partition),
      verifies: () => this.options.config.boolean('transaction.partition.verification.enable'),
      clean: movedEnd !== undefined || home.isSound(folder),
      recoveryPoint: movedEnd ?? home.recoveryPointOf(folder),
      logStart: home.logStartOf(folder),
      home,
      moved: () => this.options.changed(target),
    })
  }

  /** Forgets a log that a failed move may have closed: the next request for the partition opens it where it was. */
  #reopenLater(target: TopicPartition, { log, home }: Placed, folder: string): void {
    if (this.#opened.get(target)?.log !== log || !log.isClosed) return
    this.#opened.delete(target)
    home.takeBack(folder, log)
  }

  /** Opens a partition, or sets its folder aside; false where nobody can tell yet whose it is. */
  #openFolder(home: LogDirectory, folder: string): boolean {
    if (!home.folders.has(folder)) return true // its topic was deleted meanwhile
    try {
      const target = this.targetOf(home, folder)
      if (target) this.at(target)
      else if (home.ownerOf(folder) !== null) home.setAside(folder)
      else return folder === names.metadataFolder
      return true
    } catch (thrown) {
      this.options.logger.error(`${home.pathOf(folder)} could not be opened.`, thrown)
      return false
    }
  }

  /** The partition to which a folder belongs; null for a topic that does not exist (any more). */
  targetOf(home: LogDirectory, folder: string): TopicPartition | null {
    const { topics } = this.options
    const at = folder.lastIndexOf('-')
    const partition = Number(folder.slice(at + 1))
    const topicId = topics.idOf(folder.slice(0, at))
    if (topicId === undefined || !belongsTo(topicId, home.ownerOf(folder))) return null
    return partition < (topics.topicById(topicId)?.partitionCount ?? 0) ? { topicId, partition } : null
  }

  #topic({ topicId, partition }: TopicPartition): StoredTopic {
    const topic = this.options.topics.topicById(topicId)
    if (!topic || partition < 0 || partition >= topic.partitionCount) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    }
    return topic
  }
}
