import { BufferPool } from '../memory/buffer-pool.js'
import { deletedSuffix } from './file-names.js'
import type { Files, OpenFile } from './files.js'
import { Flights } from './flights.js'
import { FolderSyncs } from './folder-syncs.js'
import { retriedFiles } from './retried-files.js'
import { isFull, StorageFault } from './storage-fault.js'

/** The number of files that are open at once, unless the process may not have so many descriptors. */
const mostOpen = 1000
/**
 * The bounds of the number of descriptors that no connection gets. It is a quarter of those that there are, so that a
 * package can be loaded, a folder be read and some files be synced at any time.
 */
const [leastSpared, mostSpared] = [2, 16]
/** The number of descriptors that Node itself needs, the listeners, and the least of connections. */
const othersDescriptors = 48

const keptBytes = 8 * 1024 * 1024

/**
 * Files that are opened on need and closed again when too many are open, so that partitions cost no descriptor. The
 * file to close is found by CLOCK: the one that is open the longest and was not used since it was last looked at. This
 * class owns the descriptors of all files: where any call lacks one, the open files are closed, and the call is made
 * again.
 */
export class OpenFiles {
  readonly #open = new Set<FileHandle>()
  /** The pool of buffers to read into. */
  readonly memory = new BufferPool(keptBytes)
  /** The file system, whose calls give descriptors back where they lack one. */
  readonly files: Files
  /** The folders in which something was created, renamed or removed. */
  readonly folders: FolderSyncs

  /** The calls on files that run on other threads. */
  readonly flights = new Flights()

  readonly #limit: number
  readonly #spared: number
  readonly #most: number

  /** The process may have `limit` descriptors; half of those that remain may be files. */
  constructor(files: Files, { most = mostOpen, limit = Number.POSITIVE_INFINITY } = {}) {
    this.#limit = limit
    this.#most = Math.min(most, Math.max(1, Math.floor((limit - othersDescriptors) / 2)))
    this.#spared = Math.min(mostSpared, Math.max(leastSpared, Math.floor((limit - othersDescriptors) / 4)))
    this.files = retriedFiles(files, () => this.giveBack(), this.flights)
    this.folders = new FolderSyncs(this.files)
  }

  /** Makes a handle, and opens nothing yet. */
  handle(path: string): FileHandle {
    return new FileHandle(this, path)
  }

