import type { Offset } from '../engine/log-engine.js'
import { readCheckpoint, writeCheckpoint } from './checkpoints.js'
import type { Files } from './files.js'

interface EpochStart {
  readonly epoch: number
  readonly start: Offset
}

/** Where each leader epoch of a partition began (KIP-101), kept in `leader-epoch-checkpoint`. */
export class LeaderEpochs {
  #starts: EpochStart[]

  constructor(
    private readonly files: Files,
    private readonly path: string,
  ) {
    this.#starts = readCheckpoint(files, path).map(([epoch, start]) => ({
      epoch: Number(epoch),
      start: BigInt(start as string),
    }))
  }

  /** Called for each batch before it is written; does something only when the epoch is new. */
  assign(epoch: number, start: Offset): void {
    const last = this.#starts.at(-1)
    if (epoch < 0 || (last && epoch <= last.epoch)) return
    this.#starts.push({ epoch, start })
    this.#save()
  }

  /** Forgets what lies before the log's start. */
  startAt(offset: Offset): void {
    const kept = this.#starts.findLastIndex(each => each.start <= offset)
    if (kept <= 0) return
    this.#starts = this.#starts.slice(kept)
    this.#save()
  }

  at(offset: Offset): number {
    return this.#starts.findLast(each => each.start <= offset)?.epoch ?? -1
  }

  /** The greatest epoch at or below the one asked for, and the offset at which it ends. */
  endOf(epoch: number, logEnd: Offset): { leaderEpoch: number; endOffset: Offset } | null {
    const at = this.#starts.findLastIndex(each => each.epoch <= epoch)
    const found = this.#starts[at]
    if (!found) return null
    return { leaderEpoch: found.epoch, endOffset: this.#starts[at + 1]?.start ?? logEnd }
  }

  #save(): void {
    writeCheckpoint(
      this.files,
      this.path,
      this.#starts.map(({ epoch, start }) => [epoch, start]),
    )
  }
}
