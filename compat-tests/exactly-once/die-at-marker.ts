/**
 * Loaded into a broker's process before its own code (`node --import '.../die-at-marker.mjs?number=3'`): the
 * process kills itself with SIGKILL when it is about to write the marker of this number to a partition. So
 * it dies between the decision and the first marker, or between the markers of two partitions. Only one
 * transaction is to be open at a time.
 */
import fs from 'node:fs'
import { basename, dirname } from 'node:path'

/** The report of the death on the standard error, as one line of JSON. */
export interface Death {
  readonly producer: string
  /** The partitions that had got their marker of this transaction; `missing` is the one that had not. */
  readonly marked: readonly string[]
  readonly missing: string
}

const number = Number(new URL(import.meta.url).searchParams.get('number'))
const smallestBatch = 61
const { openSync, writeSync } = fs
const paths = new Map<number, string>()
/** Partitions with a marker of the transaction whose end was decided last. */
let marked: string[] = []
let count = 0

fs.openSync = (path, ...how) => {
  const descriptor = openSync(path, ...how)
  paths.set(descriptor, String(path))
  return descriptor
}

fs.writeSync = ((descriptor: number, bytes: Buffer, ...where: number[]) => {
  const path = paths.get(descriptor) ?? ''
  const partition = basename(dirname(path))
  if (partition.startsWith('__transaction_state')) marked = []
  else if (path.endsWith('.log') && isMarker(bytes)) beforeMarker(partition, bytes)
  return writeSync(descriptor, bytes, ...where)
}) as typeof fs.writeSync

/** A batch of the present format whose control bit is set. */
const isMarker = (bytes: Buffer): boolean =>
  bytes.length >= smallestBatch && bytes[16] === 2 && (bytes.readInt16BE(21) & 0x20) !== 0

function beforeMarker(partition: string, bytes: Buffer): void {
  count += 1
  if (count === number) {
    const producer = `${bytes.readBigInt64BE(43)}/${bytes.readInt16BE(51)}`
    const death: Death = { producer, marked, missing: partition }
    writeSync(2, `${JSON.stringify({ death })}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
  marked.push(partition)
}
