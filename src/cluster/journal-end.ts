import { DamagedMetadata } from './damaged-metadata.js'
import { damaged, type JournalEnd, type reachedBefore } from './journal-files.js'

/** The facts about the folders that are known before any partition is opened. */
export interface FoundAtStart {
  /** True where the broker before stopped cleanly: then no write was interrupted. */
  readonly stoppedCleanly: boolean
  /** The paths of folders that hold partitions of no known topic. */
  strangers(): string[]
}

/**
 * Refuses an end of the journal that no crash leaves. A crash leaves at most the beginning of one batch behind the
 * others, which no client was told of. Anything else at the end of a journal is damage, and so are partitions without a
 * journal. Zeros up to the end are no damage: no batch begins with them, so they tell of nothing, and the log cuts them
 * off.
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

/** Refuses a journal that ends before what the disk once had: no stop, crash or power failure loses that. */
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
