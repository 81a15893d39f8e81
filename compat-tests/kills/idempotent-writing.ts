import assert from 'node:assert/strict'
import { buildBatch } from '../../src/records/record-batch.js'
import { initProducerId } from '../../src/wire/apis/init-producer-id.js'
import type { Session } from './session.js'
import { bytesOf, type Random, text, type Work } from './work.js'

const topic = 'idempotent'

/** Writes as an idempotent producer: a batch without acknowledgement is sent again, and must not be stored twice. */
export class IdempotentWriting implements Work {
  readonly name = 'idempotent writing'
  #producerId = -1n
  #acknowledged = 0
  #pending: { readonly first: number; readonly bytes: Buffer; readonly count: number } | null = null

  constructor(private readonly random: Random) {}

  get summary(): string {
    return `${this.#acknowledged} records, each once`
  }

  async prepare(session: Session): Promise<void> {
    await session.create(topic, 1)
    const ask = () =>
      session.ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000, producerEpoch: -1 })
    const { producerId } = await session.patiently(ask, ({ errorCode }) => errorCode)
    this.#producerId = producerId
  }

  async step(session: Session): Promise<void> {
    this.#pending ??= await this.#next()
    const { first, bytes, count } = this.#pending
    await session.append(topic, 0, Buffer.from(bytes))
    this.#acknowledged = first + count
    this.#pending = null
  }

  async #next() {
    const first = this.#acknowledged
    const count = 1 + Math.floor(this.random() * 5)
    const records = Array.from({ length: count }, (_, i) => ({
      timestampMs: BigInt(Date.now()),
      key: null,
      value: bytesOf(String(first + i)),
    }))
    const bytes = await buildBatch({
      records,
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: first,
    })
    return { first, bytes, count }
  }

  async check(session: Session): Promise<void> {
    const found = (await session.read(topic, 0, 0n)).map(({ value }) => Number(text(value)))
    assert.deepEqual(
      found,
      found.map((_, i) => i),
      'a record is lost, doubled, or out of order',
    )
    const sent = this.#acknowledged + (this.#pending?.count ?? 0)
    assert.ok(
      found.length === this.#acknowledged || found.length === sent,
      `${found.length} of ${this.#acknowledged}`,
    )
  }
}
