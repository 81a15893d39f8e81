import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import * as batch from '../../src/records/record-batch.js'
import { batchesIn } from './batches-in-file.js'
import { complain, type Line, tell } from './line.js'
import { counted, time } from './words.js'

/** A batch of the .log file that an index belongs to. */
interface Place {
  readonly position: number
  readonly base: bigint
  readonly last: bigint
  readonly maxTimestampMs: bigint
  readonly producerId: bigint
  readonly isMarker: boolean
}

const entryBytes = { index: 8, timeindex: 12, txnindex: 34 } as const
export type IndexKind = keyof typeof entryBytes

const inEntries = { index: offsetsInWords, timeindex: timesInWords, txnindex: abortedInWords }

/** Tells the entries of an index, and where they disagree with each other or with the .log file beside them. */
export function* indexInWords(path: string, kind: IndexKind): Generator<Line> {
  const log = path.replace(/\.\w+$/, '.log')
  const content = readFileSync(path)
  const bytes = content.subarray(0, endOf(content))
  const size = entryBytes[kind]
  const count = Math.ceil(bytes.length / size)
  const isTorn = content.length < count * size
  const entries = Array.from({ length: isTorn ? count - 1 : count }, (_, i) =>
    content.subarray(i * size, (i + 1) * size),
  )
  const places = existsSync(log) ? placesIn(log) : null
  if (!places) yield complain(`there is no ${basename(log)} beside it`)
  yield* inEntries[kind](entries, places ?? [], BigInt(basename(path, `.${kind}`)))
  if (isTorn) yield complain(`it ends with ${content.length % size} bytes of half an entry`)
  const zeros = content.length - count * size
  if (zeros > 0) yield tell(`then there are ${zeros} zeros, as Kafka leaves them when it is not stopped`)
  yield tell(counted(entries.length, kind === 'txnindex' ? 'aborted transaction' : 'entry'))
}

/** The end of the written entries: Kafka makes room for an index in advance. */
function endOf(bytes: Buffer): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return end
}

function placesIn(log: string): Place[] {
  const places: Place[] = []
  for (const piece of batchesIn(log, true)) {
    if (piece.kind !== 'batch') break
    const { position, bytes } = piece
    places.push({
      position,
      base: batch.baseOffset(bytes),
      last: batch.lastOffset(bytes),
      maxTimestampMs: batch.maxTimestamp(bytes),
      producerId: batch.producerId(bytes),
      isMarker: batch.isControl(bytes),
    })
  }
  return places
}

/**
 * Checks the entries: a search for an offset from an entry on must begin at a batch, and pass over none that has the
 * offset.
 */
function* offsetsInWords(
  entries: readonly Buffer[],
  places: readonly Place[],
  base: bigint,
): Generator<Line> {
  const byPosition = new Map(places.map(({ position }, at) => [position, at]))
  let last = { offset: base - 1n, position: -1 }
  for (const entry of entries) {
    const offset = base + BigInt(entry.readInt32BE(0))
    const position = entry.readInt32BE(4)
    yield tell(`offset ${offset} is at ${position} or later`)
    if (offset <= last.offset || position <= last.position) yield complain(notGreater)
    const before = places[(byPosition.get(position) ?? 0) - 1]
    if (!byPosition.has(position)) yield complain(`no batch begins at ${position}`)
    else if (before && before.last >= offset)
      yield complain(`the batch at ${before.position} has that offset`)
    last = { offset, position }
  }
}

/** An entry says: up to this offset nothing is later than this. */
function* timesInWords(entries: readonly Buffer[], places: readonly Place[], base: bigint): Generator<Line> {
  let last = { timestampMs: -1n, offset: base - 1n }
  let latest: Place | null = null
  let at = 0
  for (const entry of entries) {
    const timestampMs = entry.readBigInt64BE(0)
    const offset = base + BigInt(entry.readInt32BE(8))
    yield tell(`up to offset ${offset} nothing is later than ${time(timestampMs)}`)
    if (timestampMs <= last.timestampMs || offset < last.offset) yield complain(notGreater)
    for (let place = places[at]; place && place.last <= offset; place = places[++at]) {
      if (place.maxTimestampMs > (latest?.maxTimestampMs ?? -1n)) latest = place
    }
    if (latest && latest.maxTimestampMs > timestampMs) {
      yield complain(`the batch at ${latest.position} is from ${time(latest.maxTimestampMs)}`)
    }
    if (offset > (places.at(-1)?.last ?? -1n)) yield complain('the log ends before that offset')
    last = { timestampMs, offset }
  }
}

/** Each entry ends with a marker in the log. */
function* abortedInWords(entries: readonly Buffer[], places: readonly Place[]): Generator<Line> {
  const markers = new Map(places.filter(each => each.isMarker).map(each => [each.last, each.producerId]))
  let lastMarker = -1n
  for (const entry of entries) {
    const [version, producerId] = [entry.readInt16BE(0), entry.readBigInt64BE(2)]
    const [first, marker] = [entry.readBigInt64BE(10), entry.readBigInt64BE(18)]
    const stable = entry.readBigInt64BE(26)
    yield tell(
      `producer ${producerId} aborted offsets ${first} to ${marker}; then all before ${stable} was decided`,
    )
    if (version !== 0) yield complain(`its version is ${version}, only 0 is known`)
    if (marker <= lastMarker) yield complain(notGreater)
    if (first >= marker) yield complain('it ends before it begins')
    if (markers.get(marker) !== producerId)
      yield complain(`there is no marker of that producer at offset ${marker}`)
    lastMarker = marker
  }
}

const notGreater = 'it is not greater than the entry before'
