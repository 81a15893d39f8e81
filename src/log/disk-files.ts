import fs from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Files, OpenFile } from './files.js'
import { faultOf, syncFaultOf } from './storage-fault.js'

const write = promisify(fs.write)
const read = promisify(fs.read)
const sync = promisify(fs.fdatasync)
const open = promisify(fs.open)
const close = promisify(fs.close)
const syncEntries = promisify(fs.fsync)

/**
 * Makes a folder and those above it. Node's own way (`recursive`) does not come to an end where a folder is there and
 * takes none, as below `/proc`.
 */
function makeFolders(path: string): void {
  try {
    fs.mkdirSync(path)
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code === 'EEXIST' && fs.statSync(path).isDirectory()) return
    if (code !== 'ENOENT' || dirname(path) === path) throw thrown
    makeFolders(dirname(path))
    makeFolder(path)
  }
}

/** Makes one folder; another process may have made it meanwhile. */
function makeFolder(path: string): void {
  try {
    fs.mkdirSync(path)
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown
  }
}

/** True but on Windows, which keeps the entries of its folders by itself and has no call for a sync of them. */
const syncsFolders = process.platform !== 'win32'

/** Reads the name that Linux gives to each start of the machine. Other systems have no such name. */
function bootId(): string | null {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return null
  }
}

/** The machine's own disk. Each call of the operating system that fails throws a StorageFault. */
export const diskFiles: Files = {
  inMemory: false,
  boot: bootId(),
  open: path => call(path, () => new DiskFile(path)),
  exists: path => call(path, () => fs.statSync(path, { throwIfNoEntry: false }) !== undefined),
  list(folder) {
    return call(folder, () => {
      try {
        return fs.readdirSync(folder)
      } catch (thrown) {
        if (codeOf(thrown) === 'ENOENT') return []
        throw thrown
      }
    })
  },
  makeFolder(path) {
    call(path, () => makeFolders(path))
  },
  size: path => call(path, () => fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0),
  readFile: path => call(path, () => fs.readFileSync(path)),
  writeFile(path, content) {
    call(path, () => {
      fs.writeFileSync(`${path}.tmp`, content)
      fs.renameSync(`${path}.tmp`, path)
    })
  },
  writeFileDurably(path, content) {
    call(path, () => {
      const descriptor = fs.openSync(`${path}.tmp`, 'w')
      try {
        fs.writeFileSync(descriptor, content)
        syncCall(path, () => fs.fdatasyncSync(descriptor))
      } finally {
        fs.closeSync(descriptor)
      }
      fs.renameSync(`${path}.tmp`, path)
    })
    diskFiles.syncFolderNow(dirname(path))
  },
  createExclusively(path, content) {
    return call(path, () => {
      const own = `${path}.${process.pid}.tmp`
      try {
        fs.writeFileSync(own, content)
        linkOrCopy(own, path)
        return true
      } catch (thrown) {
        if (codeOf(thrown) === 'EEXIST') return false
        throw thrown
      } finally {
        fs.rmSync(own, { force: true })
      }
    })
  },
  rename: (from, to) => call(from, () => fs.renameSync(from, to)),
  remove: path => call(path, () => fs.rmSync(path, { recursive: true, force: true })),
  async removeSlowly(path) {
    try {
      await fs.promises.rm(path, { recursive: true, force: true })
    } catch (thrown) {
      throw faultOf(thrown, path)
    }
  },
  async syncFolder(path) {
    if (!syncsFolders) return
    try {
      const descriptor = await open(path, 'r')
      try {
        await syncEntries(descriptor).catch(thrown => unlessUnsupported(thrown, path))
      } finally {
        await close(descriptor)
      }
    } catch (thrown) {
      throw faultOf(thrown, path)
    }
  },
  syncFolderNow(path) {
    if (!syncsFolders) return
    call(path, () => {
      const descriptor = fs.openSync(path, 'r')
      try {
        fs.fsyncSync(descriptor)
      } catch (thrown) {
        unlessUnsupported(thrown, path)
      } finally {
        fs.closeSync(descriptor)
      }
    })
  },
  usableBytes(folder) {
    const { blocks, bavail, bsize } = call(folder, () => fs.statfsSync(folder, { bigint: true }))
    return { total: blocks * bsize, usable: bavail * bsize }
  },
}

/**
 * The number of descriptors that this process may have; null where the operating system does not tell it in this way.
 */
export function descriptorLimit(): number | null {
  try {
    const limits = fs.readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]) || null
  } catch {
    return null // there is no /proc
  }
}

function call<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw faultOf(thrown, path)
  }
}

function syncCall(path: string, work: () => void): void {
  try {
    work()
  } catch (thrown) {
    throw syncFaultOf(thrown, path)
  }
}

/**
 * Throws the fault of a folder's sync that failed, unless the file system knows no such sync and says so in this way,
 * as most file systems of a network do.
 */
function unlessUnsupported(thrown: unknown, path: string): void {
  if (codeOf(thrown) !== 'EINVAL' && codeOf(thrown) !== 'EBADF') throw syncFaultOf(thrown, path)
}

/**
 * Gives a file a second name: by a link, which has all its content from the first moment on, or by a copy where the
 * file system has no links.
 */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to)
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') throw thrown
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
  }
}

const codeOf = (thrown: unknown): string | undefined => (thrown as NodeJS.ErrnoException).code

