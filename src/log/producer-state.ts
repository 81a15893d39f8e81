import type { ActiveProducer, Offset } from '../engine/log-engine.js'
import { KafkaError } from '../wire/errors.js'
import * as batch from '../wire/record-batch.js'

/** As many batches as a producer may have in flight; each of them may come again (Kafka's ProducerStateEntry). */
const rememberedBatches = 5
const largestSequence = 2 ** 31 - 1

interface RememberedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly lastOffset: Offset
  readonly offsetDelta: number
}

export interface ProducerEntry {
  readonly producerId: bigint
  epoch: number
  batches: RememberedBatch[]
  lastTimestampMs: bigint
  /** When it last wrote, by the broker's clock. */
  lastSeenMs: number
}

/** What the idempotent producers of one partition wrote last: enough to know a batch that comes again. */
export class ProducerState {
  readonly #producers = new Map<bigint, ProducerEntry>()

  get entries(): Iterable<ProducerEntry> {
    return this.#producers.values()
  }

  /** The base offset of a batch that is here already, null for one to append; throws for one that does not follow. */
  check(bytes: Buffer): Offset | null {
    const producerId = batch.producerId(bytes)
    if (producerId < 0n) return null
    const entry = this.#producers.get(producerId)
    if (!entry) return null
    const epoch = batch.producerEpoch(bytes)
    const first = batch.baseSequence(bytes)
    if (epoch < entry.epoch) {
      throw new KafkaError(
        'INVALID_PRODUCER_EPOCH',
        `Epoch of producer ${producerId} is ${epoch}, which is smaller than the last seen epoch ${entry.epoch}`,
      )
    }
    const expected = epoch > entry.epoch ? 0 : following(entry.batches.at(-1)?.lastSequence)
    if (epoch === entry.epoch) {
      const last = advanced(first, batch.lastOffsetDelta(bytes))
      const known = entry.batches.find(each => each.firstSequence === first && each.lastSequence === last)
      if (known) return known.lastOffset - BigInt(known.offsetDelta)
    }
    if (expected !== null && first !== expected) {
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `Out of order sequence number for producer ${producerId}: ${first} (incoming seq. number), ${expected} expected`,
      )
    }
    return null
  }

  /** Takes note of a batch that is in the log. */
  apply(bytes: Buffer, nowMs: number): void {
    const producerId = batch.producerId(bytes)
    if (producerId < 0n || batch.isControl(bytes)) return
    const epoch = batch.producerEpoch(bytes)
    const firstSequence = batch.baseSequence(bytes)
    const offsetDelta = batch.lastOffsetDelta(bytes)
    const old = this.#producers.get(producerId)
    const before = old?.epoch === epoch ? old.batches : []
    const remembered = {
      firstSequence,
      lastSequence: advanced(firstSequence, offsetDelta),
      lastOffset: batch.lastOffset(bytes),
      offsetDelta,
    }
    this.#producers.set(producerId, {
      producerId,
      epoch,
      batches: [...before, remembered].slice(-rememberedBatches),
      lastTimestampMs: batch.maxTimestamp(bytes),
      lastSeenMs: nowMs,
    })
  }

  /** Whether it is the batch that this producer wrote last. */
  isLast(bytes: Buffer): boolean {
    const entry = this.#producers.get(batch.producerId(bytes))
    return entry?.batches.at(-1)?.lastOffset === batch.lastOffset(bytes)
  }

  restore(entry: ProducerEntry): void {
    this.#producers.set(entry.producerId, entry)
  }

  expire(seenBeforeMs: number): void {
    for (const [id, entry] of this.#producers) if (entry.lastSeenMs < seenBeforeMs) this.#producers.delete(id)
  }

  active(): ActiveProducer[] {
    return [...this.#producers.values()].map(({ producerId, epoch, batches, lastTimestampMs }) => ({
      producerId,
      producerEpoch: epoch,
      lastSequence: batches.at(-1)?.lastSequence ?? -1,
      lastTimestampMs,
      coordinatorEpoch: -1,
      currentTransactionStartOffset: -1n,
    }))
  }
}

/** Sequences go round: the one after the largest is 0. */
const advanced = (sequence: number, by: number): number =>
  sequence > largestSequence - by ? by - (largestSequence - sequence) - 1 : sequence + by

const following = (last: number | undefined): number | null =>
  last === undefined || last < 0 ? null : advanced(last, 1)
