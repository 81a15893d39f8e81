import type { MetadataStore } from '../engine/metadata-store.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import { type ErrorName, KafkaError } from '../wire/errors.js'
import type { Markers } from './markers.js'
import { listPartitions, type NamedPartition } from './partition-set.js'
import type { Transaction } from './transaction-facts.js'

export interface CompletionsOptions {
  readonly markers: Markers
  readonly metadata: MetadataStore
  readonly background: Background
  readonly logger: Logger
  /** The partition of `__transaction_state`; its leader epoch is the one that markers carry. */
  readonly index: number
  readonly leaderEpoch: number
  /** Keeps the fact that all markers are written; rejects when that could not be kept, or not in time. */
  readonly complete: (transactionalId: string, prepared: Transaction) => Promise<void>
}

/**
 * Brings the prepared transactions of one partition of `__transaction_state` to their end: writes their markers, tries
 * again where that fails, then has the fact kept that the transaction is complete. The request that waits for it hears
 * of the end, or that it will take longer. After a crash it begins anew, since a marker that comes twice says nothing
 * new.
 */
export class Completions {
  /** The callbacks of those that wait, by transactional id; each is called once. */
  readonly #waiting = new Map<string, () => void>()
  readonly #names = new Set<string>()
  #stopped = false

  constructor(private readonly options: CompletionsOptions) {}

  begin(transactionalId: string, prepared: Transaction, tried: () => void): void {
    this.#waiting.set(transactionalId, tried)
    const name = `Ending the transaction of '${transactionalId}'`
    this.#names.add(name)
    let left: readonly NamedPartition[] = listPartitions(prepared.partitions)
    this.options.background.run(name, async () => {
      try {
        left = await this.#write(transactionalId, prepared, left)
        if (this.#stopped) return
        if (left.length > 0) throw new Error(`${left.length} of its markers could not be written`)
        await this.options.complete(transactionalId, prepared)
        this.#names.delete(name)
      } catch (thrown) {
        if (this.#stopped) return
        if (!(thrown instanceof MarkerRefused)) throw thrown
        this.#names.delete(name)
        this.#giveUp(transactionalId, thrown.errorName)
      } finally {
        this.#tried(transactionalId)
      }
    })
  }

  /** Lets all go that wait: the outcome is decided, and is brought about after the next replay. */
  stop(): void {
    this.#stopped = true
    for (const name of this.#names) this.options.background.forget(name)
    for (const transactionalId of [...this.#waiting.keys()]) this.#tried(transactionalId)
  }

  /** Writes the markers, and returns the partitions that still lack one. One that was deleted meanwhile needs none. */
  async #write(
    transactionalId: string,
    prepared: Transaction,
    partitions: readonly NamedPartition[],
  ): Promise<readonly NamedPartition[]> {
    const { markers, metadata, leaderEpoch } = this.options
    const { producerId, producerEpoch, state, clientVersion } = prepared
    const ended = {
      producerId,
      producerEpoch,
      committed: state === 'PrepareCommit',
      coordinatorEpoch: leaderEpoch,
      transactionVersion: clientVersion,
    }
    const outcomes = await markers.write(ended, partitions)
    const refused = outcomes.find(outcome => isFinal.has(outcome))
    if (refused) throw new MarkerRefused(refused, transactionalId)
    return partitions.filter(
      ({ topic, partition }, i) =>
        outcomes[i] !== 'NONE' && metadata.topic(topic)?.partitions[partition] !== undefined,
    )
  }

  /**
   * Leaves the transaction prepared, as Kafka does: a newer coordinator has written there, and the next replay shows
   * what is true.
   */
  #giveUp(transactionalId: string, refused: ErrorName): void {
    this.options.logger.error(
      `The transaction of '${transactionalId}' cannot be ended: a marker was refused with ${refused}.`,
    )
  }

  #tried(transactionalId: string): void {
    const tried = this.#waiting.get(transactionalId)
    this.#waiting.delete(transactionalId)
    tried?.()
  }
}

/** The errors for which a marker is not written again. */
const isFinal: ReadonlySet<ErrorName> = new Set(['INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED'])

class MarkerRefused extends KafkaError {}
