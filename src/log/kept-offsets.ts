import type { Offset } from '../engine/log-engine.js'
import { writeOffsets, writeOffsetsInBackground } from './checkpoints.js'
import type { Files } from './files.js'

/**
 * Offsets by partition folder, in memory and in a checkpoint file of a directory. The file may go on telling of a
 * folder that is gone. Invariant: it tells nothing of a folder that comes to be again under an old name. After a crash
 * that would be taken for the old one: its records for synced, for deleted, or for compacted. So `expect` comes first.
 */
export class KeptOffsets {
  /** The folders that are gone and that the file may still hold. */
  readonly #gone = new Set<string>()
  /** The number of folders that `#gone` ever held. */
  #forgotten = 0

  constructor(
    private readonly files: Files,
    private readonly path: string,
    private readonly offsets: Map<string, Offset>,
  ) {}

  get(folder: string): Offset | undefined {
    return this.offsets.get(folder)
  }

  /** Sets an offset in memory; `write` brings it to the file. */
  set(folder: string, offset: Offset): void {
    this.offsets.set(folder, offset)
  }

  /** Forgets a folder that is gone. */
  forget(folder: string): void {
    if (!this.offsets.delete(folder)) return
    this.#gone.add(folder)
    this.#forgotten += 1
  }

  forgetAllBut(folders: ReadonlySet<string>): void {
    for (const folder of [...this.offsets.keys()]) if (!folders.has(folder)) this.forget(folder)
  }

  /** Prepares for a folder that is about to come to be: the file must hold nothing of an earlier one of this name. */
  expect(folder: string): void {
    if (this.#gone.has(folder)) this.write()
  }

  write(): void {
    writeOffsets(this.files, this.path, this.offsets)
    this.#gone.clear()
  }

  /** Writes the file while everything else goes on. It may be called again only when it is done. */
  async writeInBackground(): Promise<void> {
    let forgotten = -1
    const isOutdated = () => forgotten !== this.#forgotten
    while (isOutdated()) {
      forgotten = this.#forgotten
      await writeOffsetsInBackground(this.files, this.path, this.offsets, isOutdated)
    }
  }
}
