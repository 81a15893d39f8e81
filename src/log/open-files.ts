import { BufferPool } from '../wire/buffer-pool.js'
import { deletedSuffix } from './file-names.js'
import type { Files, OpenFile } from './files.js'

const keptBytes = 8 * 1024 * 1024

/**
 * Files that are opened on need and closed again when too many are open, so that partitions cost no
 * descriptor. Of those that are open the longest-open one goes that was not used since it was last looked at.
 */
export class OpenFiles {
  readonly #open = new Set<FileHandle>()
  /** Where to read to. */
  readonly memory = new BufferPool(keptBytes)

  constructor(
    readonly files: Files,
    private readonly most = 1000,
  ) {}

  /** Opens nothing yet. */
  handle(path: string): FileHandle {
    return new FileHandle(this, path)
  }

  /** Called by a handle that needs its file. */
  open(handle: FileHandle): OpenFile {
    while (this.#open.size >= this.most) this.#closeOne()
    const file = this.#opened(handle.path)
    this.#open.add(handle)
    return file
  }

  /** Called by a handle that has closed its file. */
  closed(handle: FileHandle): void {
    this.#open.delete(handle)
  }

  closeAll(): void {
    for (const handle of [...this.#open]) handle.close()
  }

  #opened(path: string): OpenFile {
    try {
      return this.files.open(path)
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException
      if (code !== 'EMFILE' && code !== 'ENFILE') throw thrown
      this.closeAll() // the process may have fewer descriptors than we were told
      return this.files.open(path)
    }
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

/** A file that is open while it is used. */
export class FileHandle implements OpenFile {
  /** Since it was opened or last looked at. */
  used = false
  #file: OpenFile | null = null
  #size = -1
  #reserved = false

  constructor(
    private readonly owner: OpenFiles,
    readonly path: string,
  ) {}

  get size(): number {
    if (this.#size < 0) this.#size = this.owner.files.size(this.path)
    return this.#size
  }

  get exists(): boolean {
    return this.owner.files.exists(this.path)
  }

  append(chunks: readonly Buffer[]): void {
    const file = this.#opened()
    file.append(chunks)
    this.#size = file.size
  }

  read(into: Buffer, position: number): number {
    return this.#opened().read(into, position)
  }

  async appendAsync(bytes: Buffer): Promise<void> {
    const file = this.#opened()
    await file.appendAsync(bytes)
    this.#size = file.size
  }

  readAsync(into: Buffer, position: number): Promise<number> {
    return this.#opened().readAsync(into, position)
  }

  truncate(size: number): void {
    const file = this.#opened()
    file.truncate(size)
    this.#size = file.size
  }

  reserve(bytes: number): void {
    this.#opened().reserve(bytes)
    this.#reserved = true
  }

  /** Gives back what is reserved and not used; where that fails the next start does. */
  trim(): void {
    if (!this.#reserved) return
    this.#reserved = false
    try {
      this.truncate(this.size)
    } catch {
      // Nothing that counts lies there.
    }
  }

  sync(): Promise<void> {
    return this.#opened().sync()
  }

  close(): void {
    this.#file?.close()
    this.#file = null
    this.owner.closed(this)
  }

  /** Closes and removes the file. */
  remove(): void {
    this.close()
    this.owner.files.remove(this.path)
    this.#size = 0
  }

  /** Closes the file and gives up its name at once, and its bytes by and by; after a crash the next start does. */
  removeSlowly(): void {
    this.close()
    const { files } = this.owner
    this.#size = 0
    if (!files.exists(this.path)) return
    files.rename(this.path, this.path + deletedSuffix)
    files.removeSlowly(this.path + deletedSuffix).catch(() => {})
  }

  #opened(): OpenFile {
    if (this.#file) {
      this.used = true
      return this.#file
    }
    const file = this.owner.open(this)
    try {
      this.#cutLeftover(file)
    } catch (thrown) {
      file.close()
      this.owner.closed(this)
      throw thrown
    }
    this.#file = file
    return file
  }

  /** A write that failed may have left some of its bytes behind the end that was known when the file was closed. */
  #cutLeftover(file: OpenFile): void {
    if (this.#size >= 0 && file.size > this.#size) file.truncate(this.#size)
    this.#size = file.size
  }
}
