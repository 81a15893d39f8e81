import { crc32c } from '../../src/records/crc32c.js'
import type { RecordDraft } from '../../src/records/record.js'
import { type BatchDraft, buildBatch, buildPlainBatch } from '../../src/records/record-batch.js'

/** A moment that is the same for every broker. */
export const thenMs = 1_700_000_000_000n

type Rest = Omit<BatchDraft, 'records'>
type Headers = RecordDraft['headers']

/** A batch of these values, without keys, a millisecond apart unless their times are given. */
export const batchOf = (
  values: readonly string[],
  rest: Rest = {},
  timesMs?: readonly bigint[],
  headers?: Headers,
): Buffer => buildPlainBatch({ records: recordsOf(values, timesMs, headers), ...rest })

export const compressedBatchOf = (
  codec: number,
  values: readonly string[],
  rest: Rest = {},
  timesMs?: readonly bigint[],
): Promise<Buffer> => buildBatch({ records: recordsOf(values, timesMs), codec, ...rest })

export const keyedBatchOf = (
  pairs: readonly (readonly [key: string | null, value: string | null])[],
  rest: Rest = {},
): Buffer =>
  buildPlainBatch({
    records: pairs.map(([key, value], i) => ({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs: thenMs + BigInt(i),
    })),
    ...rest,
  })

const recordsOf = (
  values: readonly string[],
  timesMs?: readonly bigint[],
  headers?: Headers,
): RecordDraft[] =>
  values.map((value, i) => ({
    key: null,
    value: Buffer.from(value),
    timestampMs: timesMs?.[i] ?? thenMs + BigInt(i),
    ...(headers ? { headers } : {}),
  }))

/** The batch with its last byte changed, so that its checksum is wrong. */
export function damaged(batch: Buffer): Buffer {
  const copy = Buffer.from(batch)
  copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1
  return copy
}

/** The batch with a change, and the checksum that belongs to it then. */
export function sealed(batch: Buffer, change: (batch: Buffer) => void): Buffer {
  const copy = Buffer.from(batch)
  change(copy)
  copy.writeUInt32BE(crc32c(copy.subarray(21)), 17)
  return copy
}
