/**
 * What a failed system call on a file means for the log:
 *
 * - `gone`: the broker itself removed the file, or gave up its partition, while the call was under way. Nothing is
 *   wrong, and nobody has to be told. Only a `FileHandle` can know that.
 * - `full`: the disk, its quota or the process's descriptors are used up. The call is refused, reading goes on, and
 *   later calls may succeed.
 * - `lost`: the disk cannot be trusted any more. Its directory goes offline until the next start.
 */
export type FaultKind = 'gone' | 'full' | 'lost'

/** A system call that failed. It is made where the call is (`disk-files.ts`), and nowhere else is a `code` looked at. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault'

  /** Whether it was a descriptor that the process lacked: when other files are closed the same call may succeed. */
  readonly lacksDescriptor: boolean

  constructor(
    readonly kind: FaultKind,
    /** The file or folder that the call was about. */
    readonly path: string,
    message: string,
    options: ErrorOptions & { readonly lacksDescriptor?: boolean } = {},
  ) {
    super(message, options)
    this.lacksDescriptor = options.lacksDescriptor ?? false
  }
}

const noDescriptor: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])
const full: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'ENOMEM', ...noDescriptor])

/**
 * The fault behind what a system call on `path` threw: `full` for what passes when something is freed, else `lost`.
 * What no system call threw is a bug, whatever its `code`, and stays what it is.
 */
export function faultOf(thrown: unknown, path: string): unknown {
  if (!isSystemError(thrown)) return thrown
  const { code = '', message } = thrown
  const kind = full.has(code) ? 'full' : 'lost'
  return new StorageFault(kind, path, message, { cause: thrown, lacksDescriptor: noDescriptor.has(code) })
}

/**
 * The fault behind a sync that failed. It is `lost` whatever the reason: the operating system says it once, takes the
 * pages for clean and may drop them, so that a second sync that succeeds says nothing about what the first was to keep.
 */
export function syncFaultOf(thrown: unknown, path: string): unknown {
  return isSystemError(thrown) ? new StorageFault('lost', path, thrown.message, { cause: thrown }) : thrown
}

/** Whether the broker itself removed the file that a call was about: nobody has to be told. */
export const isGone = (thrown: unknown): boolean => thrown instanceof StorageFault && thrown.kind === 'gone'

export const isFull = (thrown: unknown): boolean => thrown instanceof StorageFault && thrown.kind === 'full'

/** Whether the process may have no more descriptors. */
export const lacksDescriptor = (thrown: unknown): boolean =>
  thrown instanceof StorageFault && thrown.lacksDescriptor

/** Whether a part of the path is a file where a folder would have to be. */
export function isNoFolder(thrown: unknown): boolean {
  if (thrown instanceof StorageFault) return isNoFolder(thrown.cause)
  return isSystemError(thrown) && (thrown.code === 'ENOTDIR' || thrown.code === 'EEXIST')
}

const isSystemError = (thrown: unknown): thrown is NodeJS.ErrnoException =>
  thrown instanceof Error && (thrown as NodeJS.ErrnoException).syscall !== undefined

/**
 * Resolves when all is done. A fault that passes is thrown once the rest has come to its end: it must not hide one that
 * does not pass, after which nothing may be confirmed.
 */
export async function allDone(works: readonly (Promise<void> | null)[]): Promise<void> {
  const passing: unknown[] = []
  const unlessFull = (thrown: unknown) => {
    if (!isFull(thrown)) throw thrown
    passing.push(thrown)
  }
  await Promise.all(works.map(work => work?.catch(unlessFull)))
  if (passing.length > 0) throw passing[0]
}
