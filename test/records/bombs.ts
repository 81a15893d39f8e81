import { gzipSync } from 'node:zlib'
import { codecs, compress } from '../../src/records/compression/compression.js'
import { crc32c } from '../../src/records/crc32c.js'
import { buildPlainBatch, recordBytes } from '../../src/records/record-batch.js'
import { record } from '../support/log-world.js'

const mebibyte = 1024 * 1024

/** A small batch of one record with a key and so many zeros, of the time given. */
export async function bomb(codec: number, zeros: number, timestampMs = 1000): Promise<Buffer> {
  const plain = buildPlainBatch({
    records: [{ timestampMs: BigInt(timestampMs), key: Buffer.from('k'), value: Buffer.alloc(zeros) }],
  })
  if (codec === codecs.zstd) return withPayload(plain, codec, zstdOfZeros(recordBytes(plain), zeros))
  if (codec === codecs.gzip) return withPayload(plain, codec, gzipSync(recordBytes(plain), { level: 9 }))
  return withPayload(plain, codec, await compress(codec, recordBytes(plain)))
}

/** The batch with other bytes in the place of its records, and a checksum that fits. */
export function withPayload(batch: Buffer, codec: number, payload: Buffer): Buffer {
  const b = Buffer.concat([batch.subarray(0, 61), payload])
  b.writeInt32BE(b.length - 12, 8)
  b.writeInt16BE(codec, 21)
  b.writeUInt32BE(crc32c(b.subarray(21)), 17)
  return b
}

/** A frame that does not tell its size, as of a stream: 4 bytes for each 128 KiB of zeros, which no compressor writes so briefly. */
function zstdOfZeros(records: Buffer, zeros: number): Buffer {
  const blockBytes = 128 * 1024
  const head = records.subarray(0, records.length - zeros - 1)
  const blocks = [block(0, head.length, head)]
  for (let left = zeros; left > 0; left -= blockBytes) {
    blocks.push(block(1, Math.min(left, blockBytes), Buffer.from([0])))
  }
  blocks.push(block(0, 1, Buffer.from([0]), true))
  return Buffer.concat([Buffer.from('28b52ffd0050', 'hex'), ...blocks])
}

function block(kind: number, size: number, bytes: Buffer, isLast = false): Buffer {
  const header = Buffer.alloc(3)
  header.writeUIntLE((size << 3) | (kind << 1) | (isLast ? 1 : 0), 0, 3)
  return Buffer.concat([header, bytes])
}

/** Records that do not compress to almost nothing, in a batch of so many bytes before it is compressed. */
export function plainBatch(bytes: number, timestampMs = 1000): Buffer {
  const value = Array.from({ length: 100 }, (_, i) => `field ${(i * i) % 97}`).join()
  const each = Math.ceil(bytes / (value.length + 20))
  return buildPlainBatch({
    records: Array.from({ length: each }, (_, i) => record(`${i} ${value}`, timestampMs + i, `key ${i}`)),
  })
}

export { mebibyte }
