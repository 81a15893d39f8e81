import assert from 'node:assert/strict'
import type { Answered, AppendResult, Bounds } from '../../../src/engine/log-engine.js'
import { KafkaError } from '../../../src/wire/errors.js'
import type { StoryBroker } from './broker.js'
import { consume } from './consumer.js'
import { History } from './history.js'
import type { Sent } from './sent.js'
import type { StoryTopic } from './topics.js'

/** A partition with its history, and two readers that follow it, one with read_committed. */
export class StoryPartition {
  readonly history: History
  /** Its topic was deleted: nothing that is answered counts. */
  isGone = false
  /** A power failure may have taken what is not known yet to be gone. */
  #mayHaveLost = false
  #next = 0
  #nextCommitted = 0

  constructor(
    readonly topic: StoryTopic,
    readonly index: number,
  ) {
    this.history = new History(this.folder, topic.settings)
  }

  get folder(): string {
    return `${this.topic.name}-${this.index}`
  }

  get target() {
    return { topicId: this.topic.id, partition: this.index }
  }

  get isCompacted(): boolean {
    return this.topic.settings.cleanupPolicy.compact
  }

  /** Reads on, where the bounds tell that there is something, and checks all that is learned. */
  async observe(broker: StoryBroker, bounds: Answered<Bounds>): Promise<void> {
    await this.#unlessTroubled(broker, async () => {
      if (bounds instanceof KafkaError) throw bounds
      const [start, stable, end] = [bounds.logStartOffset, bounds.lastStableOffset, bounds.highWatermark].map(
        Number,
      )
      this.#next = Math.max(this.#next, Number(start))
      this.#nextCommitted = Math.max(this.#nextCommitted, Number(start))
      if (this.#next < Number(end)) {
        const found = await consume(broker.engine, this.target, this.#next, 'read_uncommitted')
        this.history.read(this.#next, Number(end), found)
        this.#next = found.next
      }
      this.history.bounds(bounds, broker.clock.now())
      if (this.#nextCommitted >= Number(stable)) return
      const committed = await consume(broker.engine, this.target, this.#nextCommitted, 'read_committed')
      this.history.readCommitted(this.#nextCommitted, Number(stable), committed)
      this.#nextCommitted = committed.next
    })
  }

  /** Reads all from the beginning, after a start. */
  async observeAll(broker: StoryBroker, bounds: Answered<Bounds>, hasPowerFailed: boolean): Promise<void> {
    this.history.restarted()
    this.#mayHaveLost ||= hasPowerFailed
    await this.#unlessTroubled(broker, async () => {
      if (bounds instanceof KafkaError) throw bounds
      const start = Number(bounds.logStartOffset)
      if (this.#mayHaveLost) {
        const found = await consume(broker.engine, this.target, start, 'read_uncommitted')
        this.history.powerFailed(start, Number(bounds.highWatermark), found)
        this.#mayHaveLost = false
      }
      this.#next = start
      this.#nextCommitted = start
      await this.observe(broker, bounds)
    })
  }

  /** Checks the result of an append; where the disk works it must be appended. */
  check(broker: StoryBroker, result: AppendResult, batch: Sent | null): void {
    if (this.isGone) return
    if (result.kind === 'appended' || result.kind === 'duplicate') {
      if (batch) this.history.kept(batch, Number(result.baseOffset))
      return
    }
    const { kind } = result
    assert.ok(
      kind === 'unknown' ||
        kind === 'unavailable' ||
        (kind === 'rejected' && result.error === 'KAFKA_STORAGE_ERROR'),
      `${this.folder}: ${JSON.stringify(result)}`,
    )
    assert.ok(
      broker.mayFail(this.folder),
      `${this.folder}: ${JSON.stringify(result)} although its disk works`,
    )
  }

  async #unlessTroubled(broker: StoryBroker, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      if (!(thrown instanceof KafkaError) || !broker.mayFail(this.folder)) throw thrown
      assert.equal(thrown.errorName, 'KAFKA_STORAGE_ERROR', this.folder)
    }
  }
}
