import type { Offset } from '../engine/log-engine.js'
import { decodePlainRecords, isControl } from '../records/record-batch.js'
import { DamagedMetadata } from './damaged-metadata.js'
import { decodeFact, type MetadataFact } from './metadata-serde.js'

/** A record of the journal. */
export interface MetadataRecord {
  readonly value: Buffer
  readonly timestampMs: bigint
  /** The fact in the record; null for a type that does not concern Ottla. */
  readonly fact: MetadataFact | null
}

/**
 * Gives the records that count, in order. Control batches speak of the quorum and are passed over. Of the controller's
 * own transactions (KIP-868) only those count that ended.
 */
export class MetadataReplay {
  #open: MetadataRecord[] | null = null

  /** `source` names the place of a record that cannot be read, in the message of the error. */
  constructor(private readonly source: string) {}

  /** True while a transaction has begun and not ended: what follows would belong to it. */
  get isOpen(): boolean {
    return this.#open !== null
  }

  /** The records that count now that the batch is there, from an offset on. */
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
