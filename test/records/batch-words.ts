import * as batch from '../../src/records/record-batch.js'

/** A record batch in words, as Kafka's code is asked for it and tells it: 64-bit numbers are strings, bytes are hex. */
export interface BatchWords {
  readonly codec: number
  readonly baseOffset: string
  readonly lastOffset: string
  readonly leaderEpoch: number
  readonly producerId: string
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
  readonly control: boolean
  /** Null: the records carry the times of their creation. */
  readonly logAppendTimeMs: string | null
  /** The time when compaction may drop the batch's tombstones and markers; null where it is not decided yet. */
  readonly deleteHorizonMs: string | null
  readonly records: readonly RecordWords[]
}

export interface RecordWords {
  readonly offset: string
  readonly timestampMs: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly { readonly key: string; readonly value: string | null }[]
}

/** The batch as Ottla writes it; it writes no delete horizon. */
export async function batchFromWords(words: BatchWords): Promise<Buffer> {
  const { codec, leaderEpoch, producerEpoch, baseSequence, transactional, control } = words
  const baseOffset = BigInt(words.baseOffset)
  const bytes = await batch.buildBatch({
    ...{ codec, leaderEpoch, producerEpoch, baseSequence, transactional, control, baseOffset },
    lastOffsetDelta: Number(BigInt(words.lastOffset) - baseOffset),
    producerId: BigInt(words.producerId),
    records: words.records.map(({ offset, timestampMs, key, value, headers }) => ({
      offset: BigInt(offset),
      timestampMs: BigInt(timestampMs),
      key: bytesOf(key),
      value: bytesOf(value),
      headers: headers.map(header => ({ key: header.key, value: bytesOf(header.value) })),
    })),
  })
  if (words.logAppendTimeMs !== null) batch.stampLogAppendTime(bytes, BigInt(words.logAppendTimeMs))
  return bytes
}

const deleteHorizonBit = 0x40

/** Reads a batch by Ottla's own functions. */
export async function wordsOfBatch(b: Buffer): Promise<BatchWords> {
  if (!batch.verifyCrc(b)) throw new Error('the checksum is wrong')
  const hasHorizon = (batch.attributes(b) & deleteHorizonBit) !== 0
  const records = await batch.decodeRecords(b)
  return {
    codec: batch.codecOf(b),
    baseOffset: String(batch.baseOffset(b)),
    lastOffset: String(batch.lastOffset(b)),
    leaderEpoch: batch.partitionLeaderEpoch(b),
    producerId: String(batch.producerId(b)),
    producerEpoch: batch.producerEpoch(b),
    baseSequence: batch.baseSequence(b),
    transactional: batch.isTransactional(b),
    control: batch.isControl(b),
    logAppendTimeMs: batch.isLogAppendTime(b) ? String(batch.maxTimestamp(b)) : null,
    deleteHorizonMs: hasHorizon ? String(batch.baseTimestamp(b)) : null,
    records: records.map(({ offset, timestampMs, key, value, headers }) => ({
      offset: String(offset),
      timestampMs: String(timestampMs),
      key: hexOf(key),
      value: hexOf(value),
      headers: headers.map(header => ({ key: header.key, value: hexOf(header.value) })),
    })),
  }
}

/** The batch as a reader sees it: where the broker stamped the batch, its time is that of every record. */
export const asRead = (words: BatchWords): BatchWords => ({
  ...words,
  records: words.records.map(record => ({
    ...record,
    timestampMs: words.logAppendTimeMs ?? record.timestampMs,
  })),
})

const bytesOf = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'))

const hexOf = (bytes: Buffer | null): string | null => bytes?.toString('hex') ?? null
