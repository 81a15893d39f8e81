import type { MetadataStore } from '../engine/metadata.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import type { ErrorName } from '../wire/errors.js'
import type { Transaction } from './facts.js'
import type { Markers } from './markers.js'
import { listPartitions, type NamedPartition } from './partition-set.js'

export interface CompletionsOptions {
  readonly markers: Markers
  readonly metadata: MetadataStore
  readonly clock: Clock
  readonly logger: Logger
  /** Which partition of `__transaction_state`, and its leader epoch, which markers carry. */
  readonly index: number
  readonly leaderEpoch: number
  /** Has the fact kept that all markers are written. */
  readonly complete: (
    transactionalId: string,
    prepared: Transaction,
    done: () => void,
    failed: () => void,
  ) => void
}

const retryMs = 100

/**
 * Brings the prepared transactions of one partition of `__transaction_state` to their end: writes their
 * markers, tries again where that fails, then has it kept that the transaction is complete. Whoever waits
 * for it hears of the end, or that it will take longer; after a crash it begins anew, since a marker that
 * comes twice says nothing new.
 */
export class Completions {
  /** Those who wait, by transactional id. */
  readonly #waiting = new Map<string, () => void>()
  #stopped = false

  constructor(private readonly options: CompletionsOptions) {}

  begin(transactionalId: string, prepared: Transaction, tried: () => void): void {
    this.#waiting.set(transactionalId, tried)
    void this.#attempt(transactionalId, prepared, listPartitions(prepared.partitions))
  }

  /** Who waits is let go: the outcome is decided, and is brought about after the next replay. */
  stop(): void {
    this.#stopped = true
    for (const transactionalId of [...this.#waiting.keys()]) this.#tried(transactionalId)
  }

  async #attempt(
    transactionalId: string,
    prepared: Transaction,
    partitions: readonly NamedPartition[],
  ): Promise<void> {
    const { markers, metadata, leaderEpoch, complete } = this.options
    const { producerId, producerEpoch, state, clientVersion } = prepared
    const outcomes = await markers.write(
      {
        producerId,
        producerEpoch,
        committed: state === 'PrepareCommit',
        coordinatorEpoch: leaderEpoch,
        transactionVersion: clientVersion,
      },
      partitions,
    )
    if (this.#stopped) return
    const refused = outcomes.find(outcome => isFinal.has(outcome))
    if (refused) return this.#giveUp(transactionalId, refused)
    const left = partitions.filter(
      ({ topic, partition }, i) =>
        outcomes[i] !== 'NONE' && metadata.topic(topic)?.partitions[partition] !== undefined,
    )
    const again = () => this.#later(transactionalId, prepared, left)
    if (left.length > 0) again()
    else complete(transactionalId, prepared, () => this.#tried(transactionalId), again)
  }

  #later(transactionalId: string, prepared: Transaction, left: readonly NamedPartition[]): void {
    this.#tried(transactionalId)
    if (this.#stopped) return
    const { clock, index } = this.options
    clock.after(retryMs, `transactions/${index}/${transactionalId}`, () => {
      if (!this.#stopped) void this.#attempt(transactionalId, prepared, left)
    })
  }

  /** As in Kafka it stays prepared: somebody newer has written there, and the next replay shows what is true. */
  #giveUp(transactionalId: string, refused: ErrorName): void {
    this.options.logger.error(
      `The transaction of '${transactionalId}' cannot be ended: a marker was refused with ${refused}.`,
    )
    this.#tried(transactionalId)
  }

  #tried(transactionalId: string): void {
    const tried = this.#waiting.get(transactionalId)
    this.#waiting.delete(transactionalId)
    tried?.()
  }
}

/** Errors that a marker does not get over by coming again. */
const isFinal: ReadonlySet<ErrorName> = new Set(['INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED'])
