import type { Isolation, LogEngine, TopicPartition } from '../../../src/engine/log-engine.js'
import * as batch from '../../../src/records/record-batch.js'
import { KafkaError } from '../../../src/wire/errors.js'

export interface Found {
  readonly offset: number
  readonly value: string
}

/** A batch as it was read, control batches too. */
export interface FoundBatch {
  readonly base: number
  readonly last: number
  readonly bytes: number
}

export interface Consumed {
  readonly records: readonly Found[]
  readonly batches: readonly FoundBatch[]
  /** The offset to read on from. */
  readonly next: number
}

const maxBytes = 1000

/** Reads up to the end, as a consumer does: it leaves out what the answers list as aborted. Throws a KafkaError. */
export async function consume(
  engine: LogEngine,
  target: TopicPartition,
  from: number,
  isolation: Isolation,
): Promise<Consumed> {
  const records: Found[] = []
  const batches: FoundBatch[] = []
  let next = from
  for (;;) {
    const offset = BigInt(next)
    const [result] = await engine.read([{ target, offset, maxBytes }], { isolation, maxBytes })
    if (result?.kind !== 'read') throw new KafkaError(result?.error ?? 'UNKNOWN_SERVER_ERROR')
    if (result.bytes === 0) return { records, batches, next }
    const toCome = [...(result.abortedTransactions ?? [])]
    const aborted = new Set<bigint>()
    for (const bytes of result.batches.flatMap(batch.splitBatches)) {
      const base = Number(batch.baseOffset(bytes))
      const last = Number(batch.lastOffset(bytes))
      batches.push({ base, last, bytes: bytes.length })
      while (toCome[0] && toCome[0].firstOffset <= BigInt(last))
        aborted.add((toCome.shift() as never as { producerId: bigint }).producerId)
      const id = batch.producerId(bytes)
      if (batch.isControl(bytes)) aborted.delete(id)
      else if (!(batch.isTransactional(bytes) && aborted.has(id))) {
        for (const each of batch.decodePlainRecords(bytes)) {
          if (Number(each.offset) >= next)
            records.push({ offset: Number(each.offset), value: String(each.value) })
        }
      }
      next = Math.max(next, last + 1)
    }
    engine.release([result])
  }
}
