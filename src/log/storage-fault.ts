/**
 * The meaning of a failed system call on a file for the log:
 *
 * - `gone`: the broker itself removed the file, or gave up its partition, while the call was under way. Nothing is
 *   wrong, and nobody has to be told. Only a `FileHandle` can know that.
 * - `full`: the disk, its quota or the process's descriptors are used up. The call is refused, reading goes on, and
 *   later calls may succeed.
 * - `lost`: the disk cannot be trusted any more. Its directory goes offline until the next start.
 */
export type FaultKind = 'gone' | 'full' | 'lost'

/** A system call that failed. It is made where the call is (`disk-files.ts`), and no other place looks at a `code`. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault'

  /** True where the process lacked a descriptor: when other files are closed the same call may succeed. */
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

  /** Says to the log that this is no bug. */
  get isForeseen(): true {
    return true
  }
}

const noDescriptor: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])
const full: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'ENOMEM', ...noDescriptor])

/**
 * The fault behind an error that a system call on `path` threw: `full` where the call may succeed once something is
 * freed, else `lost`. An error that no system call threw is a bug, whatever its `code`, and is returned as it is.
 */
export function faultOf(thrown: unknown, path: string): unknown {
  if (!isSystemError(thrown)) return thrown
  const { code = '', message } = thrown
  const kind = full.has(code) ? 'full' : 'lost'
  return new StorageFault(kind, path, message, { cause: thrown, lacksDescriptor: noDescriptor.has(code) })
}

/**
 * The fault behind a sync that failed. It is `lost` whatever the reason. The operating system reports the failure once,
 * takes the pages for clean and may drop them: a second sync that succeeds tells nothing about the data of the first.
 */
export function syncFaultOf(thrown: unknown, path: string): unknown {
  return isSystemError(thrown) ? new StorageFault('lost', path, thrown.message, { cause: thrown }) : thrown
}

/** Tells whether the broker itself removed the file that a call was about: nobody has to be told. */
export const isGone = (thrown: unknown): boolean => thrown instanceof StorageFault && thrown.kind === 'gone'

export const isFull = (thrown: unknown): boolean => thrown instanceof StorageFault && thrown.kind === 'full'

/** Tells whether the process may have no more descriptors. */
export const lacksDescriptor = (thrown: unknown): boolean =>
  thrown instanceof StorageFault && thrown.lacksDescriptor

/** Tells whether a part of the path is a file where a folder would have to be. */
export function isNoFolder(thrown: unknown): boolean {
  if (thrown instanceof StorageFault) return isNoFolder(thrown.cause)
  return isSystemError(thrown) && (thrown.code === 'ENOTDIR' || thrown.code === 'EEXIST')
}

const isSystemError = (thrown: unknown): thrown is NodeJS.ErrnoException =>
  thrown instanceof Error && (thrown as NodeJS.ErrnoException).syscall !== undefined

/**
 * Resolves when all works are done. A fault that passes is thrown only when the other works are over: it must not hide
 * a fault that does not pass, after which nothing may be confirmed.
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