/** So many bytes are written again in one go. */
const rewrittenBytes = 1 << 20

class DiskFile implements OpenFile {
  readonly #path: string
  readonly #descriptor: number
  #size: number
  /** The number of operations on the file that run on other threads. */
  #pending = 0
  #closing = false

  constructor(path: string) {
    this.#path = path
    this.#descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT)
    try {
      this.#size = fs.fstatSync(this.#descriptor).size
    } catch (thrown) {
      fs.closeSync(this.#descriptor)
      throw thrown
    }
  }

  get descriptor(): number {
    return this.#descriptor
  }

  get size(): number {
    return this.#size
  }

  append(chunks: readonly Buffer[]): void {
    this.#mustBeOpen()
    let end = this.#size
    try {
      for (const chunk of chunks) {
        for (let written = 0; written < chunk.length; ) {
          const count = fs.writeSync(this.#descriptor, chunk, written, chunk.length - written, end)
          written += count
          end += count
        }
      }
    } catch (thrown) {
      this.#cutBack()
      throw faultOf(thrown, this.#path)
    }
    this.#size = end
  }

  read(into: Buffer, position: number): number {
    this.#mustBeOpen()
    let filled = 0
    try {
      while (filled < into.length) {
        const count = fs.readSync(this.#descriptor, into, filled, into.length - filled, position + filled)
        if (count === 0) break
        filled += count
      }
    } catch (thrown) {
      throw faultOf(thrown, this.#path)
    }
    return filled
  }

  appendAsync(bytes: Buffer): Promise<void> {
    return this.#whileOpen(async () => {
      try {
        for (let written = 0; written < bytes.length; ) {
          const at = this.#size + written
          const count = await write(this.#descriptor, bytes, written, bytes.length - written, at)
          written += count.bytesWritten
        }
      } catch (thrown) {
        this.#cutBack()
        throw faultOf(thrown, this.#path)
      }
      this.#size += bytes.length
    })
  }

  readAsync(into: Buffer, position: number): Promise<number> {
    return this.#whileOpen(async () => {
      let filled = 0
      try {
        while (filled < into.length) {
          const wanted = into.length - filled
          const count = await read(this.#descriptor, into, filled, wanted, position + filled)
          if (count.bytesRead === 0) break
          filled += count.bytesRead
        }
      } catch (thrown) {
        throw faultOf(thrown, this.#path)
      }
      return filled
    })
  }

  truncate(size: number): void {
    this.#mustBeOpen()
    call(this.#path, () => fs.ftruncateSync(this.#descriptor, size))
    this.#size = size
  }

  reserve(bytes: number): void {
    this.#mustBeOpen()
    if (bytes > this.#size) call(this.#path, () => fs.ftruncateSync(this.#descriptor, bytes))
  }

  rewrite(from: number): Promise<void> {
    return this.#whileOpen(async () => {
      const end = this.#size
      const piece = Buffer.allocUnsafe(Math.min(rewrittenBytes, Math.max(0, end - from)))
      try {
        for (let at = from; at < end; ) {
          const { bytesRead } = await read(this.#descriptor, piece, 0, Math.min(piece.length, end - at), at)
          if (bytesRead === 0) return
          const { bytesWritten } = await write(this.#descriptor, piece, 0, bytesRead, at)
          at += bytesWritten
        }
      } catch (thrown) {
        throw faultOf(thrown, this.#path)
      }
    })
  }

  rewriteNow(from: number): void {
    this.#mustBeOpen()
    const end = this.#size
    const piece = Buffer.allocUnsafe(Math.min(rewrittenBytes, Math.max(0, end - from)))
    call(this.#path, () => {
      for (let at = from; at < end; ) {
        const count = fs.readSync(this.#descriptor, piece, 0, Math.min(piece.length, end - at), at)
        if (count === 0) return
        at += fs.writeSync(this.#descriptor, piece, 0, count, at)
      }
    })
  }

  sync(): Promise<void> {
    return this.#whileOpen(async () => {
      try {
        await sync(this.#descriptor)
      } catch (thrown) {
        throw syncFaultOf(thrown, this.#path)
      }
    })
  }

  syncNow(): void {
    this.#mustBeOpen()
    syncCall(this.#path, () => fs.fdatasyncSync(this.#descriptor))
  }

  close(): void {
    if (this.#closing) return
    this.#closing = true
    if (this.#pending === 0) this.#close()
  }

  /**
   * Does a work on the open file, and puts off its closing meanwhile: the descriptor that another thread uses must not
   * become another file's.
   */
  async #whileOpen<T>(work: () => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    this.#pending += 1
    try {
      return await work()
    } finally {
      this.#pending -= 1
      if (this.#closing && this.#pending === 0) this.#close()
    }
  }

  /** Throws where the file is closed: by then its descriptor is another file's, or a client's. */
  #mustBeOpen(): void {
    if (this.#closing) throw new Error(`${this.#path} is used after it was closed`)
  }

  #close(): void {
    call(this.#path, () => fs.closeSync(this.#descriptor))
  }

  /** Cuts off the bytes of a failed write. Where that fails too the next write overwrites them: it is no new fault. */
  #cutBack(): void {
    try {
      fs.ftruncateSync(this.#descriptor, this.#size)
    } catch {
      // The write has failed in any case, and its fault is the one that counts.
    }
  }
}
