import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildBatch, decodeRecords, splitBatches } from '../../src/records/record-batch.js'
import { createTopics } from '../../src/wire/apis/create-topics.js'
import { deleteTopics } from '../../src/wire/apis/delete-topics.js'
import { fetch } from '../../src/wire/apis/fetch.js'
import { produce } from '../../src/wire/apis/produce.js'
import { record } from '../../test/support/log-world.js'
import { RawClient } from '../../test/support/raw-client.js'

const valueBytes = 64 * 1024
/** Refusals in a row after which the disk counts as full. */
const refusalsOfAFullDisk = 10
const patienceMs = 20_000

/** A producer that remembers its acknowledged records, and a consumer that checks that they are there. */
export class Writing {
  /** Numbers of acknowledged records, by topic. */
  readonly #kept = new Map<string, number[]>()
  #next = 0

  private constructor(private client: RawClient) {}

  static async to(port: number): Promise<Writing> {
    return new Writing(await RawClient.connect(port))
  }

  async reconnect(port: number): Promise<void> {
    this.client.destroy()
    this.client = await RawClient.connect(port)
  }

  async create(name: string, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    const { topics } = await this.client.ask(createTopics, 7, {
      topics: [
        {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 5000,
    })
    assert.equal(topics[0]?.errorCode, 0, topics[0]?.errorMessage ?? '')
  }

  async delete(name: string): Promise<void> {
    const { responses } = await this.client.ask(deleteTopics, 5, { topicNames: [name], timeoutMs: 5000 })
    assert.equal(responses[0]?.errorCode, 0)
    this.#kept.delete(name)
  }

  /** Writes one more record; true where it was acknowledged. */
  async write(topic: string): Promise<boolean> {
    const number = this.#next++
    const value = String(number).padStart(valueBytes, '.')
    const records = await buildBatch({ records: [record(value, Date.now())] })
    const { responses } = await this.client.ask(produce, 9, {
      acks: -1,
      timeoutMs: 5000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
    })
    if (responses[0]?.partitionResponses[0]?.errorCode !== 0) return false
    const kept = this.#kept.get(topic) ?? []
    this.#kept.set(topic, kept)
    kept.push(number)
    return true
  }

  /** Writes until nothing more is taken. */
  async fill(topic: string): Promise<void> {
    for (let refusals = 0; refusals < refusalsOfAFullDisk; )
      refusals = (await this.write(topic)) ? 0 : refusals + 1
  }

  /** Writes until a record is taken, as a producer does that tries again. */
  async goOn(topic: string): Promise<void> {
    const endMs = Date.now() + patienceMs
    while (!(await this.write(topic))) {
      assert.ok(Date.now() < endMs, `nothing was taken within ${patienceMs} ms`)
      await sleep(50)
    }
  }

  /** Checks that every acknowledged record is there, in its order, and that no refused one comes twice. */
  async check(topic: string): Promise<void> {
    const found = await this.#read(topic)
    assert.deepEqual(
      found,
      [...new Set(found)].sort((a, b) => a - b),
    )
    const there = new Set(found)
    assert.deepEqual(
      (this.#kept.get(topic) ?? []).filter(number => !there.has(number)),
      [],
    )
  }

  acknowledged(topic: string): number {
    return this.#kept.get(topic)?.length ?? 0
  }

  async #read(topic: string): Promise<number[]> {
    const numbers: number[] = []
    for (let fetchOffset = 0n; ; ) {
      const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }]
      const { responses } = await this.client.ask(fetch, 12, {
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 1 << 20,
        isolationLevel: 0,
        topics: [{ topic, partitions }],
      })
      const answer = responses[0]?.partitions[0]
      assert.equal(answer?.errorCode, 0)
      const batches = splitBatches(answer?.records as Buffer)
      if (batches.length === 0) return numbers
      for (const batch of batches) {
        for (const each of await decodeRecords(batch)) {
          numbers.push(Number(String(each.value).replaceAll('.', '')))
          fetchOffset += 1n
        }
      }
    }
  }

  close(): void {
    this.client.destroy()
  }
}
