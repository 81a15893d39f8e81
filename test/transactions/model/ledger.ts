import assert from 'node:assert/strict'
import { listPartitions } from '../../../src/transactions/partition-set.js'
import type { Transaction } from '../../../src/transactions/transaction-facts.js'
import { isAtRest, isPrepared } from '../../../src/transactions/transaction-states.js'

export type Decision = 'committed' | 'aborted'

/** The history of one transactional id, as its facts became durable; it fails for facts that contradict each other. */
export class Ledger {
  /** The outcome of each of its transactions, by their number, from the moment when it was decided. */
  readonly #outcomes = new Map<number, Decision>()
  readonly #pastProducerIds = new Set<bigint>()
  #last: Transaction | null = null
  /** The number of transactions that were ever opened, which is the number of the last one. */
  count = 0

  outcome(transaction: number): Decision | undefined {
    return this.#outcomes.get(transaction)
  }

  note(value: Transaction | null): void {
    if (value) this.#noteMove(value)
    else {
      assert.ok(this.#last && isAtRest(this.#last.state), 'only what is at rest is forgotten')
      this.#pastProducerIds.add(this.#last.producerId)
    }
    this.#last = value
  }

  #noteMove(value: Transaction): void {
    const last = this.#last
    if (last && value.producerId !== last.producerId) this.#pastProducerIds.add(last.producerId)
    else if (last) assert.ok(value.producerEpoch >= last.producerEpoch, 'the epoch fell')
    assert.ok(!this.#pastProducerIds.has(value.producerId), 'a producer id that was given up comes back')
    const isOpen = value.state === 'Ongoing' || isPrepared(value.state)
    if (isOpen && (!last || isAtRest(last.state))) this.count += 1
    const outcome = outcomeOf(value)
    if (!outcome) return
    const decided = this.#outcomes.get(this.count) ?? outcome
    assert.equal(outcome, decided, 'an outcome changed')
    this.#outcomes.set(this.count, outcome)
  }

  /** Checks the transaction in memory; `ending` are those whose markers are being written. */
  check(now: Transaction, ending: readonly Transaction[]): void {
    if (isAtRest(now.state)) assert.equal(listPartitions(now.partitions).length, 0, 'nothing is left in it')
    if (!isPrepared(now.state)) return
    const its = ending.filter(each => each === now)
    assert.equal(its.length, 1, `what is ${now.state} gets its markers once`)
    assert.equal(outcomeOf(now), this.outcome(this.count))
  }
}

function outcomeOf({ state }: Transaction): Decision | null {
  if (state === 'PrepareCommit' || state === 'CompleteCommit') return 'committed'
  return state === 'PrepareAbort' || state === 'CompleteAbort' ? 'aborted' : null
}
