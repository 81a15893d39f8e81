/**
 * An open file. Positions and sizes are bytes. Every method throws a StorageFault where the operating system refuses;
 * anything else that it throws is a bug.
 */
export interface OpenFile {
  /** The descriptor, where the operating system gives one: the lowest that is free. */
  readonly descriptor?: number
  readonly size: number
  /**
   * Writes the chunks at the end, in order; afterwards the operating system has them. When it throws, none of them
   * counts.
   */
  append(chunks: readonly Buffer[]): void
  /** Fills `into` from `position` on and returns how many bytes there were. */
  read(into: Buffer, position: number): number
  /**
   * Does `append` in the background, for long work: a slow disk holds nobody up. The bytes count once it resolves, and
   * until then nothing else may be written. The file may be closed meanwhile.
   */
  appendAsync(bytes: Buffer): Promise<void>
  /** Does `read` in the background. The file may be closed meanwhile. */
  readAsync(into: Buffer, position: number): Promise<number>
  truncate(size: number): void
  /** Makes the file so long already, with zeros that do not count as its size until it is opened again. */
  reserve(bytes: number): void
  /**
   * Writes the bytes from a position on once more as they are, in the background. The operating system may have taken
   * them for clean after a sync that failed, and a later sync brings only bytes to the disk that are written after
   * that.
   */
  rewrite(from: number): Promise<void>
  /** Does `rewrite` while everything else waits. */
  rewriteNow(from: number): void
  /** Resolves when the disk has what was written. Any failure is `lost`: nobody knows what the disk has then. */
  sync(): Promise<void>
  /** Syncs while everything else waits, for a start. */
  syncNow(): void
  close(): void
}

/** The file system, as small as the log needs it: a test hands in one that fails. It throws as `OpenFile` does. */
export interface Files {
  /** True for files that are gone with the process and that nobody else sees. */
  readonly inMemory: boolean
  /**
   * A name for the time since the machine was started, another one after each start; null where the system has none. As
   * long as it stays the same, all that processes wrote is there, synced or not.
   */
  readonly boot: string | null
  /** Opens a file, and creates it where there is none. */
  open(path: string): OpenFile
  exists(path: string): boolean
  /** The names in a folder; none where there is no folder. */
  list(folder: string): string[]
  makeFolder(path: string): void
  /** The bytes in a file; 0 where there is none. */
  size(path: string): number
  readFile(path: string): Buffer
  /** Replaces a file: if the process dies the old content or the new one is there, never a part. */
  writeFile(path: string, content: Buffer): void
  /**
   * Replaces a file so that the same holds if the machine dies. It waits for the disk, which has the file's name as
   * well then.
   */
  writeFileDurably(path: string, content: Buffer): void
  /** Creates the file, with its content from the first moment on, or returns false where it exists. */
  createExclusively(path: string, content: Buffer): boolean
  rename(from: string, to: string): void
  /** Removes a file or a folder with all that is in it; nothing happens where there is none. */
  remove(path: string): void
  /** Removes a file or folder while everything else goes on: the removal of a large file takes long. */
  removeSlowly(path: string): Promise<void>
  /**
   * Resolves when the disk knows the names in a folder. Otherwise a file that was created, renamed or removed may be
   * there or not after a power failure, or under its old name. Windows has no call for this.
   */
  syncFolder(path: string): Promise<void>
  /** Syncs a folder while everything else waits. */
  syncFolderNow(path: string): void
  usableBytes(folder: string): { readonly total: bigint; readonly usable: bigint }
}
