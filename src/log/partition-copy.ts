import type { Clock } from '../time/clock.js'
import { baseOffsetOf, isUnfinished, segmentName } from './file-names.js'
import type { Files } from './files.js'
import type { PartitionLog } from './partition-log.js'
import type { Segment } from './segment.js'

/** A copy moves at most so many bytes before everyone else is served. */
const sliceBytes = 1 << 20

export interface PartitionCopyOptions {
  readonly files: Files
  readonly clock: Clock
  readonly log: PartitionLog
  readonly from: string
  readonly to: string
}

/**
 * A copy of a partition's folder. It is made while the partition is written, and finished in a moment in which it is
 * not.
 */
export class PartitionCopy {
  readonly #copied = new Map<Segment, number>()

  constructor(private readonly options: PartitionCopyOptions) {}

  /** The bytes of segments that are copied so far. */
  get bytes(): number {
    return [...this.#copied.values()].reduce((sum, bytes) => sum + bytes, 0)
  }

  /**
   * Copies the segments, and brings them to disk, until little is left. False when the partition was closed meanwhile.
   */
  async approach(): Promise<boolean> {
    this.options.log.settle()
    this.options.files.makeFolder(this.options.to)
    for (;;) {
      const { log, clock } = this.options
      if (log.isClosed) return false
      const next = log.segments.find(segment => this.#rest(segment) > 0)
      const left = log.segments.reduce((sum, segment) => sum + this.#rest(segment), 0)
      if (!next || left <= sliceBytes) return true
      this.#copy(next, Math.min(this.#rest(next), sliceBytes))
      if (this.#rest(next) === 0) await this.#sync(next)
      await new Promise<void>(resolve => clock.after(0, `log/copy/${this.options.to}`, resolve))
    }
  }

  /**
   * Copies the rest, and all other files; also segments of which compaction left nothing, for the log begins with them.
   * Nothing is appended meanwhile, for it does not wait. Afterwards the disk has all but the indexes, which can be made
   * again: soon there is no other copy.
   */
  finish(): void {
    const { files, log, from, to } = this.options
    log.leave()
    for (const segment of log.segments) {
      if (this.#rest(segment) === 0 && this.#copied.has(segment)) continue
      this.#copy(segment, this.#rest(segment))
      this.#syncNow(this.#pathOf(segment))
    }
    const known = new Set(log.segments.map(({ base }) => base))
    for (const name of files.list(to)) {
      const base = baseOffsetOf(name, 'log')
      if (base !== null && !known.has(base)) files.remove(`${to}/${name}`)
    }
    for (const name of files.list(from)) {
      if (baseOffsetOf(name, 'log') === log.logEndOffset) files.open(`${to}/${name}`).close() // or a roll that failed looks later
      if (baseOffsetOf(name, 'log') !== null || isUnfinished(name)) continue
      files.writeFile(`${to}/${name}`, files.readFile(`${from}/${name}`))
      if (!/index$/.test(name) || name.endsWith('.txnindex')) this.#syncNow(`${to}/${name}`)
    }
    files.syncFolderNow(to)
  }

  /**
   * The bytes of a segment that are not copied yet. A segment that compaction made anew is another one, and copied from
   * its beginning.
   */
  #rest(segment: Segment): number {
    return segment.size - (this.#copied.get(segment) ?? 0)
  }

  #copy(segment: Segment, bytes: number): void {
    const { files } = this.options
    const start = this.#copied.get(segment) ?? 0
    const source = files.open(segment.pathOf('log'))
    try {
      const target = files.open(this.#pathOf(segment))
      try {
        if (target.size > start) target.truncate(start)
        for (let at = start; at < start + bytes; at += sliceBytes) {
          const slice = Buffer.alloc(Math.min(sliceBytes, start + bytes - at))
          source.read(slice, at)
          target.append([slice])
        }
      } finally {
        target.close()
      }
    } finally {
      source.close()
    }
    this.#copied.set(segment, start + bytes)
  }

  async #sync(segment: Segment): Promise<void> {
    const file = this.options.files.open(this.#pathOf(segment))
    try {
      await file.sync()
    } finally {
      file.close()
    }
  }

  #syncNow(path: string): void {
    const file = this.options.files.open(path)
    try {
      file.syncNow()
    } finally {
      file.close()
    }
  }

  #pathOf(segment: Segment): string {
    return `${this.options.to}/${segmentName(segment.base, 'log')}`
  }
}
