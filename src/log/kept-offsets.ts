import type { Offset } from '../engine/log-engine.js'
import { writeOffsets, writeOffsetsInBackground } from './checkpoints.js'
import type { Files } from './files.js'

/**
 * Offsets by partition folder, in memory and in a checkpoint file of a directory. The file may go on telling of a folder
 * that is gone. Invariant: it tells nothing of the sort when a folder of that name comes to be again, which would be
 * taken for the old one after a crash: its records for synced, for deleted, or for compacted. So `expect` comes first.
 */
export class KeptOffsets {
  /** Folders that are gone, of which the file may tell still. */
  readonly #gone = new Set<string>()
  /** How many folders there were in `#gone`, ever. */
  #forgotten = 0

  constructor(
    private readonly files: Files,
    private readonly path: string,
    private readonly offsets: Map<string, Offset>,
  ) {}

  get(folder: string): Offset | undefined {
    return this.offsets.get(folder)
  }

  /** The file follows with `write`. */
  set(folder: string, offset: Offset): void {
    this.offsets.set(folder, offset)
  }

  /** The folder is gone. */
  forget(folder: string): void {
    if (!this.offsets.delete(folder)) return
    this.#gone.add(folder)
    this.#forgotten += 1
  }

  forgetAllBut(folders: ReadonlySet<string>): void {
    for (const folder of [...this.offsets.keys()]) if (!folders.has(folder)) this.forget(folder)
  }

  /** A folder is about to come to be. */
  expect(folder: string): void {
    if (this.#gone.has(folder)) this.write()
  }

  write(): void {
    writeOffsets(this.files, this.path, this.offsets)
    this.#gone.clear()
  }

  /** The same while everything else goes on; to be called again only when it is done. */
  async writeInBackground(): Promise<void> {
    let forgotten = -1
    const isOutdated = () => forgotten !== this.#forgotten
    while (isOutdated()) {
      forgotten = this.#forgotten
      await writeOffsetsInBackground(this.files, this.path, this.offsets, isOutdated)
    }
  }
}
