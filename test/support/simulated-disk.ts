import type { Files, OpenFile } from '../../src/log/files.js'
import { MemoryFiles } from '../../src/log/memory-files.js'
import { faultOf, isFull, syncFaultOf } from '../../src/log/storage-fault.js'
import type { Clock } from '../../src/time/clock.js'
import { Content } from './simulated-content.js'
import { Entries } from './simulated-entries.js'

export type Fault = 'ENOSPC' | 'EIO' | 'EMFILE' | 'EACCES'
export type Operation =
  | 'append'
  | 'rewrite'
  | 'read'
  | 'truncate'
  | 'sync'
  | 'open'
  | 'exists'
  | 'list'
  | 'makeFolder'
  | 'size'
  | 'readFile'
  | 'write'
  | 'rename'
  | 'remove'
  | 'syncFolder'
  | 'usableBytes'

const room = 64 * 1024 * 1024
/** The time that an operation hangs, by the clock. */
const hangMs = 30_000

const nothing = Buffer.alloc(0)

/**
 * A disk that can be pulled out. What is written lies in the page cache, which outlives the process; a
 * power failure takes what was not synced: all of it, its end, or blocks before others that are kept, with
 * zeros in their place. The same goes for the entries of folders (`Entries`). After a sync that failed, later ones
 * succeed and do not keep what it was to keep, in the next process as well (`Content`). Operations fail where a test
 * says so, or hang where another thread is at them, and, as on Windows, fail where a file that is open would be renamed,
 * replaced or removed.
 */
export class SimulatedDisk implements Files {
  readonly inMemory = false
  /** Another one after each power failure. */
  boot = 'boot 0'
  #entries = new Entries()
  /** The number of handles that are open on each file. */
  readonly #open = new Map<string, number>()
  #hangs = 0
  /** Decides before each operation; a code makes it fail. */
  fault: (operation: Operation, path: string) => Fault | 'hang' | null = () => null
  /** The clock by which hanging operations go on; without one no operation hangs. */
  clock: Clock | null = null
  /** The number of bytes of a failing append that are written all the same. */
  shortBytes = 0
  operations = 0

  /** The disk as the next process finds it after this one was killed: open handles of the old one are dead. */
  killed(): SimulatedDisk {
    return this.#copy(this.#entries.copy(), this.boot)
  }

  /** The disk after a power failure. `random` decides what became of the bytes and entries that were not synced. */
  unplugged(random: () => number): SimulatedDisk {
    return this.#copy(this.#entries.unplugged(random), `boot ${Number(this.boot.slice(5)) + 1}`)
  }

  open(path: string): OpenFile {
    this.#attempt('open', path)
    const content = this.#entries.file(path) ?? new Content(nothing, false)
    if (!this.#entries.has(path)) this.#entries.put(path, content)
    this.#open.set(path, (this.#open.get(path) ?? 0) + 1)
    return this.#handle(path, content)
  }

  exists(path: string): boolean {
    this.#attempt('exists', path)
    return this.#entries.has(path)
  }

  list(folder: string): string[] {
    this.#attempt('list', folder)
    return this.#entries.list(folder)
  }

  makeFolder(path: string): void {
    this.#attempt('makeFolder', path)
    this.#entries.makeFolder(path)
  }

  size(path: string): number {
    this.#attempt('size', path)
    return this.#entries.file(path)?.bytes.length ?? 0
  }

  readFile(path: string): Buffer {
    this.#attempt('readFile', path)
    const content = this.#entries.file(path)
    if (!content) throw failure('ENOENT', path)
    return Buffer.from(content.bytes)
  }

  writeFile(path: string, content: Buffer): void {
    this.#attempt('write', path)
    this.#mustBeClosed(path)
    this.#entries.put(path, new Content(Buffer.from(content), false))
  }

  writeFileDurably(path: string, content: Buffer): void {
    this.#attempt('write', path)
    this.#mustBeClosed(path)
    this.#entries.put(path, new Content(Buffer.from(content), true))
    this.syncFolderNow(folderOf(path))
  }

  createExclusively(path: string, content: Buffer): boolean {
    if (this.exists(path)) return false
    this.writeFile(path, content)
    return true
  }

  rename(from: string, to: string): void {
    this.#attempt('rename', from)
    this.#mustBeClosed(from)
    this.#mustBeClosed(to)
    this.#entries.rename(from, to)
  }

  remove(path: string): void {
    this.#attempt('remove', path)
    this.#mustBeClosed(path)
    this.#entries.remove(path)
  }

  async removeSlowly(path: string): Promise<void> {
    await this.#hang('remove', path)
    this.remove(path)
  }

  async syncFolder(path: string): Promise<void> {
    const upTo = this.#entries.changes
    await this.#hang('syncFolder', path)
    this.#attemptSync('syncFolder', path)
    this.#entries.sync(path, upTo)
  }

  syncFolderNow(path: string): void {
    this.#attemptSync('syncFolder', path)
    this.#entries.sync(path)
  }

  usableBytes(folder: string) {
    this.#attempt('usableBytes', folder)
    return new MemoryFiles(room).usableBytes()
  }

  /** Damages a file without the knowledge of a process. */
  damage(path: string, change: (bytes: Buffer) => Buffer): void {
    const content = this.#entries.file(path)
    if (!content) throw new Error(`there is no file ${path}; there are ${this.#entries.paths.join(', ')}`)
    content.damage(change)
  }

  #copy(entries: Entries, boot: string): SimulatedDisk {
    const copy = new SimulatedDisk()
    copy.boot = boot
    copy.#entries = entries
    copy.clock = this.clock
    for (const path of entries.paths) if (path.endsWith('/.lock')) entries.forget(path) // its process is gone
    return copy
  }

