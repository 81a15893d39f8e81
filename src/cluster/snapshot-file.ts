import type { Offset } from '../engine/log-engine.js'
import type { Files } from '../log/files.js'
import * as batch from '../records/record-batch.js'
import {
  buildSnapshotFooter,
  buildSnapshotHeader,
  controlTypes,
  type QuorumFacts,
  typeOfControl,
} from './quorum-records.js'

const batchBytes = 256 << 10
/** The ending of a snapshot that is being written, as Kafka's has it. */
const unfinished = '.part'

/** A snapshot's place among the others: the first offset of the journal that it does not hold, and its last epoch. */
export interface SnapshotId {
  readonly endOffset: Offset
  readonly epoch: number
}

/** The content of the metadata journal up to an offset, as record batches (KIP-630). */
export interface MetadataSnapshot extends SnapshotId {
  readonly path: string
  readonly batches: readonly Buffer[]
}

/** The snapshots in a journal's folder, the oldest first. */
export const snapshotsIn = (files: Files, folder: string): SnapshotId[] =>
  files
    .list(folder)
    .flatMap(name => {
      const match = name.match(snapshotName)
      return match ? [{ endOffset: BigInt(match[1] as string), epoch: Number(match[2]) }] : []
    })
    .sort((a, b) =>
      a.endOffset < b.endOffset || (a.endOffset === b.endOffset && a.epoch < b.epoch) ? -1 : 1,
    )

/** The name of a snapshot has its end offset and epoch; a file that is not complete yet has another ending. */
const snapshotName = /^(\d{20})-(\d{10})\.checkpoint$/

export const snapshotPath = (folder: string, { endOffset, epoch }: SnapshotId): string =>
  `${folder}/${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`

/** The newest snapshot that is whole, or null. `complain` hears of those that are not whole. */
export function newestSnapshot(
  files: Files,
  folder: string,
  complain: (message: string) => void,
): MetadataSnapshot | null {
  for (const id of snapshotsIn(files, folder).reverse()) {
    const path = snapshotPath(folder, id)
    const found = wholeBatches(files.readFile(path))
    if (Array.isArray(found)) return { ...id, path, batches: found }
    complain(`${path} is damaged (${found}), and is left out.`)
  }
  return null
}

/**
 * The batches of a snapshot that is whole: from its header to its footer, each with its checksum. Otherwise a text
 * tells what is wrong.
 */
function wholeBatches(content: Buffer): Buffer[] | string {
  const all: Buffer[] = []
  let offset = 0n
  for (let at = 0; at < content.length; at += (all.at(-1) as Buffer).length) {
    const rest = content.length - at
    const length = rest < batch.batchHeaderBytes ? Infinity : batch.batchLength(content, at)
    if (length < batch.batchHeaderBytes || length > rest) return `no whole batch is at byte ${at}`
    const each = content.subarray(at, at + length)
    if (batch.magicOf(each) !== batch.magicV2 || !batch.verifyCrc(each)) {
      return `the checksum of the batch at byte ${at} does not hold`
    }
    if (batch.baseOffset(each) !== offset) return `the batch at byte ${at} is not the next one`
    offset = batch.lastOffset(each) + 1n
    all.push(each)
  }
  if (controlsIn(all[0])[0] !== controlTypes.snapshotHeader) return 'it has no header'
  return controlsIn(all.at(-1)).at(-1) === controlTypes.snapshotFooter ? all : 'it has no footer'
}

const controlsIn = (each: Buffer | undefined): (number | null)[] =>
  each && batch.isControl(each) ? batch.decodePlainRecords(each).map(({ key }) => typeOfControl(key)) : []

export interface SnapshotContent extends SnapshotId {
  /** The time of the last record that the snapshot stands for. */
  readonly lastTimestampMs: bigint
  readonly quorum: QuorumFacts
  readonly values: Iterable<Buffer>
}

/**
 * Writes a snapshot so that it is there as a whole or not at all, whatever happens meanwhile. It calls `rest` between
 * batches, so that other work is done, and throws what `rest` throws.
 */
export async function writeSnapshot(
  files: Files,
  folder: string,
  content: SnapshotContent,
  rest: () => Promise<void> | null,
): Promise<void> {
  const path = snapshotPath(folder, content)
  for (const name of files.list(folder)) {
    if (name.endsWith(`.checkpoint${unfinished}`)) files.remove(`${folder}/${name}`)
  }
  const file = files.open(path + unfinished)
  try {
    for (const batch of snapshotBatches(content)) {
      await file.appendAsync(batch)
      await rest()
    }
    await file.sync()
  } finally {
    file.close()
  }
  files.rename(path + unfinished, path)
  await files.syncFolder(folder) // before anything goes that it stands for
}

function* snapshotBatches({ epoch, lastTimestampMs, quorum, values }: SnapshotContent): Generator<Buffer> {
  let baseOffset = 0n
  const placed = (bytes: Buffer): Buffer => {
    baseOffset = batch.lastOffset(bytes) + 1n
    return bytes
  }
  yield placed(buildSnapshotHeader(lastTimestampMs, quorum, { baseOffset, leaderEpoch: epoch }))
  for (const some of inPieces(values)) {
    const records = some.map(value => ({ timestampMs: lastTimestampMs, key: null, value, headers: [] }))
    yield placed(batch.buildPlainBatch({ records, baseOffset, leaderEpoch: epoch }))
  }
  yield placed(buildSnapshotFooter(lastTimestampMs, { baseOffset, leaderEpoch: epoch }))
}

function* inPieces(values: Iterable<Buffer>): Generator<Buffer[]> {
  let piece: Buffer[] = []
  let bytes = 0
  for (const value of values) {
    if (piece.length > 0 && bytes + value.length > batchBytes) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(value)
    bytes += value.length
  }
  if (piece.length > 0) yield piece
}

/** The time at which the last record was written that a snapshot stands for, by the snapshot's header. */
export function lastTimestampMs(header: Buffer): bigint {
  const [record] = batch.decodePlainRecords(header)
  return record?.value?.readBigInt64BE(2) ?? -1n
}
