import { only } from '../../../src/engine/only.js'
import { buildMarkerBatch } from '../../../src/records/end-transaction-marker.js'
import type { StoryBroker } from './broker.js'
import type { StoryPartition } from './partition.js'
import { type Sending, Sequence, type Size } from './producers.js'
import type { Transaction } from './sent.js'

/**
 * A producer of transactions, with its coordinator. Once that has decided, a marker is sent to each partition of the
 * transaction until it is acknowledged; the next transaction begins after that.
 */
export class TransactionalProducer {
  #sequences = new Map<StoryPartition, Sequence>()
  #transaction: Transaction | null = null
  /** The partitions of the transaction. */
  readonly #partitions = new Set<StoryPartition>()
  #producerId: bigint
  #mustRenew = false

  constructor(producerId: bigint) {
    this.#producerId = producerId
  }

  get isIdle(): boolean {
    return this.#transaction === null
  }

  async write(sending: Sending, partition: StoryPartition, size: Size): Promise<void> {
    if (this.#transaction?.outcome) return this.#sendMarkers(sending)
    this.#transaction ??= this.#begun(sending)
    this.#partitions.add(partition)
    const sequence = this.#sequences.get(partition) ?? new Sequence(this.#producerId, partition, 1)
    this.#sequences.set(partition, sequence)
    await sequence.go(sending, size, this.#transaction)
  }

  /** Ends the transaction. One with a batch that is not known to be kept cannot be committed, and is aborted. */
  async end(sending: Sending, commits: boolean): Promise<void> {
    if (this.#transaction === null) return
    if (this.#transaction.outcome === null) {
      const isWhole = [...this.#partitions].every(each => this.#sequences.get(each)?.isResolved)
      if (!isWhole) this.#mustRenew = true
      this.#transaction.outcome = commits && isWhole ? 'committed' : 'aborted'
    }
    await this.#sendMarkers(sending)
  }

  /** The partition is gone, with its topic. */
  forget(partition: StoryPartition): void {
    this.#partitions.delete(partition)
    this.#sequences.delete(partition)
  }

  /** Notes a power failure: where nothing is synced, the records of the transaction may be gone. */
  powerFailed(): void {
    if (![...this.#sequences.keys()].some(({ history }) => !history.isKept)) return
    this.#mustRenew = true
    if (this.#transaction) this.#transaction.outcome ??= 'aborted'
    for (const each of this.#partitions) if (!each.history.isKept) this.#partitions.delete(each) // see endHanging
  }

  #begun({ newProducerId }: Sending): Transaction {
    if (this.#mustRenew) {
      this.#producerId = newProducerId()
      this.#sequences.clear()
      this.#mustRenew = false
    }
    return { outcome: null }
  }

  async #sendMarkers({ broker, nowMs }: Sending): Promise<void> {
    const transaction = this.#transaction
    const committed = transaction?.outcome === 'committed'
    const send = async (partition: StoryPartition) => {
      const isWritten = await sendMarker(broker, partition, {
        committed,
        producerId: this.#producerId,
        nowMs,
      })
      if (isWritten && this.#transaction === transaction) this.#partitions.delete(partition)
    }
    await Promise.all([...this.#partitions].map(send))
    if (this.#transaction === transaction && this.#partitions.size === 0) this.#transaction = null
  }
}

/** Ends the transactions of which a power failure took the markers, as had been decided. */
export async function endHanging(
  broker: StoryBroker,
  partition: StoryPartition,
  nowMs: number,
): Promise<void> {
  const producers = await only(broker.engine.producers([partition.target]))
  for (const { producerId, currentTransactionStartOffset: start } of producers) {
    if (start < 0n) continue
    const transaction = partition.history.transactionOf(producerId, Number(start))
    if (transaction && !transaction.outcome) continue
    await sendMarker(broker, partition, {
      committed: transaction?.outcome === 'committed',
      producerId,
      nowMs,
    })
  }
}

interface Marker {
  readonly committed: boolean
  readonly producerId: bigint
  readonly nowMs: number
}

/** Sends a marker; true where it is known to be there. */
async function sendMarker(broker: StoryBroker, partition: StoryPartition, marker: Marker): Promise<boolean> {
  const { committed, producerId, nowMs } = marker
  const fields = { committed, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestampMs: BigInt(nowMs) }
  const result = await broker.append(partition.target, partition.folder, buildMarkerBatch(fields))
  partition.check(broker, result, null)
  return result.kind === 'appended'
}
