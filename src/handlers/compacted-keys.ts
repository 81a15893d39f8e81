import { decompress } from '../wire/compression.js'
import { KafkaError } from '../wire/errors.js'
import { MalformedMessage } from '../wire/reader.js'
import { codecOf, recordBytes, recordCount } from '../wire/record-batch.js'
import { recordKeys } from '../wire/record-keys.js'

/** What the records of a batch may decompress to. */
const mostRecordBytes = 100 * 1024 * 1024
/** How many records are named one by one. */
const mostNamed = 100

/** Records without a key, which could never be compacted; it names them by their place in the batch (KIP-467). */
export class KeysMissing extends KafkaError {
  readonly recordErrors: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage: string }[]

  constructor(indexes: readonly number[]) {
    super('INVALID_RECORD', 'Records without a key were rejected: a compacted topic needs one in each.')
    this.recordErrors = indexes.map(batchIndex => ({
      batchIndex,
      batchIndexErrorMessage: 'A compacted topic cannot take a record without a key.',
    }))
  }
}

/**
 * Looks for keys in a batch for a compacted topic, decompressing it where need be; builds no records,
 * for a small batch may claim to hold very many. Throws KeysMissing.
 */
export async function checkKeys(batch: Buffer): Promise<void> {
  const bytes = await decompress(codecOf(batch), recordBytes(batch), mostRecordBytes)
  const missing: number[] = []
  try {
    let index = 0
    for (const { key } of recordKeys(bytes, recordCount(batch))) {
      if (key === null && missing.length < mostNamed) missing.push(index)
      index += 1
    }
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) throw new KafkaError('INVALID_RECORD', thrown.message)
    throw thrown
  }
  if (missing.length > 0) throw new KeysMissing(missing)
}
