import { asCoordinator } from '../coordinator/append-failure.js'
import { KafkaError } from '../wire/errors.js'
import { completed } from './moves.js'
import { hasPartition, type NamedPartition } from './partition-set.js'
import type { SpareProducerId } from './rules.js'
import * as rules from './rules.js'
import {
  nothing,
  type Transaction,
  type TransactionFact,
  type TransactionOutcome,
} from './transaction-facts.js'
import type { AddRequest, EndRequest, InitRequest, ProducerIdentity, Reply } from './transaction-requests.js'
import { isAtRest, isPrepared } from './transaction-states.js'

export interface TransactionSurroundings {
  now(): number
  /** Has the markers written; `tried` is called once that was done, or was tried in vain for the first time. */
  finish(transactionalId: string, prepared: Transaction, tried: () => void): void
  /** Ends the work here: no transaction is finished any more. */
  stop(): void
}

/**
 * The transactional ids that one partition of `__transaction_state` remembers. It answers commands with
 * facts, and changes only by `apply`.
 */
export class TransactionPartition {
  readonly #transactions = new Map<string, Transaction>()

  constructor(private readonly around: TransactionSurroundings) {}

  // The requests of clients

  /** Begins a producer. Its client has to come again where its id's transaction was still open. */
  initialize(
    request: InitRequest,
    spare: SpareProducerId,
    reply: Reply<ProducerIdentity>,
  ): TransactionOutcome {
    const { transactionalId } = request
    const now = this.#transactions.get(transactionalId)
    const next = rules.initialized(now, request, spare, this.around.now())
    if (!isPrepared(next.state)) return this.#moves(transactionalId, next, () => reply(next), reply)
    return this.#finishes(
      transactionalId,
      next,
      () => reply(new KafkaError('CONCURRENT_TRANSACTIONS')),
      reply,
    )
  }

  add(request: AddRequest, reply: Reply<'added'>): TransactionOutcome {
    const { transactionalId, partitions, clientVersion } = request
    const now = this.#transactions.get(transactionalId)
    const next = rules.added(now, request, partitions, clientVersion, this.around.now())
    return this.#moves(transactionalId, next, () => reply('added'), reply)
  }

  /** Tells for each partition whether it is in the transaction that this producer has open. */
  verify(
    transactionalId: string,
    producer: ProducerIdentity,
    wanted: readonly NamedPartition[],
  ): readonly boolean[] {
    const { partitions } = rules.ofProducer(this.#transactions.get(transactionalId), producer)
    return wanted.map(each => hasPartition(partitions, each))
  }

  /** Ends a transaction. The answer has the id and epoch with which the producer goes on. */
  end(request: EndRequest, spare: SpareProducerId, reply: Reply<ProducerIdentity>): TransactionOutcome {
    const { transactionalId } = request
    const nowMs = this.around.now()
    const now = this.#transactions.get(transactionalId)
    const next = rules.ended(now, request, spare, nowMs)
    if (!isPrepared(next.state)) return this.#moves(transactionalId, next, () => reply(next), reply)
    return this.#finishes(transactionalId, next, () => reply(completed(next, nowMs)), reply)
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  entries(): Iterable<[transactionalId: string, transaction: Transaction]> {
    return this.#transactions
  }

  // The work of time and of the broker

  /** The ids whose transactions have been open for longer than their producers allowed. */
  timedOut(): string[] {
    const nowMs = this.around.now()
    return [...this.#transactions]
      .filter(([, transaction]) => rules.isTimedOut(transaction, nowMs))
      .map(([transactionalId]) => transactionalId)
  }

  abortTimedOut(transactionalId: string, spare: SpareProducerId): TransactionOutcome {
    const transaction = this.#transactions.get(transactionalId)
    const nowMs = this.around.now()
    if (!transaction || !rules.isTimedOut(transaction, nowMs)) return nothing
    return this.#finishes(transactionalId, rules.fencedOff(transaction, spare, nowMs))
  }

  /** The ids that no client has used for so long. */
  unused(unusedMs: number): string[] {
    return [...this.#transactions.keys()].filter(id => this.#isUnused(id, unusedMs))
  }

  /** Forgets an id if no client has used it for so long. */
  expire(transactionalId: string, unusedMs: number): TransactionOutcome {
    return this.#isUnused(transactionalId, unusedMs) ? { facts: [{ transactionalId, value: null }] } : nothing
  }

  /** Completes a prepared transaction, whose markers are all written. `failed` hears that this could not be kept. */
  complete(
    transactionalId: string,
    prepared: Transaction,
    done: () => void,
    failed: (error: KafkaError) => void,
  ): TransactionOutcome {
    if (this.#transactions.get(transactionalId) !== prepared) {
      done()
      return nothing
    }
    const next = completed(prepared, this.around.now())
    return this.#moves(transactionalId, next, done, outcome => {
      if (outcome instanceof KafkaError) failed(outcome)
    })
  }

  // The durable state

  apply({ transactionalId, value }: TransactionFact): void {
    if (value) this.#transactions.set(transactionalId, value)
    else this.#transactions.delete(transactionalId)
  }

  /** Goes on to end prepared transactions, once the replay is over. */
  goLive(): void {
    for (const [transactionalId, transaction] of this.#transactions) {
      if (isPrepared(transaction.state)) this.around.finish(transactionalId, transaction, () => {})
    }
  }

  close(): void {
    this.around.stop()
  }

  #isUnused(transactionalId: string, unusedMs: number): boolean {
    const transaction = this.#transactions.get(transactionalId)
    const oldestMs = this.around.now() - unusedMs
    return transaction !== undefined && isAtRest(transaction.state) && transaction.lastUpdateMs <= oldestMs
  }

  #moves<T>(
    transactionalId: string,
    next: Transaction,
    kept: () => void,
    reply: Reply<T>,
  ): TransactionOutcome {
    const isNews = this.#transactions.get(transactionalId) !== next
    return {
      facts: isNews ? [{ transactionalId, value: next }] : [],
      kept: () => void kept(),
      failed: error => void reply(asCoordinator(error)),
    }
  }

  #finishes<T>(
    transactionalId: string,
    prepared: Transaction,
    tried: () => void = () => {},
    reply: Reply<T> = () => {},
  ): TransactionOutcome {
    const finish = () => this.around.finish(transactionalId, prepared, tried)
    return this.#moves(transactionalId, prepared, finish, reply)
  }
}
