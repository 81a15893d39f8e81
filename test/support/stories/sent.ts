import { buildPlainBatch } from '../../../src/records/record-batch.js'
import { record } from '../log-world.js'

/** A transaction, and what its coordinator has decided: from then on it is certain. */
export interface Transaction {
  outcome: 'committed' | 'aborted' | null
}

/** A batch as a client sends it, once or again. Its records have consecutive numbers, which are in the order of sending. */
export interface Sent {
  readonly firstNumber: number
  readonly count: number
  readonly size: number
  readonly timestampMs: number
  /** -1 without one. */
  readonly producerId: bigint
  /** -1 without one. */
  readonly sequence: number
  readonly transaction: Transaction | null
  /** True where the broker answered that it certainly did not append it, and the client did not send it again. */
  isRefused: boolean
}

export const valuesOf = ({ firstNumber, count, size }: Sent): string[] =>
  Array.from({ length: count }, (_, i) => `${firstNumber + i} ${'x'.repeat(size)}`)

const keys = 3

export const keyOf = (value: string): string => `k${Number.parseInt(value, 10) % keys}`

export const numberOf = (value: string): number => Number.parseInt(value, 10)

/** The bytes of a batch, which the engine may write into. */
export function bytesOf(batch: Sent): Buffer {
  const { producerId, sequence, timestampMs, transaction } = batch
  return buildPlainBatch({
    records: valuesOf(batch).map(value => record(value, timestampMs, keyOf(value))),
    producerId,
    producerEpoch: producerId < 0n ? -1 : 0,
    baseSequence: sequence,
    transactional: transaction !== null,
  })
}
