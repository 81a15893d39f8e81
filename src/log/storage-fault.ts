/**
 * What a failed system call on a file means for the log:
 *
 * - `gone`: the broker itself removed the file, or gave up its partition, while the call was under way. Nothing is
 *   wrong, and nobody has to be told.
 * - `full`: the disk, its quota or the process's descriptors are used up. The call is refused, reading goes on, and
 *   later calls may succeed.
 * - `lost`: the disk cannot be trusted any more. Its directory goes offline until the next start.
 */
export type FaultKind = 'gone' | 'full' | 'lost'

/** A system call that failed. It is made where the call is (`disk-files.ts`), and nowhere else is a `code` looked at. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault'

  constructor(
    readonly kind: FaultKind,
    /** The file or folder that the call was about. */
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

const full: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** The fault behind what a system call on `path` threw: `full` for what passes when something is freed, else `lost`. */
export function faultOf(thrown: unknown, path: string): StorageFault {
  if (thrown instanceof StorageFault) return thrown
  const { code, message } = thrown as NodeJS.ErrnoException
  const kind = code !== undefined && full.has(code) ? 'full' : 'lost'
  return new StorageFault(kind, path, message, { cause: thrown })
}
