import assert from 'node:assert/strict'
import type { TopicSettings } from '../../../src/config/topic-settings.js'
import type { Bounds } from '../../../src/engine/log-engine.js'
import type { Consumed, Found, FoundBatch } from './consumer.js'
import { keyOf, numberOf, type Sent, type Transaction, valuesOf } from './sent.js'

/**
 * The clients' knowledge of one partition: the batches that they sent, those acknowledged, those they read, and those
 * that may be gone. Each thing that is learned is compared with all that is known.
 */
export class History {
  readonly #sent = new Map<string, Sent>()
  /** The values that are kept or were read, by offset, and the other way round. */
  readonly #at = new Map<number, string>()
  readonly #offsets = new Map<string, number>()
  /** Bytes of the batches that were read, by base offset. */
  readonly #bytes = new Map<number, number>()
  /** Offsets in the midst of the log that a power failure took before a client knew of them. */
  readonly #holes = new Set<number>()
  /** The offset before which records may be gone. */
  #mayStart = 0
  /** The offset up to which clients had records deleted for certain; `#mayBeDeleted` is the one that they asked for. */
  #deleted = 0
  #mayBeDeleted = 0
  /** The offset up to which a power failure can take nothing. */
  durable = 0
  #end = 0
  #latest: Bounds | null = null

  constructor(
    private readonly name: string,
    private readonly settings: TopicSettings,
  ) {}

  get isKept(): boolean {
    return this.settings.flushMessages === 1n
  }

  /** The offset behind the last record that is kept or was read. */
  get end(): number {
    return this.#end
  }

