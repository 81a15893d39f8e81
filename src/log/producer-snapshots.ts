import type { Offset } from '../engine/log-engine.js'
import { segmentName } from './file-names.js'
import type { FileHandle, OpenFiles } from './open-files.js'
import { decodeSnapshot, encodeSnapshot } from './producer-snapshot.js'
import type { ProducerEntry } from './producer-state.js'
import { allDone, isGone } from './storage-fault.js'

/**
 * The producer snapshots of a partition: one where each segment but the first begins, and after a clean stop one at the
 * end. When older segments are gone a snapshot alone tells of the producers that wrote them; so it is known of each
 * whether the disk has it.
 */
export class ProducerSnapshots {
  /** Those that the disk may not have. */
  readonly #unsynced = new Map<Offset, FileHandle>()

  constructor(
    private readonly folder: string,
    private readonly open: OpenFiles,
  ) {}

  exists(offset: Offset): boolean {
    return this.open.files.exists(this.#pathOf(offset))
  }

  /** Null where it was torn. */
  read(offset: Offset): ProducerEntry[] | null {
    return decodeSnapshot(this.open.files.readFile(this.#pathOf(offset)))
  }

  write(offset: Offset, producers: Iterable<ProducerEntry>): void {
    this.leave(offset, producers)
    this.#keep(offset)
  }

  /** Writes one that need not be synced, for the log tells the same. */
  leave(offset: Offset, producers: Iterable<ProducerEntry>): void {
    this.#forget(offset)
    this.open.files.writeFile(this.#pathOf(offset), encodeSnapshot(producers))
  }

  /** Says that the disk may not have one that is there, and that an earlier process may have met a sync of it that failed. */
  doubt(offset: Offset): void {
    if (!this.#unsynced.has(offset)) this.#keep(offset)?.doubt(0)
  }

  /** Says that the disk may not have it. */
  #keep(offset: Offset): FileHandle | null {
    if (this.open.files.inMemory) return null
    this.open.folders.changed(this.folder)
    const file = this.open.handle(this.#pathOf(offset))
    this.#unsynced.set(offset, file)
    return file
  }

  remove(offset: Offset): void {
    this.#forget(offset)
    this.open.files.remove(this.#pathOf(offset))
  }

  /** Whether the disk has all of them up to an offset. */
  hasSynced(offset: Offset): boolean {
    for (const each of this.#unsynced.keys()) if (each <= offset) return false
    return true
  }

  /** Resolves when the disk has all that were written before the call. */
  async sync(): Promise<void> {
    const synced = [...this.#unsynced]
    await allDone(synced.map(([offset, file]) => this.#unlessRemoved(offset, file)))
    for (const [offset, file] of synced) if (this.#unsynced.get(offset) === file) this.#forget(offset)
  }

  abandon(): void {
    for (const file of this.#unsynced.values()) file.abandon()
  }

  /** One that was removed or written anew meanwhile is nobody's concern. */
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
