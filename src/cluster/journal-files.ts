import type { Offset } from '../engine/log-engine.js'
import * as names from '../log/file-names.js'
import type { Files, OpenFile } from '../log/files.js'
import { crc32c } from '../records/crc32c.js'
import * as batch from '../records/record-batch.js'
import { DamagedMetadata } from './damaged-metadata.js'

const pieceBytes = 1 << 20
/** The bytes of the longest batch of metadata. */
const mostTailBytes = 16 << 20
const magicAt = 16
/** The place in a batch from which its checksum covers it. */
const checkedFrom = 21
const indexEntryBytes = 8

/** The end of the journal, as its files have it. */
export interface JournalEnd {
  readonly endOffset: Offset
  /** The greatest leader epoch that a batch names, -1 without any. */
  readonly lastEpoch: number
  /** The bytes after the last whole batch; null where there are none. */
  readonly tail: Tail | null
}

/** Bytes at the end of the last segment that are no whole batch, as a write leaves them that a crash interrupted. */
export interface Tail {
  readonly path: string
  readonly position: number
  readonly offset: Offset
  readonly bytes: number
  readonly wrong: string
  /** True where the tail is shorter than it says, or zeros: no disk leaves that of a batch which it has confirmed. */
  readonly isShort: boolean
  /** True where the tail is zeros up to the end of the file: no batch ever began there. */
  readonly isZero: boolean
}

/**
 * The batches of the metadata journal from the one that holds `from` on, as they lie in its segments. Each is checked:
 * its length, its checksum, and that its offsets follow those before. Throws DamagedMetadata at a place that does not
 * hold while a whole batch lies behind it, or a whole segment.
 */
export function* journalBatches(files: Files, folder: string, from: Offset): Generator<Buffer, JournalEnd> {
  const bases = basesIn(files, folder)
  const [first = 0n] = bases
  if (first > from) {
    throw new DamagedMetadata(
      `The metadata journal ${folder} begins at offset ${first}, and no snapshot tells what was before.`,
    )
  }
  const begin = Math.max(
    0,
    bases.findLastIndex(base => base <= from),
  )
  let end: JournalEnd = { endOffset: bases[begin] ?? 0n, lastEpoch: -1, tail: null }
  for (const [i, base] of bases.entries()) {
    if (i < begin) continue
    if (base !== end.endOffset) throw missing(folder, end.endOffset, base)
    end = yield* segmentBatches(files, folder, base, { from, lastEpoch: end.lastEpoch })
    if (end.tail && i < bases.length - 1) throw damaged(end.tail, 'and further segments follow')
  }
  if (end.endOffset < from) throw missing(folder, end.endOffset, from)
  return end
}

/** The first offsets of the journal's segments, in order. */
export const basesIn = (files: Files, folder: string): Offset[] => offsetsIn(files, folder, 'log')

/** The offsets that name the files of one kind, in order. */
const offsetsIn = (files: Files, folder: string, kind: 'log' | 'snapshot'): Offset[] =>
  files
    .list(folder)
    .map(name => names.baseOffsetOf(name, kind))
    .filter(offset => offset !== null)
    .sort((a, b) => (a < b ? -1 : 1))

/**
 * The offset that the journal had reached for certain, and the file whose name tells it; null without any. A stop
 * leaves such a file at the end (the state of producers, of whom the journal has none). It tells only what the disk
 * has: each append is synced before the next.
 */
export function reachedBefore(files: Files, folder: string): { offset: Offset; path: string } | null {
  const offset = offsetsIn(files, folder, 'snapshot').at(-1)
  return offset === undefined ? null : { offset, path: `${folder}/${names.segmentName(offset, 'snapshot')}` }
}

/** The error of a start that cannot go on at a place of the journal. */
export const damaged = ({ path, position, offset, wrong }: Tail, why: string): DamagedMetadata =>
  new DamagedMetadata(
    `The metadata journal ${path} is damaged at byte ${position}, offset ${offset}: ${wrong}, ${why}.`,
  )

const missing = (folder: string, end: Offset, wanted: Offset): DamagedMetadata =>
  new DamagedMetadata(`The metadata journal ${folder} ends at offset ${end}, and goes on at ${wanted}.`)

interface Reading {
  readonly from: Offset
  readonly lastEpoch: number
}

function* segmentBatches(
  files: Files,
  folder: string,
  base: Offset,
  { from, lastEpoch }: Reading,
): Generator<Buffer, JournalEnd> {
  const path = `${folder}/${names.segmentName(base, 'log')}`
  const file = files.open(path)
  try {
    const segment = new SegmentBytes(file)
    let { position, offset } = placeBefore(files, folder, base, from, segment)
    let epoch = lastEpoch
    while (position < segment.size) {
      const found = batchAt(segment, position, offset)
      if (!Buffer.isBuffer(found)) {
        const tail = tailAt(segment, { path, position, offset, wrong: found.wrong })
        if (found.isWhole || isWholeTo(segment, position)) throw damaged(tail, 'though its checksum holds')
        if (segment.hasBatchAfter(position, offset)) throw damaged(tail, 'and whole batches follow')
        return { endOffset: offset, lastEpoch: epoch, tail }
      }
      epoch = Math.max(epoch, batch.partitionLeaderEpoch(found))
      position += found.length
      offset = batch.lastOffset(found) + 1n
      if (offset > from) yield found
    }
    return { endOffset: offset, lastEpoch: epoch, tail: null }
  } finally {
    file.close()
  }
}

