import type { TopicSettings } from '../config/topic-settings.js'
import { codecs, decompress } from '../wire/compression.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'
import { walkRecords } from '../wire/record-walk.js'

/** What the records of a batch may decompress to. */
const mostRecordBytes = 100 * 1024 * 1024
/** How many records are named one by one. */
const mostNamed = 10_000
const noTimestamp = -1n
const anyAgeMs = 2n ** 63n - 1n

interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** Records that a topic cannot take; it names them by their place in the batch (KIP-467). */
export class RecordsRejected extends KafkaError {
  constructor(
    errorName: 'INVALID_RECORD' | 'INVALID_TIMESTAMP',
    readonly recordErrors: readonly RecordError[],
  ) {
    super(errorName, `One or more records were rejected: ${recordErrors[0]?.batchIndexErrorMessage}`)
  }
}

/**
 * Checks the records of a batch against its topic, and has the header tell the greatest of their times
 * (Kafka's LogValidator). Kafka decompresses every batch; here a compressed one is opened only when its
 * header cannot vouch for what is asked of its records: only then is there something to wait for.
 */
export function checkRecords(b: Buffer, settings: TopicSettings, nowMs: number): Promise<void> | null {
  if (batch.codecOf(b) === codecs.none)
    stamp(b, checkEach(batch.recordBytes(b), b, settings, nowMs), settings)
  else if (headerVouches(b, settings, nowMs)) stamp(b, batch.maxTimestamp(b), settings)
  else return checkOpened(b, settings, nowMs)
  return null
}

async function checkOpened(b: Buffer, settings: TopicSettings, nowMs: number): Promise<void> {
  stamp(b, checkEach(await opened(b), b, settings, nowMs), settings)
}

function stamp(b: Buffer, greatestMs: bigint, { messageTimestampType }: TopicSettings): void {
  if (messageTimestampType === 'LogAppendTime') return
  if (batch.isLogAppendTime(b) || greatestMs !== batch.maxTimestamp(b)) batch.stampCreateTime(b, greatestMs)
}

/** Whether the header tells that no record can be wrong; a wrong one has to be named. */
function headerVouches(b: Buffer, settings: TopicSettings, nowMs: number): boolean {
  if (settings.cleanupPolicy.compact) return false
  if (settings.messageTimestampType === 'CreateTime' && settings.messageTimestampBeforeMaxMs !== anyAgeMs) {
    return false
  }
  const right = rightTimes(b, settings, nowMs)
  return isRight(right, 0) && isRight(right, Number(batch.maxTimestamp(b) - batch.baseTimestamp(b)))
}

/** Gives the greatest time. Builds no records, for a small batch may claim to hold very many. */
function checkEach(bytes: Buffer, b: Buffer, settings: TopicSettings, nowMs: number): bigint {
  const right = rightTimes(b, settings, nowMs)
  const { leastDeltaMs, greatestDeltaMs, allHaveKeys } = walkRecords(bytes, batch.recordCount(b))
  const allInTime = leastDeltaMs >= right.least && greatestDeltaMs <= right.most
  const compacts = settings.cleanupPolicy.compact
  if (!allInTime || (compacts && !allHaveKeys)) refuseWrong(bytes, batch.recordCount(b), right, compacts)
  if (batch.isLogAppendTime(b)) return batch.maxTimestamp(b)
  const greatestMs = batch.baseTimestamp(b) + BigInt(greatestDeltaMs)
  return greatestMs > noTimestamp ? greatestMs : noTimestamp
}

/** Throws RecordsRejected, which names the wrong ones; not where all that is out of range has no time at all. */
function refuseWrong(bytes: Buffer, count: number, right: RightTimes, compacts: boolean): void {
  const errors: RecordError[] = []
  let wrongTime = false
  walkRecords(bytes, count, (batchIndex, timestampDeltaMs, hasKey) => {
    if (errors.length === mostNamed) return
    if (compacts && !hasKey) {
      errors.push({
        batchIndex,
        batchIndexErrorMessage: 'A compacted topic cannot take a record without a key.',
      })
    } else if (!isRight(right, timestampDeltaMs)) {
      wrongTime = true
      errors.push({ batchIndex, batchIndexErrorMessage: 'Its timestamp is out of range.' })
    }
  })
  if (errors.length > 0) throw new RecordsRejected(wrongTime ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD', errors)
}

/** As Kafka, which does not expect bytes that the codec cannot read, and has no error of its own for them. */
async function opened(b: Buffer): Promise<Buffer> {
  try {
    return await decompress(batch.codecOf(b), batch.recordBytes(b), mostRecordBytes)
  } catch (thrown) {
    if (!(thrown instanceof KafkaError) || thrown.errorName !== 'INVALID_RECORD') throw thrown
    throw new KafkaError('UNKNOWN_SERVER_ERROR', thrown.message)
  }
}

/** Which times a record may have, by how far they are from the batch's base: as numbers, for they are compared often. */
interface RightTimes {
  readonly least: number
  readonly most: number
  /** That of a record without a time. */
  readonly none: number
}

const always: RightTimes = {
  least: Number.NEGATIVE_INFINITY,
  most: Number.POSITIVE_INFINITY,
  none: Number.NaN,
}
const never: RightTimes = {
  least: Number.POSITIVE_INFINITY,
  most: Number.NEGATIVE_INFINITY,
  none: Number.NaN,
}

const isRight = ({ least, most, none }: RightTimes, deltaMs: number): boolean =>
  deltaMs === none || (deltaMs >= least && deltaMs <= most)

/**
 * Only the broker stamps batches with the time of their append; one that says that it was stamped has the same time
 * in all its records, and is taken where the topic does not care.
 */
function rightTimes(b: Buffer, settings: TopicSettings, nowMs: number): RightTimes {
  const stamped = batch.isLogAppendTime(b)
  if (settings.messageTimestampType === 'LogAppendTime') return stamped ? never : always
  const leastMs = BigInt(nowMs) - settings.messageTimestampBeforeMaxMs
  const mostMs = BigInt(nowMs) + settings.messageTimestampAfterMaxMs
  if (stamped) {
    const stampedMs = batch.maxTimestamp(b)
    return stampedMs !== noTimestamp && stampedMs >= leastMs && stampedMs <= mostMs ? always : never
  }
  const base = batch.baseTimestamp(b)
  return {
    least: Number(leastMs - base),
    most: Number(mostMs - base),
    none: Number(noTimestamp - base),
  }
}
