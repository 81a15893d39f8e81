import type { Files, OpenFile } from '../../src/log/files.js'
import { MemoryFiles } from '../../src/log/memory-files.js'

export type Fault = 'ENOSPC' | 'EIO' | 'EMFILE' | 'EACCES'
export type Operation = 'append' | 'truncate' | 'sync' | 'open' | 'write' | 'rename' | 'remove'

const room = 64 * 1024 * 1024

interface Content {
  /** What a process sees. */
  bytes: Buffer
  /** How much of it survives a power failure for certain. */
  syncedBytes: number
  /** What the file held before it was replaced, as long as the disk may have only that. */
  replaced?: Buffer | undefined
}

/** What a disk writes at a time; blocks may reach it in any order. */
const blockBytes = 64
const nothing = Buffer.alloc(0)

/**
 * A disk that can be pulled out. What is written lies in the page cache, which outlives the process; a
 * power failure takes what was not synced: all of it, its end, or blocks before others that are kept, with
 * zeros in their place. A file that was replaced without waiting for the disk may be the old one again, or empty
 * where there was none. Operations fail where a test says so, and, as on Windows, where a file that is open would
 * be renamed, replaced or removed.
 */
export class SimulatedDisk implements Files {
  readonly inMemory = false
  readonly #files = new Map<string, Content>()
  readonly #folders = new Set<string>()
  /** How often each file is open. */
  readonly #open = new Map<string, number>()
  /** Asked before each operation; a code makes it fail. */
  fault: (operation: Operation, path: string) => Fault | null = () => null
  /** How many bytes of a failing append are written all the same. */
  shortBytes = 0
  operations = 0

  /** The disk as the next process finds it after this one was killed: open handles of the old one are dead. */
  killed(): SimulatedDisk {
    return this.#copy(content => content)
  }

  /** The disk after a power failure. `random` decides what became of the bytes that were not synced. */
  unplugged(random: () => number): SimulatedDisk {
    return this.#copy(({ bytes, syncedBytes, replaced }) => {
      if (replaced && random() < 0.5) return { bytes: replaced, syncedBytes: replaced.length }
      const written = bytes.length - syncedBytes
      if (written <= 0) return { bytes, syncedBytes: bytes.length }
      const kept = syncedBytes + Math.floor(random() * (written + 1))
      const zeros = random() < 0.3 ? Math.floor(random() * (bytes.length - kept + 1)) : 0
      const left = Buffer.concat([bytes.subarray(0, kept), Buffer.alloc(zeros)])
      if (random() < 0.3) loseBlocks(left, syncedBytes, random)
      return { bytes: left, syncedBytes: left.length }
    })
  }

  open(path: string): OpenFile {
    this.#attempt('open', path)
    if (!this.#files.has(path)) this.#put(path, Buffer.alloc(0), 0)
    this.#open.set(path, (this.#open.get(path) ?? 0) + 1)
    return this.#handle(path, this.#files.get(path) as Content)
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#folders.has(path)
  }

  list(folder: string): string[] {
    const names = new Set<string>()
    for (const path of [...this.#files.keys(), ...this.#folders]) {
      if (path.startsWith(`${folder}/`)) names.add(path.slice(folder.length + 1).split('/')[0] as string)
    }
    return [...names]
  }

  makeFolder(path: string): void {
    this.#folders.add(path)
  }

  size(path: string): number {
    return this.#files.get(path)?.bytes.length ?? 0
  }

  readFile(path: string): Buffer {
    const content = this.#files.get(path)
    if (!content) throw failure('EIO')
    return Buffer.from(content.bytes)
  }

  writeFile(path: string, content: Buffer): void {
    const before = this.#files.get(path)
    this.writeFileDurably(path, content)
    const written = this.#files.get(path) as Content
    written.replaced = before?.replaced ?? before?.bytes ?? Buffer.alloc(0)
  }

  writeFileDurably(path: string, content: Buffer): void {
    this.#attempt('write', path)
    this.#mustBeClosed(path)
    this.#put(path, Buffer.from(content), content.length)
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
    for (const [path, content] of [...this.#files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), content)
    }
    if (this.#folders.delete(from)) this.#folders.add(to)
  }

  remove(path: string): void {
    this.#attempt('remove', path)
    this.#mustBeClosed(path)
    for (const name of [...this.#files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name)
    }
    this.#folders.delete(path)
  }

  async removeSlowly(path: string): Promise<void> {
    this.remove(path)
  }

  usableBytes() {
    return new MemoryFiles(room).usableBytes()
  }

  /** Changes a file behind everyone's back. */
  damage(path: string, change: (bytes: Buffer) => Buffer): void {
    const content = this.#files.get(path)
    if (!content) throw new Error(`there is no file ${path}; there are ${[...this.#files.keys()].join(', ')}`)
    content.bytes = change(Buffer.from(content.bytes))
  }

  #copy(left: (content: Content) => Content): SimulatedDisk {
    const copy = new SimulatedDisk()
    for (const [path, content] of this.#files) {
      if (!path.endsWith('/.lock')) copy.#files.set(path, { ...left(content) }) // its process is gone
    }
    for (const folder of this.#folders) copy.#folders.add(folder)
    return copy
  }

  #handle(path: string, content: Content): OpenFile {
    const attempt = (operation: Operation) => this.#attempt(operation, path)
    let end = content.bytes.length
    let reserved = 0
    const write = (bytes: Buffer) => {
      const behind = end + bytes.length < reserved ? content.bytes.subarray(end + bytes.length) : nothing
      content.bytes = Buffer.concat([content.bytes.subarray(0, end), bytes, behind])
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
    const read = (into: Buffer, position: number) => content.bytes.copy(into, 0, position)
    return {
      get size() {
        return end
      },
      append: chunks => append(Buffer.concat(chunks)),
      read,
      appendAsync: async bytes => append(bytes),
      readAsync: async (into, position) => read(into, position),
      truncate: size => {
        attempt('truncate')
        content.bytes = content.bytes.subarray(0, size)
        end = content.bytes.length
        content.syncedBytes = Math.min(content.syncedBytes, size)
      },
      reserve: bytes => {
        attempt('truncate')
        content.bytes = Buffer.concat([content.bytes.subarray(0, end), Buffer.alloc(bytes - end)])
        reserved = bytes
      },
      sync: async () => {
        const { length } = content.bytes
        attempt('sync')
        content.syncedBytes = Math.max(content.syncedBytes, length)
        content.replaced = undefined
      },
      close: () => {
        const others = (this.#open.get(path) ?? 1) - 1
        if (others > 0) this.#open.set(path, others)
        else this.#open.delete(path)
      },
    }
  }

  #put(path: string, bytes: Buffer, syncedBytes: number): void {
    const folder = path.slice(0, path.lastIndexOf('/'))
    this.#folders.add(folder)
    this.#files.set(path, { bytes, syncedBytes })
  }

  #mustBeClosed(path: string): void {
    for (const open of this.#open.keys()) {
      if (open === path || open.startsWith(`${path}/`)) throw new Error(`${open} is open`)
    }
  }

  #attempt(operation: Operation, path: string): void {
    this.operations += 1
    const code = this.fault(operation, path)
    if (code) throw failure(code)
  }
}

function loseBlocks(bytes: Buffer, from: number, random: () => number): void {
  for (let at = from; at < bytes.length; at += blockBytes) {
    if (random() < 0.3) bytes.fill(0, at, Math.min(at + blockBytes, bytes.length))
  }
}

const failure = (code: Fault): Error => Object.assign(new Error(`${code}: simulated`), { code })
