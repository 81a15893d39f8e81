import { dirname } from 'node:path'
import type { Offset } from '../engine/log-engine.js'
import type { Presence } from '../engine/presence.js'
import { idsByChance } from '../random/ids.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { KafkaError } from '../wire/errors.js'
import { LogsClosing } from './close-logs.js'
import { Cleaner } from './compaction/cleaner.js'
import { lockDirectory } from './data-directory-lock.js'
import * as names from './file-names.js'
import type { Files } from './files.js'
import { type FoundDirectory, lookAtFailing, lookThrough } from './found-directory.js'
import { KeptOffsets } from './kept-offsets.js'
import type { PartitionLog } from './partition-log.js'
import { belongsTo, isTorn, ownerFile, readOwner } from './partition-owner.js'
import { SharedSync } from './shared-sync.js'
import { isFull, isGone, StorageFault } from './storage-fault.js'

export interface LogDirectoryOptions {
  readonly files: Files
  /** The way in which brokers of several processes know of each other; without it they go by process ids. */
  readonly presence?: Presence | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Runs the work that has no caller. */
  readonly background: Background
  /** Random numbers from 0 up to 1. */
  readonly random: () => number
  readonly config: { number(name: string): number; boolean(name: string): boolean }
}

/** The last segments tell which of two copies was written last; the base is -1 where there is no segment. */
export interface LastSegment {
  readonly base: Offset
  readonly sizeBytes: number
}

/** Makes a name that nothing else in a directory has. */
const uniqueHex = ({ random }: LogDirectoryOptions): string =>
  idsByChance(random).newUuid().replaceAll('-', '')

/**
 * One of the folders in `log.dirs`: the partitions that lie in it, and the files that Kafka keeps beside them. One
 * broker holds it at a time. When its disk fails it is offline until the next start; a full disk only has to be freed.
 */
export class LogDirectory {
  /** The names of the folders of partitions. */
  readonly folders: Set<string>
  /** The logs that are open, by the names of their folders. */
  readonly logs = new Map<string, PartitionLog>()
  /** True where the broker before stopped cleanly, so that files can be trusted. */
  readonly clean: boolean
  /**
   * True where a partition may lie here that is not among the folders, for the disk failed when they were looked for.
   */
  readonly mayHoldMore: boolean
  readonly #mayHaveLost: boolean
  /** The folders that a clean stop left, and that are sound until their partition leaves the directory. */
  readonly #sound: Set<string>
  readonly #logStarts: KeptOffsets
  readonly #logStartsKept: SharedSync
  readonly #recoveryPoints: KeptOffsets
  readonly #cleanUpTo: KeptOffsets
  readonly #cleaner: Cleaner
  /**
   * The folders whose partition has moved to another directory or was deleted, and the time for which each is kept, in
   * ms.
   */
  readonly #left = new Map<string, number>()
  #progress = () => 'all is closed'
  #refuses = false
  #failure: string | null = null
  /**
   * The writes of the start for which a full disk had no room, by the file that they are about: the logs are written
   * only after these.
   */
  readonly #owed: Map<string, () => void>