  /** The first transaction of a producer from an offset on of which records are there; null for none. */
  transactionOf(producerId: bigint, from: number): Transaction | null {
    const offsets = [...this.#at.keys()].filter(offset => offset >= from).sort((a, b) => a - b)
    const all = offsets.map(offset => this.#sentAt(offset) as Sent)
    return all.find(each => each.producerId === producerId)?.transaction ?? null
  }

  #sentAt(offset: number): Sent | undefined {
    return this.#sent.get(this.#at.get(offset) ?? '')
  }

  send(batch: Sent): void {
    for (const value of valuesOf(batch)) this.#sent.set(value, batch)
  }

  /** Notes that a client has the acknowledgement of a batch. */
  kept(batch: Sent, base: number): void {
    for (const [i, value] of valuesOf(batch).entries()) this.#is(base + i, value, 'acknowledged')
  }

  /** Notes that a client asked for the deletion of the records before an offset. */
  deleting(before: number): void {
    this.#mayBeDeleted = Math.max(this.#mayBeDeleted, before)
  }

  deleted(before: number): void {
    this.#deleted = Math.max(this.#deleted, before)
  }

  /** Another process: what never goes back may have. */
  restarted(): void {
    this.#latest = null
  }

  /** Notes that a reader learned where the partition begins and ends. */
  bounds(bounds: Bounds, nowMs: number): void {
    const { logStartOffset, lastStableOffset, highWatermark } = bounds
    const [start, stable, end] = [logStartOffset, lastStableOffset, highWatermark].map(Number) as [
      number,
      number,
      number,
    ]
    assert.ok(start <= stable && stable <= end, `${this.name}: ${start} <= ${stable} <= ${end}`)
    const before = this.#latest
    if (before) {
      assert.ok(logStartOffset >= before.logStartOffset, `${this.name}: the start goes back to ${start}`)
      assert.ok(
        lastStableOffset >= before.lastStableOffset,
        `${this.name}: the last stable offset goes back to ${stable}`,
      )
      assert.ok(highWatermark >= before.highWatermark, `${this.name}: the high watermark goes back to ${end}`)
    }
    this.#latest = bounds
    assert.ok(end >= this.end, `${this.name}: ends at ${end}, and ${this.end - 1} is kept`)
    assert.ok(start >= this.#deleted, `${this.name}: starts at ${start}, deleted up to ${this.#deleted}`)
    if (start > this.#mayStart) this.#startsAt(start, nowMs)
    for (const [offset, value] of this.#at) {
      const { transaction } = this.#sent.get(value) as Sent
      if (transaction?.outcome !== null || offset < start) continue
      assert.ok(
        stable <= offset,
        `${this.name}: the last stable offset ${stable} is beyond ${offset}, which is undecided`,
      )
    }
  }

  /** A reader with read_uncommitted found all this from an offset on. */
  read(from: number, end: number, { records, batches, next }: Consumed): void {
    this.#followEachOther(from, batches)
    for (const { base, bytes } of batches) this.#bytes.set(base, bytes)
    for (const { offset, value } of records) this.#is(offset, value, 'read')
    this.#areInOrder(records)
    this.#lacksNothing(from, Math.max(end, next), records, () => true)
    this.#mayStandAt(next, end)
  }

  /** A reader with read_committed found all this from an offset on. */
  readCommitted(from: number, end: number, { records, next }: Consumed): void {
    for (const { offset, value } of records) {
      this.#is(offset, value, 'read')
      const batch = this.#sent.get(value) as Sent
      // What was dropped may be brought back by a power failure without the marker that followed.
      const mayBeRead = isCommitted(batch) || offset < this.#mayStart
      assert.ok(
        mayBeRead,
        `${this.name}: ${offset} was read and is ${batch.transaction?.outcome ?? 'undecided'}`,
      )
    }
    this.#lacksNothing(from, Math.max(end, next), records, isCommitted)
    this.#mayStandAt(next, end)
  }

  /** Compares the log after a power failure; where nothing is synced, the records found are all that is known. */
  powerFailed(start: number, highWatermark: number, { records, batches, next }: Consumed): void {
    const end = Math.max(this.end, this.durable)
    let expected = start
    for (const { base, last } of batches) {
      for (; expected < base; expected++) if (expected >= end || !this.isKept) this.#holes.add(expected)
      expected = last + 1
    }
    for (; expected < highWatermark; expected++)
      if (expected >= end || !this.isKept) this.#holes.add(expected)
    if (this.isKept) return
    const found = new Map(records.map(each => [each.offset, each.value]))
    const mayStart = this.#isTooMuchFrom(start) ? Math.max(start, this.#mayStart) : this.#mayStart
    for (const [offset, value] of this.#at) {
      if (found.get(offset) === value) continue
      const mayBeGone = offset >= this.durable || offset < Math.max(mayStart, this.#mayBeDeleted)
      assert.ok(mayBeGone, `${this.name}: ${offset} was durable and is gone`)
      this.#at.delete(offset)
      this.#offsets.delete(value)
    }
    this.#end = Math.max(-1, ...this.#at.keys()) + 1
    this.#bytes.clear()
    this.#mayStart = start
    if (next === 0) this.#deleted = 0 // the partition itself was not kept
    this.durable = Math.min(this.durable, next)
  }

  get hasHoles(): boolean {
    return this.#holes.size > 0
  }

  #is(offset: number, value: string, how: string): void {
    const batch = this.#sent.get(value)
    assert.ok(batch, `${this.name}: ${value} was ${how} at ${offset} and never sent here`)
    assert.ok(!batch.isRefused, `${this.name}: ${value} was ${how} at ${offset} and had been refused`)
    assert.equal(this.#at.get(offset) ?? value, value, `${this.name}: was ${how} at ${offset}`)
    assert.equal(this.#offsets.get(value) ?? offset, offset, `${this.name}: where ${value} was ${how}`)
    this.#at.set(offset, value)
    this.#offsets.set(value, offset)
    this.#end = Math.max(this.#end, offset + 1)
  }

  /** Checks that a client deleted the records before the start, or that retention did. */
  #startsAt(start: number, nowMs: number): void {
    const { retentionMs } = this.settings
    const isTooMuch = this.#isTooMuchFrom(start)
    for (let offset = Math.max(this.#mayStart, this.#mayBeDeleted); offset < start && !isTooMuch; offset++) {
      const batch = this.#sentAt(offset)
      if (!batch) continue
      const ageMs = BigInt(nowMs - batch.timestampMs)
      const isTooOld = retentionMs >= 0n && ageMs > retentionMs
      assert.ok(isTooOld, `${this.name}: starts at ${start}, and ${offset}, ${ageMs} ms old, was to be kept`)
    }
    this.#mayStart = start
  }

  /** True where as many bytes follow an offset as retention.bytes asks for, so that records before it may go. */
  #isTooMuchFrom(start: number): boolean {
    const { retentionBytes } = this.settings
    let bytes = 0n
    for (const [base, length] of this.#bytes) if (base >= start) bytes += BigInt(length)
    return retentionBytes >= 0n && bytes >= retentionBytes
  }

  /** Checks that a reader got to the end, or that nothing follows that it could read. */
  #mayStandAt(next: number, end: number): void {
    if (this.settings.cleanupPolicy.compact) return
    for (let offset = Math.max(next, this.#mayStart); offset < end; offset++) {
      assert.ok(this.#holes.has(offset), `${this.name}: the reader stands still at ${next} of ${end}`)
    }
  }

  /** No offset between batches is skipped but what compaction or the power took. */
  #followEachOther(from: number, batches: readonly FoundBatch[]): void {
    if (this.settings.cleanupPolicy.compact) return
    let next = from
    for (const { base, last } of batches) {
      for (; next < base; next++) {
        assert.ok(
          next < this.#mayStart || this.#holes.has(next),
          `${this.name}: ${next} is skipped, ${base} follows`,
        )
      }
      next = last + 1
    }
  }

  /** Each producer's records are read in the order in which it sent them. */
  #areInOrder(records: readonly Found[]): void {
    const latest = new Map<bigint, number>()
    for (const { value } of records) {
      const { producerId } = this.#sent.get(value) as Sent
      const number = numberOf(value)
      assert.ok(number > (latest.get(producerId) ?? -1), `${this.name}: ${number} is out of order`)
      latest.set(producerId, number)
    }
  }

  #lacksNothing(
    from: number,
    end: number,
    records: readonly Found[],
    isWanted: (batch: Sent) => boolean,
  ): void {
    const found = new Set(records.map(({ offset }) => offset))
    for (const [offset, value] of this.#at) {
      if (offset < Math.max(from, this.#mayStart) || offset >= end || found.has(offset)) continue
      const batch = this.#sent.get(value) as Sent
      if (!isWanted(batch) || this.#mayBeCompacted(offset, value, batch)) continue
      assert.fail(`${this.name}: ${value} at ${offset} is known, and was not read`)
    }
  }

  #mayBeCompacted(offset: number, value: string, { transaction }: Sent): boolean {
    if (!this.settings.cleanupPolicy.compact) return false
    if (transaction?.outcome === 'aborted') return true
    for (const [later, other] of this.#at) {
      if (later > offset && keyOf(other) === keyOf(value) && isCommitted(this.#sent.get(other) as Sent))
        return true
    }
    return false
  }
}

const isCommitted = ({ transaction }: Sent): boolean =>
  transaction === null || transaction.outcome === 'committed'
