import type { Offset } from '../engine/log-engine.js'
import * as batch from '../records/record-batch.js'
import { checkpoint, offsetIn, readCheckpoint } from './checkpoints.js'
import type { Files } from './files.js'
import type { Segment } from './segment.js'
import { isFull } from './storage-fault.js'

/** The epoch that a client sends when it knows none. */
const noEpoch = -1

export interface EpochStart {
  readonly epoch: number
  readonly start: Offset
}

/**
 * The offsets at which the leader epochs of a partition began (KIP-101), kept in `leader-epoch-checkpoint`. The batches
 * say the same, so recovery rebuilds the epochs that a crash took or that are damaged.
 *
 * A change that comes not from an append is in memory first. `save` writes it, for which a full disk may have no room.
 * An append of a new epoch, and a clean stop, need the file to tell all.
 */
export class LeaderEpochs {
  #starts: readonly EpochStart[]
  #isSaved = true
  /** The reason why the file cannot be believed; null where it can. */
  readonly flaw: string | null

  constructor(
    private readonly files: Files,
    private readonly path: string,
  ) {
    const { entries, flaw } = readCheckpoint(files, path, epochStart)
    const rises = entries.every((each, i) => i === 0 || isAfter(each, entries[i - 1] as EpochStart))
    this.flaw = flaw ?? (rises ? null : 'is damaged: its epochs do not rise')
    this.#starts = this.flaw === null ? entries : []
  }

  /** Puts the epochs that the batches tell in the place of the file's; says whether they are others. */
  replace(starts: readonly EpochStart[]): boolean {
    const isSame =
      starts.length === this.#starts.length && starts.every((each, i) => isEqual(each, this.#starts[i]))
    if (!isSame || this.flaw !== null) this.#changeTo(starts)
    return !isSame
  }

  /**
   * Notes the epoch of a batch; called before each is appended. It does something only when the epoch is new, or the
   * file does not tell all.
   */
  assign(epoch: number, start: Offset): void {
    this.note(epoch, start)
    if (!this.#isSaved) this.save()
  }

  /** Notes the epoch of a batch that is found at a start; called for each. */
  note(epoch: number, start: Offset): void {
    const last = this.#starts.at(-1)
    if (epoch < 0 || (last && epoch <= last.epoch)) return
    this.#changeTo([...this.#starts, { epoch, start }])
  }

  /** Forgets the epochs that end before the log's start. */
  startAt(offset: Offset): void {
    const kept = this.#starts.findLastIndex(each => each.start <= offset)
    if (kept > 0) this.#changeTo(this.#starts.slice(kept))
  }

  /** Forgets the epochs that begin at the log's end or after it. */
  endAt(offset: Offset): void {
    if ((this.#starts.at(-1)?.start ?? -1n) < offset) return
    this.#changeTo(this.#starts.filter(each => each.start < offset))
  }

  /** The latest epochs and the offsets at which they begin, at most so many. */
  latest(most: number): readonly EpochStart[] {
    return this.#starts.slice(-most)
  }

  at(offset: Offset): number {
    return this.#starts.findLast(each => each.start <= offset)?.epoch ?? -1
  }

  /**
   * The greatest epoch at or below the given one, and the offset at which it ends; null for an epoch later than all
   * that are known (Kafka's LeaderEpochFileCache.endOffsetFor).
   */
  endOf(epoch: number, logEnd: Offset): { leaderEpoch: number; endOffset: Offset } | null {
    if (this.#starts.at(-1)?.epoch === epoch) return { leaderEpoch: epoch, endOffset: logEnd }
    const after = this.#starts.findIndex(each => each.epoch > epoch)
    const next = this.#starts[after]
    if (epoch === noEpoch || !next) return null
    return { leaderEpoch: this.#starts[after - 1]?.epoch ?? epoch, endOffset: next.start }
  }

  /** Writes the file where it does not tell all epochs. */
  save(): void {
    if (this.#isSaved) return
    this.files.writeFile(this.path, checkpoint(this.#starts.map(({ epoch, start }) => [epoch, start])))
    this.#isSaved = true
  }

  /** Saves where there is room; otherwise the next append, or the stop, tries again. */
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

function epochStart([word, offset, ...more]: readonly string[]): EpochStart | null {
  const [epoch, start] = [offsetIn(word), offsetIn(offset)]
  if (epoch === null || start === null || epoch > largestEpoch || more.length > 0) return null
  return { epoch: Number(epoch), start }
}

const largestEpoch = 2n ** 31n - 1n

const isAfter = (each: EpochStart, other: EpochStart): boolean =>
  each.epoch > other.epoch && each.start > other.start

const isEqual = (each: EpochStart, other: EpochStart | undefined): boolean =>
  each.epoch === other?.epoch && each.start === other.start

/**
 * The epochs that the batches of a partition tell. Epochs never fall, so a segment that begins with the same epoch as
 * the next one holds no other, and is not read through. No epoch is beyond the `latest`: no checksum covers the epoch
 * of a batch.
 */
export function epochsIn(
  segments: readonly Segment[],
  batchesIn: (segment: Segment) => Iterable<Buffer>,
  latest: number,
): EpochStart[] {
  const starts: EpochStart[] = []
  const take = (epoch: number, start: Offset) => {
    if (epoch <= latest && epoch > (starts.at(-1)?.epoch ?? noEpoch)) starts.push({ epoch, start })
  }
  const written = segments.filter(({ size }) => size > 0)
  for (const [i, segment] of written.entries()) {
    const [first, next] = [firstEpoch(segment), firstEpoch(written[i + 1])]
    if (first !== null && first === next) take(first, segment.base)
    else for (const each of batchesIn(segment)) take(batch.partitionLeaderEpoch(each), batch.baseOffset(each))
  }
  return starts
}

function firstEpoch(segment: Segment | undefined): number | null {
  const header = segment?.headerAt(segment.base)
  return header ? batch.partitionLeaderEpoch(header) : null
}
