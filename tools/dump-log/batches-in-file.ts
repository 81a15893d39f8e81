import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import * as batch from '../../src/records/record-batch.js'

/** A batch and where it stands; or the end of a file from which on there is none. */
export type Piece =
  | { readonly kind: 'batch'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'zeros' | 'torn' | 'old format'; readonly position: number; readonly size: number }

const magicAt = 16

/**
 * The batches of a .log or .checkpoint file, one after the other, read as they are asked for: a file may be
 * larger than the memory. With `onlyHeaders` their records are not read.
 */
export function* batchesIn(path: string, onlyHeaders = false): Generator<Piece> {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const read = (position: number, length: number): Buffer => {
      const bytes = Buffer.alloc(Math.min(length, size - position))
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position))
    }
    for (let position = 0; position < size; ) {
      const header = read(position, batch.batchHeaderBytes)
      const end = endOf(header, position, size)
      if (end) {
        const isZero = end === 'torn' && isAllZeros(read, position, size)
        yield { kind: isZero ? 'zeros' : end, position, size: size - position }
        return
      }
      const length = batch.batchLength(header)
      yield { kind: 'batch', position, bytes: onlyHeaders ? header : read(position, length) }
      position += length
    }
  } finally {
    closeSync(file)
  }
}

/** Why no batch of the present format can begin with this header; null where one does. */
function endOf(header: Buffer, position: number, size: number): 'torn' | 'old format' | null {
  if (header.length > magicAt && batch.magicOf(header) < 2 && batch.batchLength(header) > magicAt) {
    return position + batch.batchLength(header) <= size ? 'old format' : 'torn'
  }
  if (header.length < batch.batchHeaderBytes) return 'torn'
  const length = batch.batchLength(header)
  return length < batch.batchHeaderBytes || position + length > size ? 'torn' : null
}

function isAllZeros(read: (position: number, length: number) => Buffer, from: number, size: number): boolean {
  for (let at = from; at < size; at += 1 << 20) {
    if (read(at, 1 << 20).some(byte => byte !== 0)) return false
  }
  return true
}
