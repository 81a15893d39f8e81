import { buildPlainBatch, decodePlainRecords, isControl } from './record-batch.js'

/** The end of a transaction, as its last batch in each of its partitions tells it. */
export interface EndTransactionMarker {
  readonly committed: boolean
  /** The leader epoch of the coordinator's own partition: a later one fences off an earlier. */
  readonly coordinatorEpoch: number
}

/**
 * The types of a control record's key that end a transaction (Kafka's ControlRecordType); a broker has no use for the
 * others.
 */
const types = { abort: 0, commit: 1 } as const
const version = 0

/**
 * A marker's batch holds one record and is both transactional and a control batch:
 *
 *     key    int16 version (0) | int16 type: 0 abort, 1 commit
 *     value  int16 version (0) | int32 coordinator epoch
 */
export function buildMarkerBatch(
  marker: EndTransactionMarker & {
    readonly producerId: bigint
    readonly producerEpoch: number
    readonly timestampMs: bigint
  },
): Buffer {
  const { producerId, producerEpoch, timestampMs } = marker
  const key = Buffer.alloc(4)
  key.writeInt16BE(version, 0)
  key.writeInt16BE(marker.committed ? types.commit : types.abort, 2)
  const value = Buffer.alloc(6)
  value.writeInt16BE(version, 0)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  const records = [{ timestampMs, key, value, headers: [] }]
  return buildPlainBatch({ records, producerId, producerEpoch, transactional: true, control: true })
}

/** Reads a marker. Returns null for a batch that ends no transaction, also for a marker that compaction has emptied. */
export function readMarkerBatch(bytes: Buffer): EndTransactionMarker | null {
  if (!isControl(bytes)) return null
  const [record] = decodePlainRecords(bytes)
  if (!record?.key || record.key.length < 4 || !record.value || record.value.length < 6) return null
  const type = record.key.readInt16BE(2)
  if (type !== types.abort && type !== types.commit) return null
  return { committed: type === types.commit, coordinatorEpoch: record.value.readInt32BE(2) }
}
