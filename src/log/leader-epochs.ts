import type { Offset } from '../engine/log-engine.js'
import { checkpoint, readCheckpoint } from './checkpoints.js'
import type { Files } from './files.js'
import { isFull } from './storage-fault.js'

/** What a client says that knows none. */
const noEpoch = -1

interface EpochStart {
  readonly epoch: number
  readonly start: Offset
}

/**
 * Where each leader epoch of a partition began (KIP-101), kept in `leader-epoch-checkpoint`. The batches
 * say the same, so recovery rebuilds what a crash took.
 *
 * What changes but by an append is in memory first and saved by `save`, for which a full disk may have no room; an append
 * of a new epoch, and a clean stop, need the file to tell all.
 */
export class LeaderEpochs {
  #starts: readonly EpochStart[]
  #isSaved = true

  constructor(
    private readonly files: Files,
    private readonly path: string,
  ) {
    this.#starts = readCheckpoint(files, path).map(([epoch, start]) => ({
      epoch: Number(epoch),
      start: BigInt(start as string),
    }))
  }

  /** Called before a batch is appended; does something only when the epoch is new, or the file does not tell all. */
  assign(epoch: number, start: Offset): void {
    this.note(epoch, start)
    if (!this.#isSaved) this.save()
  }

  /** Called for each batch that is found at a start. */
  note(epoch: number, start: Offset): void {
    const last = this.#starts.at(-1)
    if (epoch < 0 || (last && epoch <= last.epoch)) return
    this.#changeTo([...this.#starts, { epoch, start }])
  }

  /** Forgets what lies before the log's start. */
  startAt(offset: Offset): void {
    const kept = this.#starts.findLastIndex(each => each.start <= offset)
    if (kept > 0) this.#changeTo(this.#starts.slice(kept))
  }

  /** Forgets what lies at or after the log's end. */
  endAt(offset: Offset): void {
    if ((this.#starts.at(-1)?.start ?? -1n) < offset) return
    this.#changeTo(this.#starts.filter(each => each.start < offset))
  }

  at(offset: Offset): number {
    return this.#starts.findLast(each => each.start <= offset)?.epoch ?? -1
  }

  /**
   * The greatest epoch at or below the one asked for, and the offset at which it ends; null for one later
   * than all that are known (Kafka's LeaderEpochFileCache.endOffsetFor).
   */
  endOf(epoch: number, logEnd: Offset): { leaderEpoch: number; endOffset: Offset } | null {
    if (this.#starts.at(-1)?.epoch === epoch) return { leaderEpoch: epoch, endOffset: logEnd }
    const after = this.#starts.findIndex(each => each.epoch > epoch)
    const next = this.#starts[after]
    if (epoch === noEpoch || !next) return null
    return { leaderEpoch: this.#starts[after - 1]?.epoch ?? epoch, endOffset: next.start }
  }

  /** Has the file tell all. */
  save(): void {
    if (this.#isSaved) return
    this.files.writeFile(this.path, checkpoint(this.#starts.map(({ epoch, start }) => [epoch, start])))
    this.#isSaved = true
  }

  /** The same where there is room; otherwise the next append, or the stop, tries again. */
  saveIfRoom(): void {
    try {
      this.save()
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  #changeTo(starts: readonly EpochStart[]): void {
    this.#starts = starts
    this.#isSaved = false
  }
}
