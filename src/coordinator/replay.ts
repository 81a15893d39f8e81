import type { LogEngine, Offset, TopicPartition } from '../engine/log-engine.js'
import { only } from '../engine/only.js'
import { codecs } from '../records/compression/compression.js'
import { readMarkerBatch } from '../records/end-transaction-marker.js'
import { withoutFlippedBit } from '../records/flipped-bit.js'
import type { Inflater } from '../records/inflater.js'
import type { Record } from '../records/record.js'
import {
  baseOffset,
  codecOf,
  decodeInflated,
  decodePlainRecords,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
  splitBatches,
  verifyCrc,
} from '../records/record-batch.js'
import { KafkaError } from '../wire/errors.js'
import type { FactCodec } from './outcome.js'

export interface ReplayOptions<Fact> {
  readonly target: TopicPartition
  readonly log: LogEngine
  /** Decompresses batches, as Apache Kafka may have compressed them (`offsets.topic.compression.codec`). */
  readonly inflater: Inflater
  readonly codec: FactCodec<Fact>
  /** Hears of a batch whose checksum does not hold: a flipped bit is mended, otherwise the batch is left out. */
  readonly damaged?: (offset: Offset, isMended: boolean) => void
  /** Takes in what is durable, in the order of the log, on replay as after an append. */
  readonly machine: {
    apply(fact: Fact, producerId: bigint | null): void
    ended?(producerId: bigint, committed: boolean): void
  }
}

const replayBytes = 1 << 20

/**
 * Applies all that is in the log, also beyond the high watermark: records that were appended there are not lost, only
 * late. Resolves with the offset of the next record.
 */
export async function replay<Fact>(options: ReplayOptions<Fact>): Promise<Offset> {
  const { log, target } = options
  const { logStartOffset } = await only(log.bounds([target]))
  let offset = logStartOffset
  for (;;) {
    const [result] = await log.read([{ target, offset, maxBytes: replayBytes }], {
      isolation: 'log_end',
      maxBytes: replayBytes,
    })
    if (result?.kind === 'failed') throw new KafkaError(result.error)
    if (!result) throw new Error(`partition ${target.partition} of a journal is not answered`)
    if (result.batches.length === 0) {
      // The last batches of a log may be compacted away: the next offset is not always behind what is left.
      if (result.highWatermark > offset) offset = result.highWatermark
      return offset
    }
    const found = result.batches.flatMap(splitBatches)
    for (const each of found) {
      const batch = verifyCrc(each) ? each : withoutFlippedBit(each)
      if (batch !== each) options.damaged?.(baseOffset(each), batch !== null)
      if (batch === null) continue
      const apply = (records: Record[]) => replayBatch(batch, records, logStartOffset, options)
      if (codecOf(batch) === codecs.none) apply(decodePlainRecords(batch))
      else await options.inflater.withWhole(batch, async whole => apply(decodeInflated(batch, whole)))
    }
    offset = lastOffset(found.at(-1) as Buffer) + 1n
    log.release([result])
  }
}

function replayBatch<Fact>(
  batch: Buffer,
  records: readonly Record[],
  from: Offset,
  { codec, machine }: ReplayOptions<Fact>,
): void {
  if (isControl(batch)) {
    const marker = readMarkerBatch(batch)
    if (marker) machine.ended?.(producerId(batch), marker.committed)
    return
  }
  const writer = isTransactional(batch) ? producerId(batch) : null
  for (const { offset, key, value } of records) {
    if (offset < from || key === null) continue
    const fact = codec.decode(key, value)
    if (fact !== null) machine.apply(fact, writer)
  }
}
