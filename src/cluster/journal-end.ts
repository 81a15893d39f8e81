import { DamagedMetadata } from './damaged-metadata.js'
import { damaged, type JournalEnd, type reachedBefore } from './journal-files.js'

/** What is known of the folders before any partition is opened. */
export interface FoundAtStart {
  /** Whether the broker before stopped cleanly: then no write was interrupted. */
  readonly stoppedCleanly: boolean
  /** The paths of folders that hold partitions of no known topic. */
  strangers(): string[]
}

/**
 * A crash leaves at most the beginning of one batch behind the others, which nobody was told of. Anything else at the
 * end of a journal is damage, and so is to find partitions without it. Zeros up to the end are none: no batch begins
 * with them, so they tell of nothing, and the log cuts them off.
 */
export function mustBeBelieved(
  { endOffset, tail }: JournalEnd,
  {
    folder,
    hasSnapshot,
    found,
  }: { readonly folder: string; readonly hasSnapshot: boolean; readonly found: FoundAtStart },
): void {
  if (tail && found.stoppedCleanly && !(tail.isZero && tail.position > 0))
    throw damaged(tail, 'though the broker stopped cleanly')
  const isNew = endOffset === 0n && !hasSnapshot
  if (!isNew && (!tail || (tail.isShort && !found.stoppedCleanly))) return
  const [stranger] = found.strangers()
  if (stranger === undefined) return
  if (tail) throw damaged(tail, `and it may have told of ${stranger}, which belongs to no topic without it`)
  throw new DamagedMetadata(
    `There is no metadata journal in ${folder}, but partitions are there, as ${stranger}: without it nobody knows whose they are.`,
  )
}

/** What the disk once had is not lost by a stop, a crash or a power failure: to end before it is damage. */
export function mustReach(
  { endOffset, tail }: JournalEnd,
  { folder, reached }: { readonly folder: string; readonly reached: ReturnType<typeof reachedBefore> },
): void {
  if (reached === null || endOffset >= reached.offset) return
  const { offset, path } = reached
  if (tail) throw damaged(tail, `and it had reached offset ${offset}, as ${path} tells`)
  throw new DamagedMetadata(
    `The metadata journal ${folder} ends at offset ${endOffset}, and it had reached offset ${offset}, as ${path} tells.`,
  )
}
