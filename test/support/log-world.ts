import assert from 'node:assert/strict'
import type { TopicSettings } from '../../src/config/topic-settings.js'
import type {
  ActiveProducer,
  AppendBatch,
  AppendResult,
  Bounds,
  EpochEnd,
  LogEngine,
  Offset,
  ProducerOfBatch,
  TimestampedOffset,
  TopicPartition,
  TransactionGuard,
} from '../../src/engine/log-engine.js'
import { only } from '../../src/engine/only.js'
import { FileLogEngine } from '../../src/log/file-log-engine.js'
import type { Files } from '../../src/log/files.js'
import type { Inflater } from '../../src/records/inflater.js'
import type { Record } from '../../src/records/record.js'
import {
  type BatchDraft,
  buildBatch,
  decodeRecords,
  lastOffset,
  splitBatches,
} from '../../src/records/record-batch.js'
import { Background } from '../../src/telemetry/background.js'
import { inflater } from './inflater.js'
import { ManualClock } from './manual-clock.js'

export const defaults: TopicSettings = {
  cleanupPolicy: { compact: false, delete: true },
  deleteRetentionMs: 86_400_000n,
  fileDeleteDelayMs: 60_000,
  flushMessages: 2n ** 63n - 1n,
  flushMs: 2n ** 63n - 1n,
  indexIntervalBytes: 4096,
  maxCompactionLagMs: 2n ** 63n - 1n,
  maxMessageBytes: 1_048_588,
  messageTimestampAfterMaxMs: 3_600_000n,
  messageTimestampBeforeMaxMs: 2n ** 63n - 1n,
  messageTimestampType: 'CreateTime',
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0n,
  minInsyncReplicas: 1,
  preallocate: false,
  retentionBytes: -1n,
  retentionMs: -1n,
  segmentBytes: 1 << 30,
  segmentIndexBytes: 10 << 20,
  segmentJitterMs: 0n,
  segmentMs: 2n ** 62n,
}

const settings: Numbers = {
  'log.retention.check.interval.ms': 300_000,
  'log.flush.offset.checkpoint.interval.ms': 60_000,
  'producer.id.expiration.ms': 86_400_000,
  'log.cleaner.backoff.ms': 15_000,
  'ottla.stop.patience.ms': 60_000,
  'log.cleaner.dedupe.buffer.size': 1 << 20,
}
interface Numbers {
  readonly [name: string]: number
}

interface Given {
  readonly files: Files
  readonly directory?: string
  readonly moreDirectories?: readonly string[]
  readonly topic?: Partial<TopicSettings>
  /** The number of partitions of the topic, 8 by default. */
  readonly partitions?: number
  readonly clock?: ManualClock
  /** The random number that is always drawn, 0 by default. */
  readonly random?: number
  readonly config?: Numbers
  /** Puts another engine around the one over the files. */
  readonly wrap?: (engine: LogEngine) => LogEngine
  readonly inflater?: Inflater
  /** True where transactions may begin without their coordinator's word. */
  readonly unverified?: boolean
}

/** A log engine with one topic of eight partitions, a clock that stands still, and what it said. */
export class LogWorld {
  static readonly topicId = 'AAAAAAAAAAAAAAAAAAAACQ'
  readonly said: string[] = []
  readonly clock: ManualClock
  readonly directory: string
  topic: TopicSettings
  leaderEpoch = 0
  exists = true
  engine!: LogEngine

  private constructor(readonly given: Given) {
    this.clock = given.clock ?? new ManualClock()
    this.directory = given.directory ?? '/data'
    this.topic = { ...defaults, ...given.topic }
  }

  static async open(given: Given): Promise<LogWorld> {
    const world = new LogWorld(given)
    const say = (message: string) => void world.said.push(message)
    const logger = { debug() {}, info: say, warn: say, error: say }
    const engine = await FileLogEngine.open({
      files: given.files,
      directories: [world.directory, ...(given.moreDirectories ?? [])],
      clock: world.clock,
      logger,
      background: new Background({ clock: world.clock, logger }),
      topics: {
        topicById: id => world.#topicById(id),
        idOf: name => (name === 'letters' && world.exists ? LogWorld.topicId : undefined),
      },
      inflater: given.inflater ?? inflater(),
      random: () => given.random ?? 0,
      config: {
        number: name => given.config?.[name] ?? (settings[name] as number),
        boolean: name => !(given.unverified && name === 'transaction.partition.verification.enable'),
      },
    })
    world.engine = given.wrap?.(engine) ?? engine
    return world
  }

