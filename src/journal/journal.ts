import type {
  AppendBatch,
  AppendResult,
  LogEngine,
  TopicPartition,
  TransactionGuard,
} from '../engine/log-engine.js'
import { only } from '../engine/only.js'
import type { Clock } from '../time/clock.js'
import { codecs } from '../wire/compression.js'
import { buildMarkerBatch, readMarkerBatch } from '../wire/end-transaction-marker.js'
import { KafkaError } from '../wire/errors.js'
import type { Record } from '../wire/record.js'
import {
  buildPlainBatch,
  codecOf,
  decodePlainRecords,
  decodeRecords,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
  splitBatches,
} from '../wire/record-batch.js'

/** What a command leaves to be done. Exactly one of `kept` and `failed` is called, before any other command runs. */
export interface Outcome<Fact> {
  readonly facts: readonly Fact[]
  /** Whose transaction the facts are part of: what they say counts when its marker does. */
  readonly within?: TransactionalWriter
  /** Ends a transaction in this partition; then there are no facts. */
  readonly ends?: EndedTransaction
  /** The facts are stored and applied (at once, if there are none). */
  readonly kept?: () => Outcome<Fact> | undefined
  /** The facts were certainly not stored, and not applied either. */
  readonly failed?: (error: KafkaError) => Outcome<Fact> | undefined
}

export interface TransactionalWriter {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly guard: TransactionGuard | null
}

export interface EndedTransaction {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly committed: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
}

/** How a fact lies in a record. */
export interface FactCodec<Fact> {
  encode(fact: Fact): { readonly key: Buffer; readonly value: Buffer | null }
  /** Null for a record that another kind of reader wrote. The buffers are used again afterwards. */
  decode(key: Buffer, value: Buffer | null): Fact | null
}

export interface JournalOptions<Fact> {
  readonly target: TopicPartition
  /** The epoch of the lease under which this journal is written. */
  readonly fence: number
  readonly log: LogEngine
  readonly clock: Clock
  readonly codec: FactCodec<Fact>
  readonly timeoutMs: number
  /** Takes in what is durable, in the order of the log, on replay as after an append. */
  readonly machine: {
    apply(fact: Fact, producerId: bigint | null): void
    ended?(producerId: bigint, committed: boolean): void
  }
  /** Memory and log may differ: this journal is closed, and whoever owns it has to start again by a replay. */
  readonly lost: (cause: unknown) => void
}

interface Waiting<Fact> {
  readonly command: () => Outcome<Fact>
  readonly refused: (reason: unknown) => void
}

const replayBytes = 1 << 20
const batchBytes = 1 << 19

/**
 * One partition of an internal topic as a state machine's memory: commands run one after the other,
 * the facts that they return are appended, then applied. A crash loses no fact that was applied, and
 * `replay` is the same `apply` over the same facts.
 */
export class Journal<Fact> {
  readonly #waiting: Waiting<Fact>[] = []
  #busy = false
  #closed = false
  #appending: Promise<void> = Promise.resolve()

  constructor(private readonly options: JournalOptions<Fact>) {}

  /**
   * Applies all that is in the log, also beyond the high watermark: what is appended there is not lost, only later.
   * To be called once, before the first command.
   */
  async replay(): Promise<void> {
    const { log, target } = this.options
    const { logStartOffset } = await only(log.bounds([target]))
    let offset = logStartOffset
    for (;;) {
      const [result] = await log.read([{ target, offset, maxBytes: replayBytes }], {
        isolation: 'log_end',
        maxBytes: replayBytes,
      })
      if (result?.kind !== 'read') {
        throw new Error(`partition ${target.partition} of a journal cannot be read at offset ${offset}`)
      }
      if (result.batches.length === 0) return
      const found = result.batches.flatMap(splitBatches)
      for (const batch of found) {
        const isPlain = codecOf(batch) === codecs.none
        this.#replay(batch, isPlain ? decodePlainRecords(batch) : await decodeRecords(batch), logStartOffset)
      }
      offset = lastOffset(found.at(-1) as Buffer) + 1n
      log.release([result])
    }
  }

  /** Runs the command now, or when those before it are done. What it throws goes to `refused`. */
  run(command: () => Outcome<Fact>, refused: (reason: unknown) => void): void {
    if (this.#closed) {
      refused(new KafkaError('NOT_COORDINATOR'))
      return
    }
    this.#waiting.push({ command, refused })
    this.#drain()
  }

