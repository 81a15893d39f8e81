import assert from 'node:assert/strict'
import { mayNeedProducerId } from '../../../src/transactions/rules.js'
import type { Transaction } from '../../../src/transactions/transaction-facts.js'
import type { ProducerIdentity, Reply } from '../../../src/transactions/transaction-requests.js'
import { KafkaError } from '../../../src/wire/errors.js'
import { Ledger } from './ledger.js'
import { LonePartition } from './lone-partition.js'
import type { Step } from './steps.js'

interface Client {
  readonly transactionalId: string
  readonly version: 0 | 2
  identity: ProducerIdentity | null
  /** The transaction that it has added to, by the ledger's count. */
  transaction: number | null
}

const transactionalIds = ['shop', 'till']
const timeoutMs = 60_000
const unusedMs = 7 * 86_400_000
/** The first state of one transactional id, whose epochs soon run out. */
const old: Partial<Transaction> = { producerEpoch: 32_762, state: 'CompleteCommit' }

/** Two transactional ids, each with three clients of which one speaks the older version, and everything that may happen. */
export class TransactionModel {
  readonly #lone = new LonePartition(
    (id, value) => this.#noted(id, value),
    () => this.#saw('failed append'),
  )
  readonly #ledgers = new Map(transactionalIds.map(id => [id, new Ledger()]))
  readonly #clients: readonly Client[] = transactionalIds.flatMap(transactionalId =>
    ([2, 2, 0] as const).map(version => ({ transactionalId, version, identity: null, transaction: null })),
  )
  #producerIds = 100n
  /** The number of times that each thing happened, so that a test can see that it did. */
  readonly seen = new Map<string, number>()

  constructor() {
    const request = { transactionalId: 'till', timeoutMs, expected: null }
    this.#lone.run(() => this.#lone.working.initialize(request, this.#spare('till'), () => {}))
    const value = { ...(this.#lone.get('till') as Transaction), ...old }
    this.#lone.run(() => ({ facts: [{ transactionalId: 'till', value }] }))
  }

  play(step: Step): void {
    this.#perform(step)
    const ending = this.#lone.ending.map(({ prepared }) => prepared)
    for (const id of transactionalIds) {
      const now = this.#lone.get(id)
      if (now) this.#ledger(id).check(now, ending)
    }
    for (const client of this.#clients) this.#checkMembership(client)
  }

  /** Checks that a replay of the records makes the state that is in memory. */
  checkReplay(): void {
    const replayed = this.#lone.replayed()
    for (const id of transactionalIds) {
      assert.deepEqual(durable(replayed.get(id)), durable(this.#lone.get(id)), `replay of ${id}`)
    }
  }

  #perform(step: Step): void {
    if (step.act === 'init') this.#init(this.#client(step.client), step.asItself, step.lost)
    else if (step.act === 'add') this.#add(this.#client(step.client), step.partition)
    else if (step.act === 'end') this.#end(this.#client(step.client), step.committed, step.lost)
    else if (step.act === 'mark') this.#mark(step.which)
    else if (step.act === 'pass') this.#pass(step.ms)
    else if (step.act === 'expire') this.#expire()
    else if (step.act === 'crash') this.#lone.crash()
    else this.#lone.failing = true
  }

  #expire(): void {
    for (const id of this.#lone.working.unused(unusedMs)) {
      this.#lone.run(() => this.#lone.working.expire(id, unusedMs))
    }
  }

  // What clients do

  #init(client: Client, asItself: boolean, lost: boolean): void {
    const { transactionalId, identity } = client
    const expected = asItself ? identity : null
    const reply = this.#answer<ProducerIdentity>('init', ({ producerId, producerEpoch }) => {
      this.#checkIsNow(transactionalId, { producerId, producerEpoch })
      assert.equal(this.#lone.get(transactionalId)?.state, 'Empty', 'nothing is open when a producer begins')
      client.transaction = null
      if (lost) return
      assert.deepEqual(this.#others(client, { producerId, producerEpoch }), [], 'each has its own identity')
      client.identity = { producerId, producerEpoch }
    })
    const request = { transactionalId, timeoutMs, expected }
    this.#lone.run(() => this.#lone.working.initialize(request, this.#spare(transactionalId), reply), reply)
  }

  #add(client: Client, partition: number): void {
    const { transactionalId, identity, version: clientVersion } = client
    if (!identity) return
    const reply = this.#answer<'added'>('add', () => {
      this.#checkIsNow(transactionalId, identity)
      assert.equal(this.#lone.get(transactionalId)?.state, 'Ongoing')
      client.transaction = this.#ledger(transactionalId).count
    })
    const partitions = [{ topic: 'orders', partition }]
    const request = { transactionalId, ...identity, partitions, clientVersion }
    this.#lone.run(() => this.#lone.working.add(request, reply), reply)
  }

  #end(client: Client, committed: boolean, lost: boolean): void {
    const { transactionalId, identity, transaction, version: clientVersion } = client
    if (!identity) return
    const reply = this.#answer<ProducerIdentity>('end', ({ producerId, producerEpoch }) => {
      const outcome = this.#ledger(transactionalId).outcome(transaction ?? -1)
      if (transaction !== null) assert.equal(outcome, committed ? 'committed' : 'aborted', 'as it was told')
      if (lost) return
      client.transaction = null
      if (clientVersion === 2) this.#goesOn(client, { producerId, producerEpoch })
    })
    const request = { transactionalId, ...identity, committed, clientVersion }
    this.#lone.run(() => this.#lone.working.end(request, this.#spare(transactionalId), reply), reply)
  }

  /**
   * Kafka does not ask whether the epoch rose by an end or by another producer of the older version: such a
   * zombie comes back as the other one. It is not followed any further.
   */
  #goesOn(client: Client, identity: ProducerIdentity): void {
    const [other] = this.#others(client, identity)
    if (other) {
      assert.equal(other.version, 0, 'each has its own identity')
      this.#saw('revived zombie')
    }
    client.identity = other ? null : identity
  }

  // What the broker and time do

  #mark(which: number): void {
    const { ending } = this.#lone
    const [marked] = ending.splice(which % Math.max(1, ending.length), 1)
    if (!marked) return
    const { transactionalId, prepared, tried } = marked
    const again = () => this.#lone.ending.push(marked)
    this.#lone.run(() => this.#lone.working.complete(transactionalId, prepared, tried, again))
  }

  #pass(ms: number): void {
    this.#lone.nowMs += ms
    for (const id of this.#lone.working.timedOut()) {
      this.#saw('timeout')
      this.#lone.run(() => this.#lone.working.abortTimedOut(id, this.#spare(id)))
    }
  }

  // What must be true

  #noted(id: string, value: Transaction | null): void {
    this.#ledger(id).note(value)
    if (!value) this.#saw('forgotten')
  }

  #checkIsNow(id: string, { producerId, producerEpoch }: ProducerIdentity): void {
    const now = this.#lone.get(id)
    assert.deepEqual([producerId, producerEpoch], [now?.producerId, now?.producerEpoch])
  }

  /** A partition takes records of a client only in the transaction that this client has open. */
  #checkMembership({ transactionalId, identity, transaction }: Client): void {
    if (!identity || !this.#isInTransaction(transactionalId, identity)) return
    const ledger = this.#ledger(transactionalId)
    assert.equal(transaction, ledger.count, 'records go to a transaction of their own')
    assert.equal(ledger.outcome(ledger.count), undefined)
  }

  #isInTransaction(transactionalId: string, identity: ProducerIdentity): boolean {
    const all = [0, 1, 2, 3].map(partition => ({ topic: 'orders', partition }))
    try {
      return this.#lone.working.verify(transactionalId, identity, all).includes(true)
    } catch (thrown) {
      if (thrown instanceof KafkaError) return false
      throw thrown
    }
  }

  #others(client: Client, { producerId, producerEpoch }: ProducerIdentity): Client[] {
    return this.#clients.filter(
      ({ identity }, i) =>
        this.#clients[i] !== client &&
        identity?.producerId === producerId &&
        identity.producerEpoch === producerEpoch,
    )
  }

  // Details

  #answer<T extends object | string>(what: string, agreed: (answer: T) => void): Reply<T> {
    return answer => {
      if (answer instanceof KafkaError) return this.#saw(`${what}: ${answer.errorName}`)
      this.#saw(what)
      agreed(answer)
    }
  }

  #spare(id: string): bigint | null {
    return mayNeedProducerId(this.#lone.get(id)) ? ++this.#producerIds : null
  }

  #client = (number: number): Client => this.#clients[number % this.#clients.length] as Client
  #ledger = (id: string): Ledger => this.#ledgers.get(id) as Ledger

  #saw(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1)
  }
}

/** The epoch before the last bump is only in memory. */
const durable = (transaction: Transaction | undefined) =>
  transaction && { ...transaction, lastProducerEpoch: -1 }