  /** Another process on the same files. */
  async reopened(changes: Partial<Given> = {}): Promise<LogWorld> {
    return LogWorld.open({ ...this.given, topic: this.topic, clock: this.clock, ...changes })
  }

  target(partition = 0): TopicPartition {
    return { topicId: LogWorld.topicId, partition }
  }

  folder(partition = 0): string {
    return `${this.directory}/letters-${partition}`
  }

  /** Appends one batch. */
  async append(draft: BatchDraft & { readonly codec?: number }, partition = 0): Promise<AppendResult> {
    return this.appendBytes(await buildBatch(draft), partition)
  }

  /** Appends a batch as it is; `fields` are further ones of it. */
  async appendBytes(bytes: Buffer, partition = 0, fields: Partial<AppendBatch> = {}): Promise<AppendResult> {
    const batch = { target: this.target(partition), bytes, fence: this.leaderEpoch, ...fields }
    const [result] = await this.engine.append([batch], { acks: -1, timeoutMs: Infinity })
    return result as AppendResult
  }

  bounds(partition = 0): Promise<Bounds> {
    return only(this.engine.bounds([this.target(partition)]))
  }

  deleteRecords(offset: Offset, partition = 0): Promise<Offset> {
    return only(this.engine.deleteRecords([{ target: this.target(partition), offset }]))
  }

  offsetForTime(timestampMs: bigint | 'greatest', partition = 0): Promise<TimestampedOffset | null> {
    return only(this.engine.offsetsFor([{ target: this.target(partition), timestampMs }]))
  }

  epochEnd(leaderEpoch: number, partition = 0): Promise<EpochEnd | null> {
    return only(this.engine.epochEnds([{ target: this.target(partition), leaderEpoch }]))
  }

  epochAt(offset: Offset, partition = 0): Promise<number> {
    return only(this.engine.epochsAt([{ target: this.target(partition), offset }]))
  }

  producers(partition = 0): Promise<readonly ActiveProducer[]> {
    return only(this.engine.producers([this.target(partition)]))
  }

  guard(producer: ProducerOfBatch, partition = 0): Promise<TransactionGuard | null> {
    return only(this.engine.guards([{ target: this.target(partition), producer }]))
  }

  async move(path: string, partition = 0): Promise<void> {
    await only(this.engine.move([{ target: this.target(partition), path }]))
  }

  deleteTopic(): Promise<void> {
    const { topicId: id } = LogWorld
    return this.engine.deleteTopic({
      id,
      name: 'letters',
      partitionCount: this.given.partitions ?? 8,
      settings: this.topic,
    })
  }

  /** Appends a batch of records with these values, and gives its base offset. */
  async write(values: readonly string[], partition = 0, timestampMs = this.clock.now()): Promise<bigint> {
    const result = await this.append({ records: values.map(value => record(value, timestampMs)) }, partition)
    assert.equal(
      result.kind,
      'appended',
      JSON.stringify(result, (_, v) => (typeof v === 'bigint' ? `${v}` : v)),
    )
    return (result as { baseOffset: bigint }).baseOffset
  }

  /** All records from an offset on, read as a consumer would. */
  async read(from?: bigint, partition = 0, maxBytes = 1000): Promise<Record[]> {
    const target = this.target(partition)
    const records: Record[] = []
    let offset = from ?? (await this.bounds(partition)).logStartOffset
    for (;;) {
      const [result] = await this.engine.read([{ target, offset, maxBytes }], {
        isolation: 'read_uncommitted',
        maxBytes,
      })
      assert.ok(result)
      if (result.kind === 'failed') throw new Error(result.error)
      if (result.bytes === 0) return records
      const batches = result.batches.flatMap(splitBatches)
      for (const batch of batches) {
        records.push(...(await decodeRecords(batch)).filter(each => each.offset >= offset))
      }
      const next = lastOffset(batches.at(-1) as Buffer) + 1n
      assert.ok(next > offset, `reading at ${offset} did not get on`)
      offset = next
    }
  }

  async values(from?: bigint, partition = 0): Promise<string[]> {
    return (await this.read(from, partition)).map(each => (each.value as Buffer).toString())
  }

  #topicById(id: string) {
    if (id !== LogWorld.topicId || !this.exists) return undefined
    const { partitions: partitionCount = 8 } = this.given
    return { name: 'letters', partitionCount, leaderEpoch: () => this.leaderEpoch, settings: this.topic }
  }
}

export const record = (value: string, timestampMs: number | bigint = 1000, key: string | null = null) => ({
  timestampMs: BigInt(timestampMs),
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: [],
})