function tailAt(segment: SegmentBytes, at: Pick<Tail, 'path' | 'position' | 'offset' | 'wrong'>): Tail {
  const bytes = segment.size - at.position
  const claimed =
    bytes < batch.batchHeaderBytes ? Infinity : batch.batchLength(segment.view(at.position, bytes))
  const isZero = segment.isZero(at.position)
  return { ...at, bytes, isShort: claimed > bytes || isZero, isZero }
}

/**
 * Tells whether the checksum holds for all that is left of a segment: then only the length of its last batch is
 * damaged.
 */
function isWholeTo(segment: SegmentBytes, position: number): boolean {
  const rest = segment.size - position
  if (rest < batch.batchHeaderBytes || rest > mostTailBytes) return false
  const bytes = segment.view(position, rest)
  return batch.crcOf(bytes) === crc32c(bytes.subarray(checkedFrom))
}

interface NoBatch {
  readonly wrong: string
  /** True where the checksum holds: then the batch was written as a whole, and changed afterwards. */
  readonly isWhole: boolean
}

/** The batch at a position, or the reason why there is none. */
function batchAt(segment: SegmentBytes, position: number, offset: Offset): Buffer | NoBatch {
  const torn = (wrong: string) => ({ wrong, isWhole: false })
  const changed = (wrong: string) => ({ wrong, isWhole: true })
  const rest = segment.size - position
  if (rest < batch.batchHeaderBytes) return torn(`${rest} bytes are no batch`)
  const length = batch.batchLength(segment.view(position, batch.batchHeaderBytes))
  if (length < batch.batchHeaderBytes || length > rest) return torn(`a batch cannot be ${length} bytes long`)
  const bytes = segment.view(position, length)
  if (!batch.verifyCrc(bytes)) return torn('the checksum of the batch there does not hold')
  if (batch.magicOf(bytes) !== batch.magicV2)
    return changed(`there is no format ${batch.magicOf(bytes)} of batches`)
  const base = batch.baseOffset(bytes)
  return base === offset ? bytes : changed(`the batch there says that it begins at offset ${base}`)
}

/**
 * The place from which to read for an offset: the batches before a snapshot need not be read again. An index is only a
 * hint, which counts if the batch that it speaks of is there.
 */
function placeBefore(
  files: Files,
  folder: string,
  base: Offset,
  wanted: Offset,
  segment: SegmentBytes,
): { position: number; offset: Offset } {
  const path = `${folder}/${names.segmentName(base, 'index')}`
  const entries = wanted > base && files.exists(path) ? files.readFile(path) : Buffer.alloc(0)
  for (let at = entries.length - (entries.length % indexEntryBytes) - indexEntryBytes; at >= 0; at -= 8) {
    const last = base + BigInt(entries.readInt32BE(at))
    const position = entries.readInt32BE(at + 4)
    if (last >= wanted || last === base) continue
    if (position < 0 || segment.size - position < batch.batchHeaderBytes) continue
    const offset = batch.baseOffset(segment.view(position, batch.batchHeaderBytes))
    const found = batchAt(segment, position, offset)
    if (Buffer.isBuffer(found) && batch.lastOffset(found) === last) return { position, offset }
    break
  }
  return { position: 0, offset: base }
}

/** The bytes of a file, read in pieces. */
class SegmentBytes {
  #piece = Buffer.alloc(0)
  #at = 0

  constructor(private readonly file: OpenFile) {}

  get size(): number {
    return this.file.size
  }

  /** Gives so many bytes from a position on, or as many as there are. */
  view(position: number, length: number): Buffer {
    const end = Math.min(position + length, this.size)
    if (position < this.#at || end > this.#at + this.#piece.length) {
      const piece = Buffer.allocUnsafe(Math.min(Math.max(length, pieceBytes), this.size - position))
      this.#piece = piece.subarray(0, this.file.read(piece, position))
      this.#at = position
    }
    return this.#piece.subarray(position - this.#at, end - this.#at)
  }

  isZero(from: number): boolean {
    for (let at = from; at < this.size; at += pieceBytes) {
      if (this.view(at, pieceBytes).some(byte => byte !== 0)) return false
    }
    return true
  }

  /** Tells whether a whole batch of a later offset begins somewhere behind a position. */
  hasBatchAfter(position: number, offset: Offset): boolean {
    for (let at = position + 1; at + batch.batchHeaderBytes <= this.size; at += pieceBytes) {
      const piece = this.view(at, pieceBytes + batch.batchHeaderBytes)
      const most = Math.min(pieceBytes, piece.length - batch.batchHeaderBytes + 1)
      for (let i = piece.indexOf(batch.magicV2, magicAt); i >= 0; i = piece.indexOf(batch.magicV2, i + 1)) {
        const start = i - magicAt
        if (start >= most) break
        if (this.#isBatch(at + start, piece.subarray(start), offset)) return true
      }
    }
    return false
  }

  #isBatch(position: number, header: Buffer, offset: Offset): boolean {
    const length = batch.batchLength(header)
    const isPlausible = length >= batch.batchHeaderBytes && position + length <= this.size
    if (!isPlausible || batch.baseOffset(header) <= offset) return false
    const before = { piece: this.#piece, at: this.#at }
    const isWhole = batch.verifyCrc(this.view(position, length))
    this.#piece = before.piece // the search goes on in it
    this.#at = before.at
    return isWhole
  }
}
