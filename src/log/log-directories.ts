import { ConfigurationError } from '../config/configuration-error.js'
import type { DeletedTopic } from '../engine/log-engine.js'
import { KafkaError } from '../wire/errors.js'
import { DataDirectoryLocked } from './data-directory-lock.js'
import * as names from './file-names.js'
import { LogDirectory, type LogDirectoryOptions } from './log-directory.js'
import { belongsTo } from './partition-owner.js'
import { isFull, isGone, StorageFault } from './storage-fault.js'

/** All folders of `log.dirs`: they know which of them holds a partition, and which is to hold a new one. */
export class LogDirectories {
  private constructor(
    readonly all: readonly LogDirectory[],
    private readonly options: LogDirectoryOptions,
  ) {
    this.#keepOneOfEach()
  }

  /**
   * Takes the directories for this process; throws DataDirectoryLocked where another broker has one, and
   * ConfigurationError where two of them are one. In the first lies the metadata journal, without which there is nothing
   * to serve, so its disk has to work (as with Apache Kafka).
   */
  static async open(paths: readonly string[], options: LogDirectoryOptions): Promise<LogDirectories> {
    const taken: LogDirectory[] = []
    try {
      for (const [i, path] of paths.entries()) {
        taken.push(await (i === 0 ? LogDirectory.open(path, options) : openOther(path, options, taken)))
      }
      return new LogDirectories(taken, options)
    } catch (thrown) {
      for (const each of taken) await each.close()
      for (const each of taken) each.leave()
      throw thrown
    }
  }

  /**
   * The directory at a path, for a partition to move to. Throws LOG_DIR_NOT_FOUND, and KAFKA_STORAGE_ERROR where it is
   * offline.
   */
  at(path: string): LogDirectory {
    const found = this.all.find(each => each.path === path)
    if (!found) throw new KafkaError('LOG_DIR_NOT_FOUND', `${path} is none of the log.dirs.`)
    found.mustWork()
    return found
  }

  /** True where a partition that is in none of the directories may lie in one that could not be looked through. */
  get mayHoldMore(): boolean {
    return this.all.some(({ mayHoldMore }) => mayHoldMore)
  }

  /** The directory that holds a partition's folder. An offline one may hold the remains of an earlier topic. */
  homeOf(folder: string): LogDirectory | undefined {
    const holding = this.all.filter(({ folders }) => folders.has(folder))
    return holding.find(({ failure }) => failure === null) ?? holding[0]
  }

  /**
   * Makes sure that the folder which bears a partition's name belongs to its topic, in any directory; others are set
   * aside.
   */
  claim(folder: string, topicId: string): void {
    for (const home of this.all) {
      if (home.failure === null && home.folders.has(folder)) home.claim(folder, topicId)
    }
  }

  /**
   * Forgets a partition whose topic is gone. Returns the directories that are to clear its folder; in one that is
   * offline the next start finds the folder.
   */
  leaveBehind(folder: string, topic: DeletedTopic): readonly LogDirectory[] {
    const homes = this.all.filter(
      home => home.failure === null && home.folders.has(folder) && belongsTo(topic.id, home.ownerOf(folder)),
    )
    for (const home of homes) home.leaveBehind(folder, topic.settings.fileDeleteDelayMs)
    return homes
  }

  /** Chooses the directory for a new partition: the one with the fewest, as Kafka does. */
  emptiest(): LogDirectory {
    const working = this.all.filter(({ failure }) => failure === null)
    const [first, ...others] = working.length > 0 ? working : this.all
    return others.reduce(
      (least, each) => (each.folders.size < least.folders.size ? each : least),
      first as LogDirectory,
    )
  }

  /** Tells the directory in which a call failed; any directory is told of a bug. */
  failed(thrown: unknown): void {
    const path = thrown instanceof StorageFault ? thrown.path : ''
    const holding = this.all.filter(each => path === each.path || path.startsWith(`${each.path}/`))
    const innermost = holding.sort((a, b) => b.path.length - a.path.length)[0]
    ;(innermost ?? this.all[0])?.failed(thrown)
  }

  /**
   * The error that a client is told. A fault of the storage is reported to its directory; an error that is neither is a
   * bug, and answered as one.
   */
  errorOf(thrown: unknown): KafkaError {
    if (thrown instanceof KafkaError) return thrown
    this.failed(thrown)
    if (isGone(thrown)) return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    const error = thrown instanceof StorageFault ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_SERVER_ERROR'
    return new KafkaError(error, (thrown as Error).message)
  }

