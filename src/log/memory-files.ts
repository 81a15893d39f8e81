import { posix } from 'node:path'
import type { Files, OpenFile } from './files.js'
import { StorageFault } from './storage-fault.js'

/** Files that live in memory and are gone with it. Beyond `maxBytes` writes fail as on a full disk. */
export class MemoryFiles implements Files {
  readonly inMemory = true
  readonly boot = null
  /** The files by folder, then by name. */
  readonly #folders = new Map<string, Map<string, MemoryFile>>()
  #used = 0

  constructor(private readonly maxBytes: number) {}

  open(path: string): MemoryFile {
    const { dir, base } = posix.parse(path)
    this.makeFolder(dir)
    const files = this.#folders.get(dir) as Map<string, MemoryFile>
    let file = files.get(base)
    if (!file) {
      file = new MemoryFile(bytes => this.#take(bytes, path))
      files.set(base, file)
    }
    return file
  }

  exists(path: string): boolean {
    return this.#folders.has(path) || this.#find(path) !== undefined
  }

  list(folder: string): string[] {
    const folders = [...this.#folders.keys()].filter(path => posix.dirname(path) === folder)
    return [...folders.map(path => posix.basename(path)), ...(this.#folders.get(folder)?.keys() ?? [])]
  }

  makeFolder(path: string): void {
    if (!this.#folders.has(path)) this.#folders.set(path, new Map())
  }

  size(path: string): number {
    return this.#find(path)?.size ?? 0
  }

  readFile(path: string): Buffer {
    const file = this.#find(path)
    if (!file) throw new StorageFault('lost', path, `There is no file ${path}.`)
    const content = Buffer.alloc(file.size)
    file.read(content, 0)
    return content
  }

  writeFile(path: string, content: Buffer): void {
    this.remove(path)
    this.open(path).append([content])
  }

  writeFileDurably(path: string, content: Buffer): void {
    this.writeFile(path, content)
  }

  createExclusively(path: string, content: Buffer): boolean {
    if (this.exists(path)) return false
    this.open(path).append([content])
    return true
  }

  rename(from: string, to: string): void {
    const folder = this.#folders.get(from)
    if (folder) {
      this.#folders.delete(from)
      this.#folders.set(to, folder)
      return
    }
    const file = this.#find(from)
    if (!file) return
    this.#folders.get(posix.dirname(from))?.delete(posix.basename(from))
    this.remove(to)
    this.makeFolder(posix.dirname(to))
    this.#folders.get(posix.dirname(to))?.set(posix.basename(to), file)
  }

  remove(path: string): void {
    const file = this.#find(path)
    if (file) this.#used -= file.size
    this.#folders.get(posix.dirname(path))?.delete(posix.basename(path))
    for (const { size } of this.#folders.get(path)?.values() ?? []) this.#used -= size
    this.#folders.delete(path)
  }

  async removeSlowly(path: string): Promise<void> {
    this.remove(path)
  }

  async syncFolder(): Promise<void> {}

  syncFolderNow(): void {}

  usableBytes() {
    return { total: BigInt(this.maxBytes), usable: BigInt(Math.max(0, this.maxBytes - this.#used)) }
  }

  #find(path: string): MemoryFile | undefined {
    return this.#folders.get(posix.dirname(path))?.get(posix.basename(path))
  }

  #take(bytes: number, path: string): void {
    if (bytes > 0 && this.#used + bytes > this.maxBytes) throw memoryFull(this.maxBytes, path)
    this.#used += bytes
  }
}

/** The fault of a memory that is full: it is the one of a full disk. */
const memoryFull = (maxBytes: number, path: string): StorageFault =>
  new StorageFault(
    'full',
    path,
    `the memory for records is full (${maxBytes} bytes): raise ottla.memory.max.bytes, lower retention.bytes, or keep the data on disk`,
  )

const leastBlockBytes = 256
const mostBlockBytes = 1024 * 1024

/**
 * A file as a row of blocks, so that appending never copies the bytes that are there. The blocks double up to a
 * mebibyte: each is an object of its own to the garbage collector, which runs the sooner the more of them there are.
 */
class MemoryFile implements OpenFile {
  #blocks: { readonly start: number; readonly bytes: Buffer }[] = []
  size = 0

  constructor(private readonly take: (bytes: number) => void) {}

  append(chunks: readonly Buffer[]): void {
    this.take(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const { start, bytes } = this.#blockWithRoom(chunk.length - at)
        const copied = chunk.copy(bytes, this.size - start, at)
        at += copied
        this.size += copied
      }
    }
  }

  read(into: Buffer, position: number): number {
    let filled = 0
    for (let i = this.#blockAt(position); i < this.#blocks.length && filled < into.length; i++) {
      const { start, bytes } = this.#blocks[i] as { start: number; bytes: Buffer }
      filled += bytes.copy(into, filled, position + filled - start, this.size - start)
    }
    return filled
  }

  async appendAsync(bytes: Buffer): Promise<void> {
    this.append([bytes])
  }

  async readAsync(into: Buffer, position: number): Promise<number> {
    return this.read(into, position)
  }

  truncate(size: number): void {
    const kept = Math.min(size, this.size)
    this.take(kept - this.size)
    this.#blocks = this.#blocks.filter(({ start }) => start < kept)
    this.size = kept
  }

  /** Reserves nothing: memory is taken when it is needed. */
  reserve(): void {}

  async rewrite(): Promise<void> {}

  rewriteNow(): void {}

  async sync(): Promise<void> {}

  syncNow(): void {}

  close(): void {}

  #blockWithRoom(wanted: number) {
    const last = this.#blocks.at(-1)
    if (last && this.size < last.start + last.bytes.length) return last
    const length = Math.min(mostBlockBytes, Math.max(leastBlockBytes, wanted, this.size))
    const block = { start: this.size, bytes: Buffer.allocUnsafe(length) }
    this.#blocks.push(block)
    return block
  }

  /** Finds the block that holds the position, by binary search. */
  #blockAt(position: number): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#blocks[middle] as { start: number }).start <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