  /** Opens the file of a handle that needs it. */
  open(handle: FileHandle): OpenFile {
    while (this.#open.size >= this.#most) this.#closeOne()
    const file = this.files.open(handle.path)
    if ((file.descriptor ?? 0) >= this.#limit - leastSpared) this.giveBack()
    this.#open.add(handle)
    return file
  }

  /** Notes that a handle has closed its file. */
  closed(handle: FileHandle): void {
    this.#open.delete(handle)
  }

  closeAll(): void {
    for (const handle of [...this.#open]) handle.close()
  }

  /**
   * Makes room for sockets; called with each descriptor that a socket got, which is the lowest that was free. One so
   * high says that all but a few are taken, and files that are not in use are closed. False where that frees too few:
   * then the caller should give the descriptor back.
   */
  spare(descriptor: number): boolean {
    const higher = this.#limit - descriptor - 1
    if (higher >= this.#spared) return true
    const freed = this.#open.size
    this.giveBack()
    return higher + freed >= this.#spared
  }

  /** Closes every descriptor that is not in use at this moment; returns whether there was any. */
  giveBack(): boolean {
    if (this.#open.size === 0) return false
    this.closeAll()
    return true
  }

  #closeOne(): void {
    for (const handle of this.#open) {
      if (!handle.used) {
        handle.close()
        return
      }
      handle.used = false
      this.#open.delete(handle)
      this.#open.add(handle)
    }
  }
}

/**
 * A file that is open while it is used. Once it is removed, or its partition given up (`abandon`), every call that
 * fails, under way or later, is `gone`. Nothing opens the path again, where another file may be by then.
 */
export class FileHandle implements OpenFile {
  /** True where the file was used since it was opened or last looked at. */
  used = false
  #file: OpenFile | null = null
  #size = -1
  #reserved = false
  /**
   * True where bytes lie behind the end that a full disk did not let go of: nothing is appended before they are gone.
   */
  #hasLeftover = false
  #isGone = false
  /** The position from which on no sync is believed before the bytes are written again; -1 where all syncs are. */
  #doubtedFrom = -1

  constructor(
    private readonly owner: OpenFiles,
    readonly path: string,
  ) {}

  get size(): number {
    if (this.#size < 0) this.#size = this.owner.files.size(this.path)
    return this.#size
  }

  get isGone(): boolean {
    return this.#isGone
  }

  get exists(): boolean {
    return !this.#isGone && this.owner.files.exists(this.path)
  }

  append(chunks: readonly Buffer[]): void {
    const file = this.#opened()
    if (this.#hasLeftover) this.makeUp()
    file.append(chunks)
    this.#size = file.size
  }

  read(into: Buffer, position: number): number {
    return this.#opened().read(into, position)
  }

  appendAsync(bytes: Buffer): Promise<void> {
    return this.#unlessGone(async file => {
      if (this.#hasLeftover) this.makeUp()
      await file.appendAsync(bytes)
      this.#size = file.size
    })
  }

  readAsync(into: Buffer, position: number): Promise<number> {
    return this.#unlessGone(file => file.readAsync(into, position))
  }

  truncate(size: number): void {
    const file = this.#opened()
    file.truncate(size)
    this.#size = file.size
  }

  /**
   * Gives up the bytes that lie behind an end. A full disk may refuse it; they are not read all the same, and `makeUp`
   * tries again.
   */
  cut(size: number): void {
    this.#size = size
    this.#cutLeftover(this.#opened())
  }

  /** Takes away the bytes that `cut` could not. */
  makeUp(): void {
    if (!this.#hasLeftover) return
    this.#opened().truncate(this.#size)
    this.#hasLeftover = false
  }

  reserve(bytes: number): void {
    this.#opened().reserve(bytes)
    this.#reserved = true
  }

  /** Gives back the room that is reserved and not used; where the disk is full the next start does. */
  trim(): void {
    if (!this.#reserved) return
    this.#reserved = false
    try {
      this.truncate(this.size)
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
    }
  }

  /**
   * Notes that a sync in an earlier process may have failed. Without a reboot its bytes are in the page cache still,
   * where they look like those of the disk, and a sync does not write them. So the next sync writes them again first.
   */
  doubt(from: number): void {
    this.#doubtedFrom = from
  }

  sync(): Promise<void> {
    return this.#doubtedFrom < 0 ? this.#unlessGone(file => file.sync()) : this.#syncDoubted()
  }

  /**
   * Writes the doubted bytes again, then syncs. Between the two the file may be closed for want of descriptors, and is
   * opened again.
   */
  async #syncDoubted(): Promise<void> {
    await this.rewrite(this.#doubtedFrom)
    this.#doubtedFrom = -1
    await this.#unlessGone(file => file.sync())
  }

  syncNow(): void {
    const file = this.#opened()
    if (this.#doubtedFrom >= 0) {
      file.rewriteNow(this.#doubtedFrom)
      this.#doubtedFrom = -1
    }
    file.syncNow()
  }

  rewrite(from: number): Promise<void> {
    return this.#unlessGone(file => file.rewrite(from))
  }

  rewriteNow(from: number): void {
    this.#opened().rewriteNow(from)
  }

  close(): void {
    const file = this.#file
    this.#file = null
    this.owner.closed(this)
    file?.close()
  }

  /** Closes the file for good: its path belongs to another file now. */
  abandon(): void {
    this.#isGone = true
    this.close()
  }

  /** Closes and removes the file. */
  remove(): void {
    this.abandon()
    this.owner.files.remove(this.path)
    this.#size = 0
  }

  /**
   * Closes the file and gives up its name at once, and its bytes by and by; where that fails the next start does it.
   */
  removeSlowly(): void {
    this.abandon()
    const { files } = this.owner
    this.#size = 0
    if (!files.exists(this.path)) return
    files.rename(this.path, this.path + deletedSuffix)
    files.removeSlowly(this.path + deletedSuffix).catch(() => {}) // nothing counts on it: full, or lost
  }

  async #unlessGone<T>(work: (file: OpenFile) => Promise<T>): Promise<T> {
    const { flights } = this.owner
    for (;;) {
      let descriptor: Promise<void> | null = null
      flights.begin()
      try {
        return await work(this.#opened())
      } catch (thrown) {
        if (this.#isGone && thrown instanceof StorageFault) throw this.#gone(thrown)
        descriptor = flights.descriptorAfter(thrown)
        if (!descriptor) throw thrown
      } finally {
        flights.end(descriptor !== null)
      }
      await descriptor
    }
  }

  #opened(): OpenFile {
    if (this.#file) {
      this.used = true
      return this.#file
    }
    if (this.#isGone) throw this.#gone()
    const file = this.owner.open(this)
    try {
      this.#cutLeftover(file)
    } catch (thrown) {
      this.owner.closed(this)
      file.close()
      throw thrown
    }
    this.#file = file
    return file
  }

  /** Cuts the bytes off that a failed write may have left behind the end that was known when the file was closed. */
  #cutLeftover(file: OpenFile): void {
    try {
      if (this.#size >= 0 && file.size > this.#size) file.truncate(this.#size)
      this.#hasLeftover = false
      this.#size = file.size
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown
      this.#hasLeftover = true
    }
  }

  #gone(cause?: unknown): StorageFault {
    return new StorageFault('gone', this.path, `${this.path} was given up meanwhile`, { cause })
  }
}
