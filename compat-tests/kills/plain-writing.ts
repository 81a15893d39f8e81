import assert from 'node:assert/strict'
import { buildBatch } from '../../src/records/record-batch.js'
import type { Session } from './session.js'
import { bytesOf, padded, type Random, text, type Work } from './work.js'

const topic = 'plain'
const partitions = 2
/** Large enough that segments are rolled and removed all the time. */
const valueBytes = 4096
const codecs = [0, 1, 2, 3, 4]

/** Writes batches without idempotence, while segments are rolled and old ones removed. */
export class PlainWriting implements Work {
  readonly name = 'plain writing, rolls and retention'
  readonly #acknowledged = Array.from({ length: partitions }, () => new Map<bigint, string>())
  readonly #starts = Array.from({ length: partitions }, () => 0n)
  #batches = 0

  constructor(private readonly random: Random) {}

  get summary(): string {
    return `${this.#batches} batches, starts at ${this.#starts.join(' and ')}`
  }

  async prepare(session: Session): Promise<void> {
    const configs = { 'segment.bytes': String(1 << 20), 'retention.bytes': String(3 << 20) }
    await session.create(topic, partitions, configs)
  }

  async step(session: Session): Promise<void> {
    const batch = this.#batches++
    const count = 1 + Math.floor(this.random() * 20)
    const values = Array.from({ length: count }, (_, i) => padded(`${batch} ${i} of ${count}`, valueBytes))
    const records = values.map(value => ({
      timestampMs: BigInt(Date.now()),
      key: null,
      value: bytesOf(value),
    }))
    const codec = codecs[batch % codecs.length] as number
    const partition = batch % partitions
    const base = await session.append(topic, partition, await buildBatch({ records, codec }))
    for (const [i, value] of values.entries()) this.#acknowledged[partition]?.set(base + BigInt(i), value)
  }

  async check(session: Session): Promise<void> {
    for (let partition = 0; partition < partitions; partition++) {
      const { start, found } = await readWhole(session, partition)
      assert.ok(
        start >= (this.#starts[partition] as bigint),
        `${topic}-${partition} begins earlier than before`,
      )
      this.#starts[partition] = start
      this.#compare(partition, start, found)
    }
  }

  #compare(
    partition: number,
    start: bigint,
    found: readonly { offset: bigint; value: Buffer | null }[],
  ): void {
    const acknowledged = this.#acknowledged[partition] as Map<bigint, string>
    for (const offset of acknowledged.keys()) if (offset < start) acknowledged.delete(offset)
    const values = new Map<bigint, string>()
    const seen = new Set<string>()
    let expected = start
    for (const { offset, value } of found) {
      assert.equal(offset, expected, `${topic}-${partition} has a gap`)
      expected = offset + 1n
      values.set(offset, text(value))
      assert.ok(!seen.has(text(value)), `${text(value).slice(0, 20)} is stored twice`)
      seen.add(text(value))
    }
    for (const [offset, value] of acknowledged) {
      assert.equal(values.get(offset), value, `${topic}-${partition} at ${offset}`)
    }
    assertWhole([...values.values()])
  }
}

/** Reads a partition from the beginning, and once more when retention takes the beginning away meanwhile. */
async function readWhole(session: Session, partition: number) {
  for (;;) {
    const start = await session.start(topic, partition)
    try {
      return { start, found: await session.read(topic, partition, start) }
    } catch (thrown) {
      if (!/OFFSET_OUT_OF_RANGE/.test((thrown as Error).message)) throw thrown
      if ((await session.start(topic, partition)) === start) throw thrown
    }
  }
}

/** Fails unless all records of a batch are there, or none: but retention may have cut the first batch. */
function assertWhole(values: readonly string[]): void {
  for (let i = 0; i < values.length; ) {
    const [batch, at, , count] = (values[i] as string).split(' ')
    const rest = Number(count) - Number(at)
    const last = values[i + rest - 1]
    assert.ok(last?.startsWith(`${batch} ${Number(count) - 1} of`), `batch ${batch} is torn`)
    i += rest
  }
}