  keepRecoveryPoints(): void {
    for (const each of this.all) {
      try {
        if (each.failure === null) each.keepRecoveryPoints()
      } catch (thrown) {
        this.failed(thrown)
        this.options.logger.error(
          `The recovery points of ${each.path} could not be saved; a crash now would be followed by a longer start.`,
          thrown,
        )
      }
    }
  }

  /** Sets a folder aside. One that cannot be renamed is not looked at either, until the next start. */
  #setAside(home: LogDirectory, folder: string): void {
    try {
      home.setAside(folder, 'lies in another of the log.dirs as well')
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
      home.failed(thrown)
    }
  }

  /** Leaves two copies to the next start: nobody can tell which of them came last, so neither is served. */
  #leaveToNextStart(home: LogDirectory, offline: LogDirectory, folder: string): void {
    home.folders.delete(folder)
    this.options.logger.warn(
      `${home.pathOf(folder)} is not served, for ${offline.path}, which is offline, has another copy of the partition.`,
    )
  }

  /**
   * Keeps one copy of each partition. After a crash at the end of a move, or a fault there, a partition lies in two
   * directories. The later copy is the one whose last segment begins later or is larger: neither retention nor
   * compaction touches the last segment. Where two topics of the same name made them, one of which is deleted, `claim`
   * tells later which is which. Where nothing was written since the move, a stop has synced the newer copy alone, which
   * the recovery points tell. A copy whose owner a power failure took is the older one in any case: of the newer one
   * the disk has the owner.
   */
  #keepOneOfEach(): void {
    for (const [i, home] of this.all.entries()) {
      for (const folder of [...home.folders]) {
        if (folder === names.metadataFolder) continue // a second one ends the start
        const other = this.all.slice(i + 1).find(({ folders }) => folders.has(folder))
        if (!other) continue
        const offline = [home, other].find(({ failure }) => failure !== null)
        if (offline) {
          this.#leaveToNextStart(offline === home ? other : home, offline, folder)
          continue
        }
        if (areOfTwoTopics(home.ownerOf(folder), other.ownerOf(folder))) continue
        this.#setAside(olderOf(home, other, folder), folder)
      }
    }
  }
}

/**
 * Opens a directory other than the first. If its disk fails it is offline until the next start, and the others are
 * served (as with Apache Kafka).
 */
async function openOther(
  path: string,
  options: LogDirectoryOptions,
  taken: readonly LogDirectory[],
): Promise<LogDirectory> {
  try {
    return await LogDirectory.open(path, options)
  } catch (thrown) {
    if (thrown instanceof DataDirectoryLocked) throw namedTwice(path, options, taken) ?? thrown
    if (!(thrown instanceof StorageFault)) throw thrown
    return LogDirectory.offline(path, options, thrown)
  }
}

/**
 * The error of a folder that is one of those that were taken, by another name or a link; null where it is none. What a
 * lock file says is unique, so that two paths with the same lock lead to one file.
 */
function namedTwice(
  path: string,
  { files }: LogDirectoryOptions,
  taken: readonly LogDirectory[],
): ConfigurationError | null {
  const lockIn = (directory: string) => {
    const lock = `${directory}/${names.lockFile}`
    return files.exists(lock) ? files.readFile(lock) : null
  }
  const lock = lockIn(path)
  const same = lock && taken.find(each => lockIn(each.path)?.equals(lock))
  if (!same) return null
  return new ConfigurationError(
    `log.dirs names one folder twice, as ${same.path} and as ${path}: leave one of the two out.`,
  )
}

function olderOf(home: LogDirectory, other: LogDirectory, folder: string): LogDirectory {
  const ownerless = [home, other].filter(each => each.mayBeAnothers(folder))
  if (ownerless.length === 1) return ownerless[0] as LogDirectory
  const [last, otherLast] = [home.lastOf(folder), other.lastOf(folder)]
  if (last.base !== otherLast.base) return last.base < otherLast.base ? home : other
  if (last.sizeBytes !== otherLast.sizeBytes) return last.sizeBytes < otherLast.sizeBytes ? home : other
  return home.recoveryPointOf(folder) < other.recoveryPointOf(folder) ? home : other
}

const areOfTwoTopics = (a: string | null, b: string | null): boolean => a !== null && !belongsTo(a, b)