  /** Refuses what waits. Resolves when nothing is under way any more, so that a replay elsewhere misses nothing. */
  close(): Promise<void> {
    this.#closed = true
    for (const { refused } of this.#waiting.splice(0)) refused(new KafkaError('NOT_COORDINATOR'))
    return this.#appending
  }

  #replay(batch: Buffer, records: readonly Record[], from: bigint): void {
    const { machine } = this.options
    if (isControl(batch)) {
      const marker = readMarkerBatch(batch)
      if (marker) machine.ended?.(producerId(batch), marker.committed)
      return
    }
    const writer = isTransactional(batch) ? producerId(batch) : null
    for (const { offset, key, value } of records) {
      if (offset < from || key === null) continue
      const fact = this.options.codec.decode(key, value)
      if (fact !== null) machine.apply(fact, writer)
    }
  }

  #drain(): void {
    while (!this.#busy) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#busy = true
      this.#perform(next.command, next.refused)
    }
  }

  /** One step of a command, and all that follows from it without waiting. */
  #perform(step: () => Outcome<Fact> | undefined, refused: Waiting<Fact>['refused']): void {
    try {
      let outcome = step()
      while (outcome && outcome.facts.length === 0 && !outcome.ends) outcome = outcome.kept?.()
      if (outcome) {
        this.#appending = this.#keep(outcome, refused)
        return
      }
    } catch (thrown) {
      refused(thrown)
    }
    this.#busy = false
  }

  async #keep(outcome: Outcome<Fact>, refused: Waiting<Fact>['refused']): Promise<void> {
    const failure = await this.#append(outcome)
    if (this.#closed) return refused(failure ?? new KafkaError('NOT_COORDINATOR'))
    this.#perform(() => {
      if (failure) return outcome.failed?.(failure)
      this.#apply(outcome)
      return outcome.kept?.()
    }, refused)
    this.#drain()
  }

  #apply({ facts, within, ends }: Outcome<Fact>): void {
    const { machine } = this.options
    for (const fact of facts) machine.apply(fact, within?.producerId ?? null)
    if (ends) machine.ended?.(ends.producerId, ends.committed)
  }

  async #append(outcome: Outcome<Fact>): Promise<KafkaError | null> {
    const { log, timeoutMs } = this.options
    try {
      const batches = outcome.ends ? [this.#marker(outcome.ends)] : this.#batches(outcome)
      return this.#judge(await log.append(batches, { acks: -1, timeoutMs }))
    } catch (thrown) {
      return this.#lose(thrown)
    }
  }

  #judge(results: readonly AppendResult[]): KafkaError | null {
    if (results.every(({ kind }) => kind === 'appended' || kind === 'duplicate')) return null
    const refused = results.every(({ kind }) => kind === 'rejected' || kind === 'unavailable')
    const [first] = results
    if (!refused || !first) return this.#lose(new Error('an append to a journal has an unknown outcome'))
    return first.kind === 'rejected'
      ? new KafkaError(first.error, first.message)
      : new KafkaError('COORDINATOR_NOT_AVAILABLE')
  }

  #lose(cause: unknown): KafkaError {
    void this.close()
    this.options.lost(cause)
    return new KafkaError('COORDINATOR_NOT_AVAILABLE')
  }

  #marker({ transactionVersion, ...marker }: EndedTransaction): AppendBatch {
    const { target, fence, clock } = this.options
    const bytes = buildMarkerBatch({ ...marker, timestampMs: BigInt(clock.now()) })
    return { target, bytes, fence, transactionVersion }
  }

  /** Most often one batch; more when the facts are many, since a batch may not grow over the topic's limit. */
  #batches({ facts, within }: Outcome<Fact>): AppendBatch[] {
    const { target, fence, clock, codec } = this.options
    const timestampMs = BigInt(clock.now())
    const producer = within && { ...within, transactional: true }
    const batches: Buffer[] = []
    let records = []
    let bytes = 0
    for (const fact of facts) {
      const { key, value } = codec.encode(fact)
      const size = key.length + (value?.length ?? 0)
      if (records.length > 0 && bytes + size > batchBytes) {
        batches.push(buildPlainBatch({ records, ...producer }))
        records = []
        bytes = 0
      }
      records.push({ timestampMs, key, value, headers: [] })
      bytes += size
    }
    if (records.length > 0) batches.push(buildPlainBatch({ records, ...producer }))
    return batches.map(bytes => ({ target, bytes, fence, guard: within?.guard ?? null }))
  }
}
