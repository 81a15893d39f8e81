/**
 * An open file. Positions and sizes are bytes. Every method throws a StorageFault where the operating system refuses;
 * anything else that it throws is a bug.
 */
export interface OpenFile {
  /** Its number, where the operating system gives it one: the lowest that is free. */
  readonly descriptor?: number
  readonly size: number
  /** Writes the chunks at the end, in order; afterwards the operating system has them. When it throws, none of them counts. */
  append(chunks: readonly Buffer[]): void
  /** Fills `into` from `position` on and returns how many bytes there were. */
  read(into: Buffer, position: number): number
  /**
   * `append` in the background, for long work: a slow disk holds nobody up. The bytes count once it resolves, and
   * until then nothing else may be written. The file may be closed meanwhile.
   */
  appendAsync(bytes: Buffer): Promise<void>
  /** `read` in the background. The file may be closed meanwhile. */
  readAsync(into: Buffer, position: number): Promise<number>
  truncate(size: number): void
  /** Has the file reach so far already, with zeros that do not count as its size until it is opened again. */
  reserve(bytes: number): void
  /**
   * Writes the bytes from a position on once more as they are, in the background: a sync that failed may have had the
   * operating system take them for clean, and only what is written after that does a later sync bring to the disk.
   */
  rewrite(from: number): Promise<void>
  /** The same while everything else waits. */
  rewriteNow(from: number): void
  /** Resolves when the disk has what was written. Any failure is `lost`: nobody knows what the disk has then. */
  sync(): Promise<void>
  /** The same while everything else waits, for a start. */
  syncNow(): void
  close(): void
}

/** The file system, as small as the log needs it: a test hands in one that fails. It throws as `OpenFile` does. */
export interface Files {
  /** Gone with the process, and seen by nobody else. */
  readonly inMemory: boolean
  /** Creates the file where there is none. */
  open(path: string): OpenFile
  exists(path: string): boolean
  /** Names in a folder; none where there is no folder. */
  list(folder: string): string[]
  makeFolder(path: string): void
  /** Bytes in a file; 0 where there is none. */
  size(path: string): number
  readFile(path: string): Buffer
  /** If the process dies the old content or the new one is there, never a part. */
  writeFile(path: string, content: Buffer): void
  /** The same if the machine dies; it waits for the disk, which has the file's name as well then. */
  writeFileDurably(path: string, content: Buffer): void
  /** Creates the file, with its content from the first moment on, or returns false where it exists. */
  createExclusively(path: string, content: Buffer): boolean
  rename(from: string, to: string): void
  /** Removes a file or a folder with all that is in it; nothing happens where there is none. */
  remove(path: string): void
  /** The same while everything else goes on: to remove a large file takes long. */
  removeSlowly(path: string): Promise<void>
  /**
   * Resolves when the disk knows which names are in a folder: after a power failure a file that was created, renamed
   * or removed may otherwise be there or not, or under its old name. Windows cannot be asked for it.
   */
  syncFolder(path: string): Promise<void>
  /** The same while everything else waits. */
  syncFolderNow(path: string): void
  usableBytes(folder: string): { readonly total: bigint; readonly usable: bigint }
}
