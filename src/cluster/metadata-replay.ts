import type { Offset } from '../engine/log-engine.js'
import { decodePlainRecords, isControl } from '../wire/record-batch.js'
import { DamagedMetadata } from './damaged-metadata.js'
import { decodeFact, type MetadataFact } from './metadata-serde.js'

/** A record of the journal. */
export interface MetadataRecord {
  readonly value: Buffer
  readonly timestampMs: bigint
  /** Null where it is of a type that does not concern Ottla. */
  readonly fact: MetadataFact | null
}

/**
 * The records that count, in order. Control batches speak of the quorum, and of the controller's
 * own transactions (KIP-868) only those count that ended.
 */
export class MetadataReplay {
  #open: MetadataRecord[] | null = null

  /** `source` is what people are told of a record that cannot be read. */
  constructor(private readonly source: string) {}

  /** Whether a transaction has begun and not ended: what follows would belong to it. */
  get isOpen(): boolean {
    return this.#open !== null
  }

  /** What counts now that the batch is there, of its records from an offset on. */
  *records(batch: Buffer, from: Offset = 0n): Generator<MetadataRecord> {
    if (isControl(batch)) return
    for (const { offset, value, timestampMs } of decodePlainRecords(batch)) {
      if (value === null || offset < from) continue
      const fact = this.#decode(value, offset)
      if (fact?.kind === 'beginTransaction') this.#open = []
      else if (fact?.kind === 'abortTransaction') this.#open = null
      else if (fact?.kind === 'endTransaction') {
        yield* this.#open ?? []
        this.#open = null
      } else if (this.#open) this.#open.push({ value, timestampMs, fact })
      else yield { value, timestampMs, fact }
    }
  }

  #decode(value: Buffer, offset: Offset): MetadataFact | null {
    try {
      return decodeFact(value)
    } catch (thrown) {
      throw new DamagedMetadata(
        `${this.source} holds a record at offset ${offset} that this version of Ottla cannot read (${(thrown as Error).message}).`,
        'Start the version that wrote it, or a newer one.',
      )
    }
  }
}
