import type { LogDirDescription, Offset, TopicPartition } from '../engine/log-engine.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import type { Files } from './files.js'
import type { LogDirectory } from './log-directory.js'
import { PartitionCopy } from './partition-copy.js'
import type { PartitionLog } from './partition-log.js'
import { PartitionMap } from './partition-map.js'
import { isFull, isGone } from './storage-fault.js'

/** A partition's log, and the directory that it lies in. */
export interface Placed {
  readonly log: PartitionLog
  readonly home: LogDirectory
}

/** The actions for a partition whose folder is elsewhere now, or could not get there. */
export interface Places {
  /** Opens the partition where its folder has arrived; the disk has it up to `end`. */
  arrived(target: TopicPartition, home: LogDirectory, folder: string, end: Offset): PartitionLog
  /** Notes that the partition is where it was. */
  stayed(target: TopicPartition, placed: Placed, folder: string): void
  /** Tells the directory in which a call failed. */
  failed(thrown: unknown): void
}

interface Move {
  readonly to: LogDirectory
  readonly copy: PartitionCopy
}

interface MovesOptions {
  readonly files: Files
  readonly clock: Clock
  readonly logger: Logger
  readonly background: Background
}

/**
 * The partitions on their way to another of the directories, and the wished directories of those that were never
 * written (KIP-113).
 */
export class PartitionMoves {
  readonly #moves = new PartitionMap<Move>()
  /** The directories in which partitions that were never written are to be made. */
  readonly #preferred = new PartitionMap<LogDirectory>()

  /** The places of the old copies of partitions that have moved, until these copies are removed. */
  readonly #left = new PartitionMap<{ readonly home: LogDirectory; readonly folder: string }>()

  constructor(
    private readonly options: MovesOptions,
    private readonly places: Places,
  ) {}

  prefer(target: TopicPartition, to: LogDirectory): void {
    this.#preferred.set(target, to)
  }

  /** Takes the directory that was wished for the partition that is about to be made. */
  takePreferred(target: TopicPartition): LogDirectory | undefined {
    const preferred = this.#preferred.get(target)
    this.#preferred.delete(target)
    return preferred
  }

  /** Begins a move. A partition that is to go to where it is already stays. */
  begin(target: TopicPartition, placed: Placed, to: LogDirectory): void {
    const { background } = this.options
    if (placed.home === to) {
      background.forget(workName(target))
      this.#moves.delete(target)
    } else if (this.#moves.get(target)?.to !== to) {
      background.run(workName(target), () => this.#carry(target, placed, to))
    }
  }

  /** Forgets a partition that is gone. Returns the directory in which an old copy of it is left, if there is one. */
  forget(target: TopicPartition): LogDirectory | undefined {
    const { background } = this.options
    for (const name of [workName(target), tidyName(target)]) background.forget(name)
    this.#moves.delete(target)
    this.#preferred.delete(target)
    const left = this.#left.get(target)
    this.#left.delete(target)
    return left?.home
  }

  /** The partitions that are on their way to a directory, or that are to be made there. */
  replicasIn(home: LogDirectory): LogDirDescription['replicas'] {
    const moving = [...this.#moves].filter(([, { to }]) => to === home)
    const wished = [...this.#preferred].filter(([, to]) => to === home)
    return [
      ...moving.map(([target, { copy }]) => ({ target, sizeBytes: BigInt(copy.bytes), isFuture: true })),
      ...wished.map(([target]) => ({ target, sizeBytes: 0n, isFuture: false })),
    ]
  }

  async #carry(target: TopicPartition, placed: Placed, to: LogDirectory): Promise<void> {
    const { files, clock, logger } = this.options
    const { log, home } = placed
    const folder = log.folderName
    const future = to.expect(folder)
    const copy = new PartitionCopy({ files, clock, log, from: home.pathOf(folder), to: future.path })
    const move = { to, copy }
    this.#moves.set(target, move)
    try {
      const complete = await copy.approach()
      if (!complete || this.#moves.get(target) !== move) return future.abandoned()
      const start = log.bounds.logStartOffset
      const end = log.logEndOffset
      copy.finish()
      future.arrived(end)
      home.leaveBehind(folder)
      to.noteLogStart(folder, start)
      this.#tidyLater(target, home, { home: to, log: this.places.arrived(target, to, folder, end) })
    } catch (thrown) {
      if (!isGone(thrown)) {
        this.places.failed(thrown)
        logger.error(`${home.pathOf(folder)} could not be moved to ${to.path}.`, thrown)
      }
      future.abandoned()
      if (to.folders.has(folder)) this.#clearLater(target, to, folder)
      this.places.stayed(target, placed, folder)
    } finally {
      if (this.#moves.get(target) === move) this.#moves.delete(target)
    }
  }

  /** Takes away a copy that did not become the partition. */
  #clearLater(target: TopicPartition, home: LogDirectory, folder: string): void {
    home.leaveBehind(folder)
    this.#left.set(target, { home, folder })
    this.options.background.run(tidyName(target), () => {
      if (home.failure === null) home.clear(folder)
    })
  }

  /**
   * Takes the old copy away once the disk has the new one. Where there is no room for either it is tried again. Where
   * one of the directories is lost the next start keeps the copy that was written last.
   */
  #tidyLater(target: TopicPartition, from: LogDirectory, { home: to, log }: Placed): void {
    const folder = log.folderName
    this.#left.set(target, { home: from, folder })
    this.options.background.run(tidyName(target), async () => {
      if (from.failure !== null || to.failure !== null || log.isClosed) return
      try {
        await Promise.all([log.sync(), to.keepLogStarts()])
        from.clear(folder)
        this.#left.delete(target)
      } catch (thrown) {
        this.places.failed(thrown)
        if (isFull(thrown)) throw thrown
      }
    })
  }
}

const tidyName = ({ topicId, partition }: TopicPartition): string =>
  `The removal of the old copy of ${topicId}-${partition}`

/** The name of a move. A move replaces an earlier one of the same partition. */
const workName = ({ topicId, partition }: TopicPartition): string => `The move of ${topicId}-${partition}`
