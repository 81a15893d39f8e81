import type {
  Answered,
  AppendBatch,
  AppendResult,
  Bounds,
  LogEngine,
  ReadRequest,
  ReadResult,
  TopicPartition,
} from '../../src/engine/log-engine.js'
import { lastOffset, recordCount, stampOffset } from '../../src/records/record-batch.js'
import { KafkaError } from '../../src/wire/errors.js'

const none = Buffer.alloc(0)
const noError = { logAppendTimeMs: -1n, logStartOffset: 0n } as const

/** The part of a log engine that a journal uses, in memory; it fails or hesitates when a test says so. */
export class JournalLog {
  readonly #logs = new Map<string, Buffer[]>()
  /** The results of the next appends, in their order. */
  readonly failures: (AppendResult | Error)[] = []
  /** The result of batches that hold one of these words, whenever they are appended. */
  readonly #failing = new Map<string, AppendResult>()
  /** Numbers of partitions that cannot be read. */
  readonly unreadable = new Set<number>()
  /** The fences of all batches that were appended. */
  readonly fences: number[] = []
  /** The number of offsets at the end of each log that were compacted away. */
  compacted = 0n
  appends = 0
  reads = 0
  #held: (() => void)[] | null = null

  get engine(): LogEngine {
    return this as unknown as LogEngine
  }

  /** Appends wait until `release`. */
  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const go of held) go()
  }

  failOnly(word: string, result: AppendResult): void {
    this.#failing.set(word, result)
  }

  async append(batches: readonly AppendBatch[]): Promise<AppendResult[]> {
    this.appends++
    const held = this.#held
    if (held) await new Promise<void>(go => held.push(go))
    const failure = this.failures.shift()
    if (failure instanceof Error) throw failure
    if (failure) return batches.map(() => failure)
    return batches.map(({ target, bytes, fence }) => {
      this.fences.push(fence)
      const [, failing] = [...this.#failing].find(([word]) => bytes.includes(word)) ?? []
      if (failing) return failing
      const log = this.#logOf(target)
      const baseOffset = this.#end(log)
      const stored = Buffer.from(bytes)
      stampOffset(stored, baseOffset, 0)
      log.push(stored)
      return { kind: 'appended', baseOffset, ...noError }
    })
  }

  async read(requests: readonly ReadRequest[]): Promise<ReadResult[]> {
    return requests.map(({ target, offset }) => {
      this.reads++
      if (this.unreadable.has(target.partition)) return { kind: 'failed', error: 'KAFKA_STORAGE_ERROR' }
      const [first = none, ...next] = this.#logOf(target).filter(batch => lastOffset(batch) >= offset)
      const batches = [first, Buffer.concat(next.slice(0, 2))].filter(({ length }) => length > 0)
      const bytes = batches.reduce((sum, batch) => sum + batch.length, 0)
      return { kind: 'read', batches, bytes, abortedTransactions: null, ...this.#bounds(target) }
    })
  }

  async bounds(targets: readonly TopicPartition[]): Promise<Answered<Bounds>[]> {
    return targets.map(target =>
      this.unreadable.has(target.partition) ? new KafkaError('KAFKA_STORAGE_ERROR') : this.#bounds(target),
    )
  }

  #bounds(target: TopicPartition): Bounds {
    const end = this.#end(this.#logOf(target))
    return { logStartOffset: 0n, highWatermark: end, lastStableOffset: end }
  }

  records(target: TopicPartition): number {
    return this.#logOf(target).reduce((sum, batch) => sum + recordCount(batch), 0)
  }

  #end(log: readonly Buffer[]): bigint {
    const last = log.at(-1)
    return last ? lastOffset(last) + 1n + this.compacted : 0n
  }

  #logOf({ topicId, partition }: TopicPartition): Buffer[] {
    const key = `${topicId}/${partition}`
    const log = this.#logs.get(key) ?? []
    this.#logs.set(key, log)
    return log
  }
}
