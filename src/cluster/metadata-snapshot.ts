import type { Offset } from '../engine/log-engine.js'
import type { Files } from '../log/files.js'
import { splitBatches } from '../wire/record-batch.js'

/** What the metadata journal said up to an offset, as record batches. Apache Kafka writes one now and then (KIP-630). */
export interface MetadataSnapshot {
  /** The first offset of the journal that it does not hold. */
  readonly endOffset: Offset
  readonly batches: readonly Buffer[]
}

/** The newest snapshot in the journal's folder, or null. Ottla writes none itself. */
export function newestSnapshot(files: Files, folder: string): MetadataSnapshot | null {
  const newest = files
    .list(folder)
    .filter(name => snapshotName.test(name))
    .sort()
    .at(-1)
  if (newest === undefined) return null
  const endOffset = BigInt(newest.match(snapshotName)?.[1] as string)
  return { endOffset, batches: splitBatches(files.readFile(`${folder}/${newest}`)) }
}

/** End offset and epoch; a file that is not complete yet has another ending. */
const snapshotName = /^(\d{20})-\d{10}\.checkpoint$/
