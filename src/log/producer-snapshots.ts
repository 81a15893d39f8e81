import type { Offset } from '../engine/log-engine.js'
import { segmentName } from './file-names.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot-file.js'
import type { ProducerEntry } from './producer-state.js'
import { allDone, isGone } from './storage-fault.js'

/**
 * The producer snapshots of a partition: one where each segment but the first begins, and after a clean stop one at the
 * end. When older segments are gone only a snapshot tells of the producers that wrote them. So this class knows of each
 * whether the disk has it.
 */
export class ProducerSnapshots {
  /** The snapshots that the disk may not have. */
  readonly #unsynced = new Map<Offset, FileHandle>()

  constructor(
    private readonly folder: string,
    private readonly open: OpenFiles,
  ) {}

  exists(offset: Offset): boolean {
    return this.open.files.exists(this.#pathOf(offset))
  }

  /** Reads the snapshot at an offset; null where it was torn. */
  read(offset: Offset): ProducerEntry[] | null {
    return decodeSnapshot(this.open.files.readFile(this.#pathOf(offset)))
  }

  write(offset: Offset, producers: Iterable<ProducerEntry>): void {
    this.leave(offset, producers)
    this.#keep(offset)
  }

  /** Writes a snapshot that need not be synced, for the log tells the same. */
  leave(offset: Offset, producers: Iterable<ProducerEntry>): void {
    this.#forget(offset)
    this.open.files.writeFile(this.#pathOf(offset), encodeSnapshot(producers))
  }

  /**
   * Notes that the disk may not have a snapshot that is there, and that an earlier process may have met a failed sync
   * of it.
   */
  doubt(offset: Offset): void {
    if (!this.#unsynced.has(offset)) this.#keep(offset)?.doubt(0)
  }

  /** Notes that the disk may not have a snapshot. */
  #keep(offset: Offset): FileHandle | null {
    if (this.open.files.inMemory) return null
    this.open.folders.changed(this.folder)
    const file = this.open.handle(this.#pathOf(offset))
    this.#unsynced.set(offset, file)
    return file
  }

  remove(offset: Offset): void {
    this.#forget(offset)
    this.open.folders.changed(this.folder)
    this.open.files.remove(this.#pathOf(offset))
  }

  /** Tells whether the disk has all snapshots up to an offset. */
  hasSynced(offset: Offset): boolean {
    for (const each of this.#unsynced.keys()) if (each <= offset) return false
    return true
  }

  /** Resolves when the disk has all snapshots that were written before the call. */
  async sync(): Promise<void> {
    const synced = [...this.#unsynced]
    await allDone(synced.map(([offset, file]) => this.#unlessRemoved(offset, file)))
    for (const [offset, file] of synced) if (this.#unsynced.get(offset) === file) this.#forget(offset)
  }

  abandon(): void {
    for (const file of this.#unsynced.values()) file.abandon()
  }

  /** Syncs a snapshot. A failure does not count where the snapshot was removed or written anew meanwhile. */
  async #unlessRemoved(offset: Offset, file: FileHandle): Promise<void> {
    try {
      await file.sync()
    } catch (thrown) {
      if (!isGone(thrown) || this.#unsynced.get(offset) === file) throw thrown
    }
  }

  #forget(offset: Offset): void {
    this.#unsynced.get(offset)?.abandon()
    this.#unsynced.delete(offset)
  }

  #pathOf(offset: Offset): string {
    return `${this.folder}/${segmentName(offset, 'snapshot')}`
  }
}
