import type { TransactionGuard } from '../engine/log-engine.js'
import type { KafkaError } from '../wire/errors.js'

/** One thing to do with a partition's state. */
export interface Command<Fact> {
  /** What it is about: commands about the same subject run one after the other. Null for one that looks at no state. */
  readonly subject: string | null
  /** It reads nothing that other commands of this kind write, so that it runs without waiting for them. */
  readonly shares?: boolean
  /** No client waits for it: it may take as long as it takes, and is never turned away. */
  readonly patient?: boolean
  step(): Outcome<Fact>
  /** The command was not run, threw, or takes longer than its client waits: then what it keeps may still come. */
  refused(reason: unknown): void
}

/** What a command leaves to be done. Exactly one of `kept` and `failed` is called, before any other command about its subject runs. */
export interface Outcome<Fact> {
  readonly facts: readonly Fact[]
  /** Whose transaction the facts are part of: what they say counts when its marker does. */
  readonly within?: TransactionalWriter
  /** Ends a transaction in this partition; then there are no facts. */
  readonly ends?: EndedTransaction
  /** The facts are stored and applied (at once, if there are none). */
  readonly kept?: () => Outcome<Fact> | undefined
  /** The facts were certainly not stored, and not applied either. */
  readonly failed?: (error: KafkaError) => Outcome<Fact> | undefined
  /** It takes longer than clients wait; `kept` or `failed` is still to come. */
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

/** How a fact lies in a record. */
export interface FactCodec<Fact> {
  /** Says, at little cost, how many bytes the fact takes at least: so what is too large is never encoded. */
  leastBytes?(fact: Fact): number
  encode(fact: Fact): { readonly key: Buffer; readonly value: Buffer | null }
  /** Null for a record that another kind of reader wrote. The buffers are used again afterwards. */
  decode(key: Buffer, value: Buffer | null): Fact | null
}
