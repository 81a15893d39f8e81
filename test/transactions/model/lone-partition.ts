import {
  type Transaction,
  type TransactionOutcome,
  transactionFacts,
} from '../../../src/transactions/transaction-facts.js'
import { TransactionPartition } from '../../../src/transactions/transaction-partition.js'
import { KafkaError } from '../../../src/wire/errors.js'

/** A transaction whose markers are being written, and who waits for that. */
export interface Ending {
  readonly transactionalId: string
  readonly prepared: Transaction
  readonly tried: () => void
}

/** A partition of `__transaction_state` without a journal around it: facts are written to an array in Kafka's format and applied at once. */
export class LonePartition {
  nowMs = 1_700_000_000_000
  ending: Ending[] = []
  failing = false
  #working = this.#open()
  readonly #written: { readonly key: Buffer; readonly value: Buffer | null }[] = []

  constructor(
    private readonly noted: (transactionalId: string, value: Transaction | null) => void,
    private readonly failed: () => void,
  ) {}

  get working(): TransactionPartition {
    return this.#working
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#working.get(transactionalId)
  }

  /** Crashes: no call that waits is ever answered. */
  crash(): void {
    this.ending = []
    this.#working = this.replayed()
    this.#working.goLive()
  }

  replayed(): TransactionPartition {
    const fresh = this.#open()
    for (const { key, value } of this.#written) {
      const fact = transactionFacts.decode(key, value)
      if (fact) fresh.apply(fact)
    }
    return fresh
  }

  run(command: () => TransactionOutcome, refused: (error: KafkaError) => void = () => {}): void {
    let outcome: TransactionOutcome | undefined
    try {
      outcome = command()
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      refused(thrown)
    }
    while (outcome) outcome = this.#settle(outcome)
  }

  #open(): TransactionPartition {
    return new TransactionPartition({
      now: () => this.nowMs,
      finish: (transactionalId, prepared, tried) =>
        void this.ending.push({ transactionalId, prepared, tried }),
      stop: () => {},
    })
  }

  #settle({ facts, kept, failed }: TransactionOutcome): TransactionOutcome | undefined {
    if (facts.length > 0 && this.failing) {
      this.failing = false
      this.failed()
      return failed?.(new KafkaError('NOT_ENOUGH_REPLICAS'))
    }
    for (const fact of facts) {
      this.#written.push(transactionFacts.encode(fact))
      this.#working.apply(fact)
      this.noted(fact.transactionalId, fact.value)
    }
    return kept?.()
  }
}
