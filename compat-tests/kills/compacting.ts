import assert from 'node:assert/strict'
import { buildBatch } from '../../src/records/record-batch.js'
import type { Session } from './session.js'
import { bytesOf, padded, type Random, text, type Work } from './work.js'

const topic = 'compacted'
const keys = 40
const valueBytes = 2048
const keysPerBatch = 12

/** Writes ever greater values for a few keys while the log is compacted: the newest of each key stays. */
export class Compacting implements Work {
  readonly name = 'compaction'
  readonly #acknowledged = new Map<string, number>()
  #next = 0
  #kept = 0

  constructor(private readonly random: Random) {}

  get summary(): string {
    return `${this.#next} values of ${keys} keys, ${this.#kept} kept`
  }

  async prepare(session: Session): Promise<void> {
    await session.create(topic, 1, {
      'cleanup.policy': 'compact',
      'segment.bytes': String(1 << 20),
      'min.cleanable.dirty.ratio': '0.01',
    })
  }

  async step(session: Session): Promise<void> {
    const entries = Array.from({ length: keysPerBatch }, () => {
      const value = this.#next++
      return { key: `key-${Math.floor(this.random() * keys)}`, value }
    })
    const records = entries.map(({ key, value }) => ({
      timestampMs: BigInt(Date.now()),
      key: bytesOf(key),
      value: bytesOf(padded(String(value), valueBytes)),
    }))
    await session.append(topic, 0, await buildBatch({ records, codec: this.#next % 5 }))
    for (const { key, value } of entries) this.#acknowledged.set(key, value)
  }

  async check(session: Session): Promise<void> {
    const found = await session.read(topic, 0, 0n)
    const newest = new Map<string, number>()
    let offset = -1n
    for (const each of found) {
      assert.ok(each.offset > offset, 'offsets fall')
      offset = each.offset
      const value = Number.parseInt(text(each.value), 10)
      assert.ok(
        value > (newest.get(text(each.key)) ?? -1),
        `an older value of ${text(each.key)} follows a newer`,
      )
      newest.set(text(each.key), value)
    }
    for (const [key, value] of this.#acknowledged) {
      assert.ok(
        (newest.get(key) ?? -1) >= value,
        `${key} is at ${newest.get(key)}, but ${value} was acknowledged`,
      )
    }
    this.#kept = found.length
  }
}
