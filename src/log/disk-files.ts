import fs from 'node:fs'
import { promisify } from 'node:util'
import type { Files, OpenFile } from './files.js'

const write = promisify(fs.write)
const read = promisify(fs.read)
const sync = promisify(fs.fdatasync)

/** One after the other: several threads that remove files keep everyone waiting who writes. */
let removals: Promise<void> = Promise.resolve()

/** The machine's own disk. */
export const diskFiles: Files = {
  inMemory: false,
  open: path => new DiskFile(path),
  exists: path => fs.existsSync(path),
  list(folder) {
    try {
      return fs.readdirSync(folder)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw thrown
    }
  },
  makeFolder(path) {
    fs.mkdirSync(path, { recursive: true })
  },
  size: path => fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0,
  readFile: path => fs.readFileSync(path),
  writeFile(path, content) {
    fs.writeFileSync(`${path}.tmp`, content)
    fs.renameSync(`${path}.tmp`, path)
  },
  writeFileDurably(path, content) {
    const descriptor = fs.openSync(`${path}.tmp`, 'w')
    try {
      fs.writeFileSync(descriptor, content)
      fs.fdatasyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(`${path}.tmp`, path)
  },
  createExclusively(path, content) {
    const own = `${path}.${process.pid}.tmp`
    fs.writeFileSync(own, content)
    try {
      linkOrCopy(own, path)
      return true
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw thrown
    } finally {
      fs.rmSync(own, { force: true })
    }
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: path => fs.rmSync(path, { recursive: true, force: true }),
  removeSlowly(path) {
    const removed = removals.then(() => fs.promises.rm(path, { recursive: true, force: true }))
    removals = removed.catch(() => {})
    return removed
  },
  usableBytes(folder) {
    const { blocks, bavail, bsize } = fs.statfsSync(folder, { bigint: true })
    return { total: blocks * bsize, usable: bavail * bsize }
  },
}

/** A link has all its content from the first moment on; not every file system has links. */
function linkOrCopy(from: string, to: string): void {
  try {
    fs.linkSync(from, to)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') throw thrown
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL)
  }
}

class DiskFile implements OpenFile {
  readonly #descriptor: number
  #size: number
  /** How many operations other threads are at. */
  #pending = 0
  #closing = false

  constructor(path: string) {
    this.#descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT)
    this.#size = fs.fstatSync(this.#descriptor).size
  }

  get size(): number {
    return this.#size
  }

  append(chunks: readonly Buffer[]): void {
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
      throw thrown
    }
    this.#size = end
  }

  read(into: Buffer, position: number): number {
    let filled = 0
    while (filled < into.length) {
      const count = fs.readSync(this.#descriptor, into, filled, into.length - filled, position + filled)
      if (count === 0) break
      filled += count
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
        throw thrown
      }
      this.#size += bytes.length
    })
  }

  readAsync(into: Buffer, position: number): Promise<number> {
    return this.#whileOpen(async () => {
      let filled = 0
      while (filled < into.length) {
        const wanted = into.length - filled
        const count = await read(this.#descriptor, into, filled, wanted, position + filled)
        if (count.bytesRead === 0) break
        filled += count.bytesRead
      }
      return filled
    })
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#descriptor, size)
    this.#size = size
  }

  reserve(bytes: number): void {
    if (bytes > this.#size) fs.ftruncateSync(this.#descriptor, bytes)
  }

  sync(): Promise<void> {
    return this.#whileOpen(() => sync(this.#descriptor))
  }

  close(): void {
    this.#closing = true
    if (this.#pending === 0) fs.closeSync(this.#descriptor)
  }

  /** A descriptor that another thread is at must not become another file's meanwhile. */
  async #whileOpen<T>(work: () => Promise<T>): Promise<T> {
    this.#pending += 1
    try {
      return await work()
    } finally {
      this.#pending -= 1
      if (this.#closing && this.#pending === 0) fs.closeSync(this.#descriptor)
    }
  }

  /** Whatever a failed write left behind is overwritten by the next one, should this fail too. */
  #cutBack(): void {
    try {
      fs.ftruncateSync(this.#descriptor, this.#size)
    } catch {
      // The append has failed in any case.
    }
  }
}
