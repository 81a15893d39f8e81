import { basename } from 'node:path'
import { readMarkerBatch } from '../../src/records/end-transaction-marker.js'
import type { Record } from '../../src/records/record.js'
import * as batch from '../../src/records/record-batch.js'
import { batchesIn } from './batches-in-file.js'
import { factIn } from './facts.js'
import { complain, type Line, tell } from './line.js'
import { counted, shown, time } from './words.js'

const codecNames = ['no compression', 'gzip', 'snappy', 'lz4', 'zstd']
/** The types of control records besides the end of a transaction (Kafka's ControlRecordType). */
const controls = new Map([
  [2, 'leader change'],
  [3, 'beginning of a snapshot'],
  [4, 'end of a snapshot'],
  [5, 'KRaft version'],
  [6, 'KRaft voters'],
])

/** The state of a file so far, with which the next batch is compared. */
interface Seen {
  nextOffset: bigint
  leaderEpoch: number
  batches: number
  records: number
}

/** Tells the batches of a .log or .checkpoint file with their records, and what of them cannot be. */
export async function* segmentInWords(path: string, topic: string): AsyncGenerator<Line> {
  const nextOffset = /^\d{20}\.log$/.test(basename(path)) ? BigInt(basename(path, '.log')) : 0n
  const seen: Seen = { nextOffset, leaderEpoch: -1, batches: 0, records: 0 }
  for (const piece of batchesIn(path)) {
    if (piece.kind !== 'batch') {
      yield endInWords(piece.kind, piece.position, piece.size)
      break
    }
    yield tell(`batch at ${piece.position}: ${headerInWords(piece.bytes)}`)
    for (const wrong of wrongWithHeader(piece.bytes, seen)) yield complain(wrong)
    yield* recordsInWords(piece.bytes, topic, seen)
    seen.nextOffset = batch.lastOffset(piece.bytes) + 1n
    seen.leaderEpoch = Math.max(seen.leaderEpoch, batch.partitionLeaderEpoch(piece.bytes))
    seen.batches += 1
  }
  yield tell(
    `${counted(seen.batches, 'batch')}, ${counted(seen.records, 'record')}, the next offset is ${seen.nextOffset}`,
  )
}

function endInWords(kind: 'zeros' | 'torn' | 'old format', position: number, size: number): Line {
  if (kind === 'zeros') return tell(`from ${position} on there are ${size} zeros, as preallocate leaves them`)
  if (kind === 'torn')
    return complain(`from ${position} on there is no whole batch, but ${counted(size, 'byte')}`)
  return complain(
    `at ${position} there is a batch of a format that came before Kafka 0.11, and nobody reads it here`,
  )
}

function headerInWords(b: Buffer): string {
  const said = [
    `offsets ${batch.baseOffset(b)} to ${batch.lastOffset(b)}`,
    counted(batch.recordCount(b), 'record'),
    counted(b.length, 'byte'),
    codecNames[batch.codecOf(b)] ?? `codec ${batch.codecOf(b)}`,
    `leader epoch ${batch.partitionLeaderEpoch(b)}`,
    `${batch.isLogAppendTime(b) ? 'appended' : 'latest'} ${time(batch.maxTimestamp(b))}`,
  ]
  if (batch.producerId(b) >= 0n) {
    said.push(`producer ${batch.producerId(b)} in epoch ${batch.producerEpoch(b)}`)
    if (batch.baseSequence(b) >= 0) said.push(`from sequence ${batch.baseSequence(b)} on`)
  }
  if (batch.isTransactional(b)) said.push('in a transaction')
  if (batch.isControl(b)) said.push('control')
  const horizonMs = batch.deleteHorizonMs(b)
  if (horizonMs !== null) said.push(`tombstones may go at ${time(horizonMs)}`)
  return said.join(', ')
}

function* wrongWithHeader(b: Buffer, seen: Seen): Generator<string> {
  const [base, count, delta] = [batch.baseOffset(b), batch.recordCount(b), batch.lastOffsetDelta(b)]
  if (!batch.verifyCrc(b)) yield 'its checksum does not hold'
  if (base < seen.nextOffset)
    yield `it begins at offset ${base}, and ${seen.nextOffset} is the first that it may`
  if (batch.partitionLeaderEpoch(b) < seen.leaderEpoch)
    yield `its leader epoch comes after epoch ${seen.leaderEpoch}`
  if (delta < 0 || count < 0 || count > delta + 1)
    yield `it says that it has ${count} records in ${delta + 1} offsets`
  if (batch.codecOf(b) >= codecNames.length) yield `there is no codec ${batch.codecOf(b)}`
}

async function* recordsInWords(b: Buffer, topic: string, seen: Seen): AsyncGenerator<Line> {
  let records: Record[]
  try {
    records = await batch.decodeRecords(b)
  } catch (thrown) {
    yield complain(`its records cannot be read: ${(thrown as Error).message}`)
    return
  }
  let last = batch.baseOffset(b) - 1n
  for (const record of records) {
    yield tell(`  ${record.offset}, ${time(record.timestampMs)}: ${contentInWords(record, b, topic)}`)
    if (record.offset <= last) yield complain(`offset ${record.offset} comes after ${last}`)
    if (record.offset > batch.lastOffset(b)) yield complain(`offset ${record.offset} lies beyond its batch`)
    last = record.offset
  }
  seen.records += records.length
}

function contentInWords(record: Record, b: Buffer, topic: string): string {
  if (batch.isControl(b)) return controlInWords(record, b)
  const fact = factIn(topic, record)
  if (fact !== null) return fact
  const headers = record.headers.map(({ key, value }) => `${key}: ${shown(value)}`)
  return [`${shown(record.key)} = ${shown(record.value)}`, ...headers].join(', ')
}

function controlInWords({ key }: Record, b: Buffer): string {
  const marker = readMarkerBatch(b)
  if (marker) {
    const outcome = marker.committed ? 'committed' : 'aborted'
    return `the transaction is ${outcome}, says the coordinator of epoch ${marker.coordinatorEpoch}`
  }
  const type = key && key.length >= 4 ? key.readInt16BE(2) : -1
  return controls.get(type) ?? `a control record of type ${type}`
}
