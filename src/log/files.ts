import fs from 'node:fs'
import { dirname } from 'node:path'

/** An open file. Positions and sizes are bytes. Every method may throw what the operating system says. */
export interface OpenFile {
  readonly size: number
  /** Writes the chunks at the end, in order; afterwards the operating system has them. */
  append(chunks: readonly Buffer[]): void
  /** Fills `into` from `position` on and returns how many bytes there were. */
  read(into: Buffer, position: number): number
  truncate(size: number): void
  /** Resolves when the disk has what was written. */
  sync(): Promise<void>
  close(): void
}

/** The file system, as small as the log needs it: a test hands in one that fails. */
export interface Files {
  /** Creates the file where there is none. */
  open(path: string): OpenFile
  exists(path: string): boolean
  /** Names in a folder; none where there is no folder. */
  list(folder: string): string[]
  makeFolder(path: string): void
  readFile(path: string): Buffer
  /** The old content or the new one is there afterwards, never a part. */
  writeFileAtomically(path: string, content: Buffer): void
  /** Creates the file, or returns false where it exists. */
  createExclusively(path: string, content: Buffer): boolean
  rename(from: string, to: string): void
  /** Removes a file or a folder with all that is in it; nothing happens where there is none. */
  remove(path: string): void
  usableBytes(folder: string): { readonly total: bigint; readonly usable: bigint }
}

class DiskFile implements OpenFile {
  readonly #descriptor: number
  #size: number

  constructor(path: string) {
    this.#descriptor = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT)
    this.#size = fs.fstatSync(this.#descriptor).size
  }

  get size(): number {
    return this.#size
  }

  append(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      for (let written = 0; written < chunk.length; ) {
        const count = fs.writeSync(this.#descriptor, chunk, written, chunk.length - written, this.#size)
        written += count
        this.#size += count
      }
    }
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

  truncate(size: number): void {
    fs.ftruncateSync(this.#descriptor, size)
    this.#size = size
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, error => (error ? reject(error) : resolve()))
    })
  }

  close(): void {
    fs.closeSync(this.#descriptor)
  }
}

/** The machine's own disk. */
export const diskFiles: Files = {
  open: path => new DiskFile(path),
  exists: path => fs.existsSync(path),
  list(folder) {
    return fs.existsSync(folder) ? fs.readdirSync(folder) : []
  },
  makeFolder(path) {
    fs.mkdirSync(path, { recursive: true })
  },
  readFile: path => fs.readFileSync(path),
  writeFileAtomically(path, content) {
    const temporary = `${path}.tmp`
    const descriptor = fs.openSync(temporary, 'w')
    try {
      fs.writeFileSync(descriptor, content)
      fs.fdatasyncSync(descriptor)
    } finally {
      fs.closeSync(descriptor)
    }
    fs.renameSync(temporary, path)
  },
  createExclusively(path, content) {
    try {
      fs.writeFileSync(path, content, { flag: 'wx' })
      return true
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw thrown
    }
  },
  rename: (from, to) => fs.renameSync(from, to),
  remove: path => fs.rmSync(path, { recursive: true, force: true }),
  usableBytes(folder) {
    const { blocks, bavail, bsize } = fs.statfsSync(folder, { bigint: true })
    return { total: blocks * bsize, usable: bavail * bsize }
  },
}

/** What a full memory says, as a full disk would. */
class MemoryFull extends Error {
  override readonly name = 'MemoryFull'
  readonly code = 'ENOSPC'
}

/** A file as a list of chunks, so that appending never copies what is there. */
class MemoryFile implements OpenFile {
  #chunks: { start: number; bytes: Buffer }[] = []
  size = 0

  constructor(private readonly take: (bytes: number) => void) {}

  append(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.take(chunk.length)
      this.#chunks.push({ start: this.size, bytes: Buffer.from(chunk) })
      this.size += chunk.length
    }
  }

  read(into: Buffer, position: number): number {
    let filled = 0
    for (let i = this.#chunkAt(position); i < this.#chunks.length && filled < into.length; i++) {
      const { start, bytes } = this.#chunks[i] as { start: number; bytes: Buffer }
      filled += bytes.copy(into, filled, position + filled - start)
    }
    return filled
  }

  truncate(size: number): void {
    const kept = Buffer.alloc(Math.min(size, this.size))
    this.read(kept, 0)
    this.take(kept.length - this.size)
    this.#chunks = [{ start: 0, bytes: kept }]
    this.size = kept.length
  }

  async sync(): Promise<void> {}

  close(): void {}

  /** The chunk that holds the position, by halving. */
  #chunkAt(position: number): number {
    let low = 0
    let high = this.#chunks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#chunks[middle] as { start: number }).start <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Files that live in memory and are gone with it. Beyond `maxBytes` writes fail as on a full disk. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, MemoryFile>()
  #used = 0

  constructor(private readonly maxBytes: number) {}

  open(path: string): MemoryFile {
    let file = this.#files.get(path)
    if (!file) {
      file = new MemoryFile(bytes => this.#take(bytes))
      this.#files.set(path, file)
    }
    return file
  }

  exists(path: string): boolean {
    return this.#files.has(path) || [...this.#files.keys()].some(name => name.startsWith(`${path}/`))
  }

  list(folder: string): string[] {
    const prefix = `${folder}/`
    const names = new Set<string>()
    for (const path of this.#files.keys()) {
      if (path.startsWith(prefix)) names.add(path.slice(prefix.length).split('/')[0] as string)
    }
    return [...names]
  }

  makeFolder(): void {}

  readFile(path: string): Buffer {
    const file = this.#files.get(path)
    if (!file) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
    const content = Buffer.alloc(file.size)
    file.read(content, 0)
    return content
  }

  writeFileAtomically(path: string, content: Buffer): void {
    this.remove(path)
    this.open(path).append([content])
  }

  createExclusively(path: string, content: Buffer): boolean {
    if (this.#files.has(path)) return false
    this.open(path).append([content])
    return true
  }

  rename(from: string, to: string): void {
    for (const [path, file] of [...this.#files]) {
      if (path !== from && dirname(path) !== from) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), file)
    }
  }

  remove(path: string): void {
    for (const [name, file] of [...this.#files]) {
      if (name !== path && !name.startsWith(`${path}/`)) continue
      this.#used -= file.size
      this.#files.delete(name)
    }
  }

  usableBytes() {
    return { total: BigInt(this.maxBytes), usable: BigInt(Math.max(0, this.maxBytes - this.#used)) }
  }

  #take(bytes: number): void {
    if (bytes > 0 && this.#used + bytes > this.maxBytes) {
      throw new MemoryFull(
        `the memory for records is full (${this.maxBytes} bytes): raise ottla.memory.max.bytes, lower retention.bytes, or use --data-dir`,
      )
    }
    this.#used += bytes
  }
}