  private constructor(
    readonly path: string,
    private readonly options: LogDirectoryOptions,
    private readonly unlock: () => void,
    owed: Map<string, () => void>,
    found: FoundDirectory,
  ) {
    const { files } = options
    this.#owed = owed
    if (owed.size > 0) this.#full('there is no room for the lock file')
    const kept = (name: string, offsets: Map<string, Offset>) =>
      new KeptOffsets(files, this.pathOf(name), offsets)
    this.#logStarts = kept(names.logStartOffsets, found.logStarts)
    this.#logStartsKept = new SharedSync(() => this.#logStarts.writeInBackground())
    this.#recoveryPoints = kept(names.recoveryPoints, found.recoveryPoints)
    this.#cleanUpTo = kept(names.cleanerOffsets, found.cleanUpTo)
    this.clean = found.clean
    this.#mayHaveLost = found.mayHaveLost
    this.mayHoldMore = !found.isComplete
    this.folders = new Set(found.folders)
    this.#sound = new Set(this.clean ? this.folders : [])
    for (const each of this.#keptOffsets) each.forgetAllBut(this.folders)
    this.#cleaner = new Cleaner({ ...options, home: this, logs: () => this.logs.values() }, this.#cleanUpTo)
  }

  /**
   * Takes the directory for this process; throws DataDirectoryLocked where another broker has it, and a StorageFault
   * where its disk fails.
   */
  static async open(path: string, options: LogDirectoryOptions): Promise<LogDirectory> {
    const { files, presence, logger } = options
    const isNew = !files.exists(path)
    if (isNew) {
      files.makeFolder(path)
      await files.syncFolder(dirname(path))
    }
    const owed = new Map<string, () => void>()
    const later = isNew ? null : (write: () => void) => void owed.set(names.lockFile, write)
    const unlock = await lockDirectory(files, path, presence, later)
    try {
      const found = lookThrough(files, path, logger)
      const directory = new LogDirectory(path, options, unlock, owed, found)
      directory.#begin(found)
      return directory
    } catch (thrown) {
      unlock() // or no later start of this process could take it
      throw thrown
    }
  }

  /** A directory whose disk fails at the start: its partitions are refused, as far as they are known. */
  static offline(path: string, options: LogDirectoryOptions, fault: StorageFault): LogDirectory {
    const found = lookAtFailing(options.files, path)
    const directory = new LogDirectory(path, options, () => {}, new Map(), found)
    directory.#lost(fault.message)
    return directory
  }

  /**
   * Takes back the word of a clean stop. Otherwise a power failure could bring it back, and damaged files would be
   * trusted.
   */
  #begin({ doomed }: FoundDirectory): void {
    const { files } = this.options
    if (this.clean) {
      this.orLater(names.cleanShutdown, () => {
        files.remove(this.pathOf(names.cleanShutdown))
        files.syncFolderNow(this.path)
      })
    } else files.syncFolderNow(this.path) // what checkpoints say that were renamed last is acted upon from now on
    for (const folder of doomed) this.#removeLater(folder, 0)
  }

