import type { TransactionGuard } from '../engine/log-engine.js'
import type { Turns } from '../time/turns.js'
import type { KafkaError } from '../wire/errors.js'

/** One thing to do with a partition's state. */
export interface Command<Fact> {
  /**
   * The subject of the command: commands about the same one run one after the other. Null for one that looks at no
   * state.
   */
  readonly subject: string | null
  /**
   * True for a command that reads nothing that other commands of this kind write, so that it need not wait for them.
   */
  readonly shares?: boolean
  /** True for a command that no client waits for: it may take as long as it takes, and is never turned away. */
  readonly patient?: boolean
  step(): Outcome<Fact>
  /**
   * Hears that the command was not run, threw, or takes longer than its client waits: then its facts may still be kept.
   */
  refused(reason: unknown): void
}

/**
 * The facts that a command leaves to be kept. Exactly one of `kept` and `failed` is called, before any other command
 * about its subject runs.
 */
export interface Outcome<Fact> {
  readonly facts: readonly Fact[]
  /** The producer whose transaction the facts are part of: they count when its marker does. */
  readonly within?: TransactionalWriter
  /** Ends a transaction in this partition; then there are no facts. */
  readonly ends?: EndedTransaction
  /** Is called when the facts are stored and applied (at once, if there are none). */
  readonly kept?: () => Outcome<Fact> | undefined
  /** Is called when the facts were certainly not stored, and not applied either. */
  readonly failed?: (error: KafkaError) => Outcome<Fact> | undefined
  /** Is called when it takes longer than clients wait; `kept` or `failed` is still to come. */
  readonly late?: (error: KafkaError) => void
}

export interface TransactionalWriter {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly guard: TransactionGuard | null
}

export interface EndedTransaction {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly committed: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
}

/** A record. */
export interface Encoded {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Turns facts into records and back. */
export interface FactCodec<Fact> {
  /** The least number of bytes that the fact takes, found at little cost: so what is too large is never encoded. */
  leastBytes?(fact: Fact): number
  encode(fact: Fact): Encoded
  /** Encodes a large fact in turns of the event loop. Without it, every fact is encoded at once. */
  encodeInTurns?(fact: Fact, turns: Turns): Promise<Encoded>
  /** The fact in a record; null for a record that has none of this kind. The buffers are used again afterwards. */
  decode(key: Buffer, value: Buffer | null): Fact | null
}