  #handle(path: string, content: Content): OpenFile {
    let isClosed = false
    const mustBeOpen = () => {
      if (isClosed) throw new Error(`${path} is used after it was closed`)
    }
    const attempt = (operation: Operation) => this.#attempt(operation, path)
    let end = content.bytes.length
    let reserved = 0
    const write = (bytes: Buffer) => {
      if (end + bytes.length >= reserved) content.truncate(end)
      content.write(bytes, end)
    }
    const append = (bytes: Buffer) => {
      try {
        attempt('append')
      } catch (thrown) {
        if (this.shortBytes > 0) write(bytes.subarray(0, Math.min(this.shortBytes, bytes.length - 1)))
        throw thrown
      }
      write(bytes)
      end += bytes.length
    }
    const read = (into: Buffer, position: number) => {
      attempt('read')
      return content.bytes.copy(into, 0, position)
    }
    const sync = (length: number) => {
      try {
        this.#attemptSync('sync', path)
      } catch (thrown) {
        if (!isFull(thrown)) content.syncFailed(length)
        throw thrown
      }
      content.sync(length)
    }
    const rewrite = (from: number) => {
      attempt('rewrite')
      content.rewrite(from, end)
    }
    return {
      get size() {
        return end
      },
      append: chunks => {
        mustBeOpen()
        append(Buffer.concat(chunks))
      },
      read: (into, position) => {
        mustBeOpen()
        return read(into, position)
      },
      appendAsync: async bytes => {
        mustBeOpen()
        await this.#hang('append', path)
        append(bytes)
      },
      readAsync: async (into, position) => {
        mustBeOpen()
        await this.#hang('read', path)
        return read(into, position)
      },
      truncate: size => {
        mustBeOpen()
        attempt('truncate')
        content.truncate(size)
        end = content.bytes.length
      },
      reserve: bytes => {
        mustBeOpen()
        attempt('truncate')
        content.truncate(end)
        content.write(Buffer.alloc(bytes - end), end)
        reserved = bytes
      },
      rewrite: async from => {
        mustBeOpen()
        await this.#hang('rewrite', path)
        rewrite(from)
      },
      rewriteNow: from => {
        mustBeOpen()
        rewrite(from)
      },
      sync: async () => {
        mustBeOpen()
        const { length } = content.bytes
        await this.#hang('sync', path)
        sync(Math.min(length, content.bytes.length))
      },
      syncNow: () => {
        mustBeOpen()
        sync(content.bytes.length)
      },
      close: () => {
        if (isClosed) return
        isClosed = true
        const others = (this.#open.get(path) ?? 1) - 1
        if (others > 0) this.#open.set(path, others)
        else this.#open.delete(path)
      },
    }
  }

  #mustBeClosed(path: string): void {
    for (const open of this.#open.keys()) {
      if (open === path || open.startsWith(`${path}/`)) throw new Error(`${open} is open`)
    }
  }

  #attempt(operation: Operation, path: string): void {
    this.operations += 1
    const code = this.fault(operation, path)
    if (code && code !== 'hang') throw failure(code, path)
  }

  #attemptSync(operation: Operation, path: string): void {
    this.operations += 1
    const code = this.fault(operation, path)
    if (code === 'EMFILE') throw failure(code, path) // it had to be opened, and nothing was lost
    if (code && code !== 'hang') throw syncFaultOf(systemError(code), path)
  }

  /** Delays an operation of another thread. */
  async #hang(operation: Operation, path: string): Promise<void> {
    const { clock } = this
    if (clock === null || this.fault(operation, path) !== 'hang') return
    this.#hangs += 1
    const key = `simulated-disk/hang/${this.#hangs}/${Math.random()}`
    await new Promise<void>(resolve => clock.after(hangMs, key, resolve))
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: simulated`), { code, syscall: 'simulated' })

const failure = (code: string, path: string): unknown => faultOf(systemError(code), path)