  /**
   * Notes that all that a power failure may have left here has been looked at. Before that a process which is killed may
   * leave some of it to the next start. The note itself need not be synced: after a power failure it is of another boot.
   */
  judged(): void {
    const { boot } = this.options.files
    if (boot === null || !this.#mayHaveLost) return
    const path = this.pathOf(names.bootFile)
    this.orLater(path, () => this.options.files.writeFile(path, Buffer.from(boot)))
  }

  /** The reason why the directory is offline; null while it works. */
  get failure(): string | null {
    return this.#failure
  }

  pathOf(name: string): string {
    return `${this.path}/${name}`
  }

  /** The id of the topic that made a folder; null where no file tells, or the file that does is damaged. */
  ownerOf(folder: string): string | null {
    const open = this.logs.get(folder)
    if (open) return open.topicId
    return this.folders.has(folder) ? readOwner(this.options.files, this.pathOf(folder)) : null
  }

  /**
   * Makes sure that a folder which bears a partition's name belongs to its topic; one that another topic made is set
   * aside.
   */
  claim(folder: string, topicId: string): void {
    const owner = this.ownerOf(folder)
    if (owner === topicId) return
    if (!belongsTo(topicId, owner)) {
      this.setAside(folder)
      return
    }
    if (this.mayBeAnothers(folder)) {
      this.setAside(folder, 'was not synced, and does not tell any more whose it is')
      return
    }
    const { files, logger } = this.options
    const path = this.pathOf(`${folder}/${names.partitionMetadata}`)
    if (files.size(path) === 0) return // it was not written when the broker was killed, and is when the log is opened
    logger.warn(`${path} is damaged, and written anew: the folder's name tells whose it is.`)
    this.orLater(path, () => files.writeFileDurably(path, ownerFile(topicId)))
  }

  /**
   * Tells whether a power failure may have taken the owner of a folder, and brought back the folder itself: a topic of
   * this name may have been deleted. Where the machine has run ever since, it did not, and the file is damaged. Nothing in the folder was promised to outlive that, for the owner is synced with
   * the first of its data.
   */
  mayBeAnothers(folder: string): boolean {
    if (this.clean || !this.#mayHaveLost || folder === names.metadataFolder) return false
    if (this.recoveryPointOf(folder) > 0n) return false
    return isTorn(this.options.files, this.pathOf(folder)) && this.sizeOf(folder) > 0
  }

  /** The bytes of the segments of a partition, open or not. */
  sizeOf(folder: string): number {
    const log = this.logs.get(folder)
    if (log) return log.sizeBytes
    const { files } = this.options
    const segments = files.list(this.pathOf(folder)).filter(name => names.baseOffsetOf(name, 'log') !== null)
    return segments.reduce((sum, name) => sum + files.size(this.pathOf(`${folder}/${name}`)), 0)
  }

  /** Looks up the last segment of a partition that is not open. */
  lastOf(folder: string): LastSegment {
    const { files } = this.options
    const base = files
      .list(this.pathOf(folder))
      .flatMap(name => names.baseOffsetOf(name, 'log') ?? [])
      .sort((a, b) => (a < b ? -1 : 1))
      .at(-1)
    if (base === undefined) return { base: -1n, sizeBytes: 0 }
    return { base, sizeBytes: files.size(this.pathOf(`${folder}/${names.segmentName(base, 'log')}`)) }
  }

  usableBytes() {
    return this.options.files.usableBytes(this.path)
  }

  recoveryPointOf(folder: string): Offset {
    return this.#recoveryPoints.get(folder) ?? 0n
  }

  /** The offset to which DeleteRecords had moved the beginning of a partition. */
  logStartOf(folder: string): Offset | undefined {
    return this.#logStarts.get(folder)
  }

  /** Notes the offset at which a partition begins; `keepLogStarts` brings it to disk. */
  noteLogStart(folder: string, start: Offset): void {
    this.#logStarts.set(folder, start)
  }

  /** Resolves when the disk has all that was noted; callers that ask at the same time share one sync. */
  keepLogStarts(): Promise<void> {
    return this.#logStartsKept.join()
  }

  keepRecoveryPoints(): void {
    let moved = false
    for (const [folder, { recoveryPoint }] of this.logs) {
      if (this.recoveryPointOf(folder) === recoveryPoint) continue
      this.#recoveryPoints.set(folder, recoveryPoint)
      moved = true
    }
    if (moved) this.#recoveryPoints.write()
  }

  /** Tells whether the files of a partition are as a clean stop left them. */
  isSound(folder: string): boolean {
    return this.#sound.has(folder)
  }

  /** Forgets a partition that is not here any more, though its folder still may be. */
  release(folder: string): void {
    this.folders.delete(folder)
    this.#sound.delete(folder)
    this.logs.delete(folder)
    for (const each of this.#keptOffsets) each.forget(folder)
  }

  /**
   * Prepares for a folder that is about to come to be under this name: nothing of an earlier one stays, and no
   * checkpoint tells of it.
   */
  expectFolder(folder: string): void {
    this.clear(folder)
    for (const each of this.#keptOffsets) each.expect(folder)
    if (this.sizeOf(folder) > 0) this.setAside(folder, 'could not be removed')
    else this.options.files.remove(this.pathOf(`${folder}/${names.partitionMetadata}`)) // it could not be made
  }

  get #keptOffsets(): readonly KeptOffsets[] {
    return [this.#logStarts, this.#recoveryPoints, this.#cleanUpTo]
  }

  /**
   * Forgets a partition that has left. `clear` takes its folder away, which is removed after `delayMs`: once the disk
   * has the partition in its new place, when its topic is deleted, or when another partition needs the name.
   */
  leaveBehind(folder: string, delayMs = 0): void {
    this.release(folder)
    this.#left.set(folder, delayMs)
  }

  /**
   * Takes a partition back that has not moved away. It is opened again as after a crash: not all of it may be synced.
   */
  takeBack(folder: string, { recoveryPoint, bounds }: PartitionLog): void {
    this.release(folder)
    this.folders.add(folder)
    this.#recoveryPoints.set(folder, recoveryPoint)
    this.#logStarts.set(folder, bounds.logStartOffset)
    this.#left.delete(folder)
  }

  /** Takes away the folder that was left behind; nothing happens where that is done. */
  clear(folder: string): void {
    const delayMs = this.#left.get(folder)
    if (delayMs === undefined) return
    this.discard(folder, delayMs)
    this.#left.delete(folder)
  }

  /**
   * Removes a folder after a while, and in memory at once, for there nobody else can look at it. Its name is free at
   * once.
   */
  discard(folder: string, delayMs: number): void {
    this.#mayTake(folder)
    if (this.#failure !== null) {
      this.release(folder) // the next start finds a folder that is nobody's
      return
    }
    if (this.options.files.inMemory) {
      this.release(folder)
      this.options.files.remove(this.pathOf(folder))
      return
    }
    const doomed = names.deletedFolder(folder, uniqueHex(this.options))
    this.#renamed(folder, doomed)
    this.#removeLater(doomed, delayMs)
  }

  /**
   * Keeps a folder under a name that is no partition's. A folder whose owner is not known may hold data, and these must
   * not be lost.
   */
  setAside(folder: string, why = 'belongs to no topic'): void {
    this.#mayTake(folder)
    const stray = names.strayFolder(folder, uniqueHex(this.options))
    this.options.logger.warn(`${this.pathOf(folder)} ${why}, and is kept as ${stray}.`)
    this.#renamed(folder, stray)
  }

  /** Throws where a folder is to be taken away that the broker itself uses. */
  #mayTake(folder: string): void {
    const isOpen = this.logs.get(folder)?.isClosed === false
    if (folder !== names.metadataFolder && !isOpen) return
    throw new Error(
      `${this.pathOf(folder)} is ${isOpen ? 'open' : 'the metadata journal'}, and is not to be taken away`,
    )
  }

  #renamed(folder: string, to: string): void {
    this.options.files.rename(this.pathOf(folder), this.pathOf(to))
    this.release(folder)
  }

  /**
   * Names a folder for a partition that is about to move here; `arrived` makes it the partition's, also for the disk,
   * which has its log up to `end`. The recovery point comes first: until the old copy is gone it tells a start which of
   * the two is synced.
   */
  expect(folder: string): { readonly path: string; arrived(end: Offset): void; abandoned(): void } {
    const name = names.futureFolder(folder, uniqueHex(this.options))
    return {
      path: this.pathOf(name),
      arrived: end => {
        const { files } = this.options
        this.expectFolder(folder)
        if (files.exists(this.pathOf(folder))) this.discard(folder, 0) // it could not be made
        this.#recoveryPoints.set(folder, end)
        try {
          this.#recoveryPoints.write()
          this.#takeName(name, folder)
        } catch (thrown) {
          this.#recoveryPoints.forget(folder)
          throw thrown
        }
        this.folders.add(folder)
      },
      abandoned: () => this.#removeLater(name, 0),
    }
  }

  /** Gives a folder its partition's name, also for the disk; where that fails it has the name that it had. */
  #takeName(name: string, folder: string): void {
    const { files } = this.options
    files.rename(this.pathOf(name), this.pathOf(folder))
    try {
      files.syncFolderNow(this.path)
    } catch (thrown) {
      files.rename(this.pathOf(folder), this.pathOf(name))
      throw thrown
    }
  }

  /**
   * Handles the failure of a call on a file. A full disk is reported once, a lost one takes the directory offline, and
   * a file that is gone need not be reported. Anything but a fault of the storage is a bug: it is reported, and has no
   * other consequence.
   */
  failed(thrown: unknown): void {
    if (thrown instanceof KafkaError) return // its cause was told when it failed
    if (!(thrown instanceof StorageFault)) {
      this.options.logger.error(`A partition in ${this.path} met a bug.`, thrown)
    } else if (thrown.kind === 'lost') this.#lost(thrown.message)
    else if (thrown.kind === 'full') this.#full(thrown.message)
  }

  /** Does a write of the start at once or, where the disk is full, before anything else is written. */
  orLater(about: string, work: () => void): void {
    try {
      work()
      this.#owed.delete(about)
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
      this.#owed.set(about, work)
      this.failed(thrown)
    }
  }

  /**
   * Does the writes for which the disk had no room at the start; throws as long as it has none. The caller makes them
   * before it writes a log.
   */
  makeUp(): void {
    if (this.#owed.size === 0) return
    for (const [about, work] of this.#owed) {
      try {
        work()
      } catch (thrown) {
        if (!isGone(thrown)) throw thrown
      }
      this.#owed.delete(about)
    }
  }

  #lost(message: string): void {
    if (this.#failure !== null) return
    this.#failure = message
    this.options.logger.error(
      `${this.path} is offline, for its disk fails: ${message}. Start the broker again when the disk works.`,
    )
  }

  #full(message: string): void {
    if (this.#refuses) return
    this.#refuses = true
    this.options.logger.error(
      `${this.path} takes no more: ${message}. Reading goes on, and appending when there is room again.`,
    )
  }

  /** Notes that a write succeeded. */
  works(): void {
    if (this.#refuses) this.options.logger.info(`${this.path} takes what is appended again.`)
    this.#refuses = false
  }

  /** Throws KAFKA_STORAGE_ERROR while the directory is offline. */
  mustWork(): void {
    if (this.#failure !== null) {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `${this.path} is offline: ${this.#failure}`)
    }
  }

  /** Says how far `close` has come. As long as the disk answers, the text changes from time to time. */
  get progress(): string {
    return this.#progress()
  }

  /** Brings everything to disk and leaves word that it did, unless there are partitions that were never recovered. */
  async close(brokerEpoch: bigint | null = null): Promise<void> {
    const { files, logger } = this.options
    this.#progress = () => 'a compaction comes to its end'
    await this.#cleaner.stop()
    if (this.#failure !== null) {
      for (const log of this.logs.values()) log.abandon()
      return // that it is offline was said, and the next start checks it
    }
    try {
      const isMadeUp = this.#isMadeUp()
      const closing = new LogsClosing(this.logs, { ...this.options, path: this.path })
      this.#progress = () => closing.progress
      await closing.run()
      if (!isMadeUp) return // what the start found is there as it was, with the word of the broker before, or without
      this.mustWork() // a sync that nobody waited for may have failed meanwhile
      this.keepRecoveryPoints()
      if (this.clean || this.logs.size === this.folders.size) {
        const word = { version: 0, ...(brokerEpoch === null ? {} : { brokerEpoch: Number(brokerEpoch) }) }
        files.writeFileDurably(this.pathOf(names.cleanShutdown), Buffer.from(JSON.stringify(word)))
      }
    } catch (thrown) {
      logger.error(`${this.path} could not be closed cleanly; the next start will check it.`, thrown)
    }
  }

  #isMadeUp(): boolean {
    try {
      this.makeUp()
      return true
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
      return false
    }
  }

  /** Gives the directory back. The caller closes all files first. */
  leave(): void {
    try {
      this.unlock()
    } catch (thrown) {
      this.options.logger.error(`${this.path} could not be given back.`, thrown)
    }
  }

  #removeLater(folder: string, delayMs: number): void {
    const { files, clock, logger } = this.options
    clock.after(delayMs, `log/doom/${this.pathOf(folder)}`, () => {
      files.removeSlowly(this.pathOf(folder)).catch(thrown => {
        logger.error(`${this.path}/${folder} could not be removed; the next start tries again.`, thrown)
      })
    })
  }
}
