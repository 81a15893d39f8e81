import * as batch from '../../src/records/record-batch.js'
import { isRecent } from './transcript.js'

/** Record batches as values that can be compared and read: times of this test are `now`. */
export async function readableBatches(bytes: Buffer): Promise<unknown[]> {
  const found: unknown[] = []
  let rest = bytes
  while (rest.length >= batch.batchHeaderBytes && batch.batchLength(rest) <= rest.length) {
    const one = rest.subarray(0, batch.batchLength(rest))
    found.push(await readableBatch(one))
    rest = rest.subarray(one.length)
  }
  if (rest.length > 0) found.push(`${rest.length} bytes of a batch`)
  return found
}

async function readableBatch(b: Buffer) {
  const records = await batch.decodeRecords(b)
  return {
    baseOffset: batch.baseOffset(b),
    lastOffset: batch.lastOffset(b),
    leaderEpoch: batch.partitionLeaderEpoch(b),
    attributes: batch.attributes(b),
    producerId: batch.producerId(b),
    producerEpoch: batch.producerEpoch(b),
    baseSequence: batch.baseSequence(b),
    baseTimestamp: time(batch.baseTimestamp(b)),
    maxTimestamp: time(batch.maxTimestamp(b)),
    records: records.map(({ offset, timestampMs, key, value, headers }) => ({
      offset,
      timestampMs: time(timestampMs),
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
      headers: headers.map(header => `${header.key}=${header.value}`),
    })),
  }
}

const time = (ms: bigint): bigint | string => (isRecent(ms) ? '<now>' : ms)
