import type { Files } from './files.js'

interface Changed {
  /** The number of changes to the folder so far. */
  changes: number
  /** The sync that is under way, and the number of changes that it covers. */
  running: { readonly changes: number; readonly done: Promise<void> } | null
  next: Promise<void> | null
}

/**
 * The folders in which entries were created, renamed or removed since the disk was last told to keep them. A folder is
 * synced once for all who wait for it at the same time, and not at all where nothing changed in it: then the question
 * costs a look into a map.
 */
export class FolderSyncs {
  readonly #changed = new Map<string, Changed>()

  constructor(private readonly files: Files) {}

  /** Notes that an entry of the folder changed. */
  changed(folder: string): void {
    if (this.files.inMemory) return
    const found = this.#changed.get(folder)
    if (found) found.changes += 1
    else this.#changed.set(folder, { changes: 1, running: null, next: null })
  }

  /** Resolves when the disk has the entries as they are now; null where it has them already. */
  sync(folder: string): Promise<void> | null {
    const found = this.#changed.get(folder)
    if (!found) return null
    const { running } = found
    if (!running) return this.#start(folder, found)
    if (running.changes === found.changes) return running.done
    found.next ??= running.done
      .catch(() => {}) // those who wait for it are told
      .then(() => {
        found.next = null
        return this.#start(folder, found)
      })
    return found.next
  }

  /** Syncs a folder while everything else waits, for a start. */
  syncNow(folder: string): void {
    const found = this.#changed.get(folder)
    if (!found) return
    this.files.syncFolderNow(folder)
    this.#changed.delete(folder)
  }

  /** Forgets a folder that is gone. */
  forget(folder: string): void {
    this.#changed.delete(folder)
  }

  #start(folder: string, found: Changed): Promise<void> {
    const { changes } = found
    const done = this.files
      .syncFolder(folder)
      .then(() => {
        if (found.changes === changes && this.#changed.get(folder) === found) this.#changed.delete(folder)
      })
      .finally(() => {
        found.running = null
      })
    found.running = { changes, done }
    return done
  }
}
