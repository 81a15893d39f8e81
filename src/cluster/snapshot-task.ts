import type { BrokerConfig } from '../config/broker-config.js'
import type { Offset } from '../engine/log-engine.js'
import * as names from '../log/file-names.js'
import type { Files } from '../log/files.js'
import * as batch from '../records/record-batch.js'
import type { Background } from '../telemetry/background.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Turns } from '../time/turns.js'
import { journalBatches } from './journal-files.js'
import { KeptRecords } from './kept-records.js'
import { MetadataReplay } from './metadata-replay.js'
import { keptControls, typeOfControl } from './quorum-records.js'
import {
  lastTimestampMs,
  newestSnapshot,
  type SnapshotId,
  snapshotPath,
  snapshotsIn,
  writeSnapshot,
} from './snapshot-file.js'

const workName = 'The snapshot of the metadata journal'
const timer = 'metadata/snapshot'
/** The longest turn of the work, so short that no client who is served meanwhile notices. */
const turnMs = 2

/** The work was told to stop. */
class Stopped extends Error {}

export interface SnapshotSurroundings {
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly background: Background
}

/** The journal of which the task writes snapshots. */
export interface Snapshotted {
  readonly files: Files
  readonly folder: string
  /** The end of the journal now, and its epoch. */
  end(): SnapshotId
  /** Drops the segments that lie wholly before an offset. */
  dropBefore(offset: Offset): Promise<unknown>
}

/**
 * Writes snapshots of the metadata journal beside everything else (KIP-630), by Kafka's rules: once so many bytes have
 * come since the last one, or some bytes and so much time has passed. It reads the content of a snapshot from the
 * files, from the snapshot before on. So nothing of it need be kept in memory, and records count that only Kafka
 * understands.
 */
export class SnapshotTask {
  #bytes = 0
  #isArmed = false
  #running: Promise<void> | null = null
  #stopped = false

  constructor(
    private readonly surroundings: SnapshotSurroundings,
    private readonly journal: Snapshotted,
  ) {}

  /** Counts bytes that have come to the journal. */
  grown(bytes: number): void {
    const { config } = this.surroundings
    this.#bytes += bytes
    if (this.#bytes >= config.number('metadata.log.max.record.bytes.between.snapshots')) this.write()
    else this.#arm(config.number('metadata.log.max.snapshot.interval.ms'))
  }

  /** Begins to write a snapshot, unless one is being written. */
  write(): void {
    if (this.#stopped || this.#running) return
    this.surroundings.clock.cancel(timer)
    this.#isArmed = false
    this.#bytes = 0
    this.surroundings.background.run(workName, () => {
      this.#running ??= this.#write().finally(() => {
        this.#running = null
      })
      return this.#running
    })
  }

  /** Resolves when nothing of it runs any more; a snapshot that was begun is left, and the next one removes it. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.surroundings.clock.cancel(timer)
    await this.#running?.catch(() => {})
  }

  /** Sets the timer of the next snapshot. Time counts from the first change since the last one; 0 stands for never. */
  #arm(intervalMs: number): void {
    if (this.#isArmed || intervalMs === 0 || this.#stopped) return
    this.#isArmed = true
    this.surroundings.clock.after(intervalMs, timer, () => this.write())
  }

  async #write(): Promise<void> {
    try {
      if (this.#stopped) return
      const turns = new Turns(turnMs)
      const rest = async () => {
        if (this.#stopped) throw new Stopped()
        await turns.pause()
      }
      await this.#writeInTurns(turns, rest)
      await this.#clean()
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) throw thrown
    }
  }

  async #writeInTurns(turns: Turns, rest: () => Promise<void>): Promise<void> {
    const { files, folder } = this.journal
    const id = this.journal.end()
    const kept = new KeptRecords()
    const quorum = new Map<number, Buffer>()
    let latestMs = -1n
    const takeAll = async (replay: MetadataReplay, each: Buffer, from: Offset) => {
      for (const record of replay.records(each, from)) {
        kept.take(record)
        if (turns.isOver) await rest()
      }
      if (batch.isControl(each)) takeControls(each, quorum)
    }
    const before = newestSnapshot(files, folder, () => {})
    if (before?.endOffset === id.endOffset) return
    const from = before?.endOffset ?? 0n
    for (const each of before?.batches ?? []) await takeAll(new MetadataReplay(before?.path ?? ''), each, 0n)
    const replay = new MetadataReplay(folder)
    for (const each of journalBatches(files, folder, from)) {
      if (batch.baseOffset(each) >= id.endOffset) break
      await takeAll(replay, each, from)
      latestMs = batch.maxTimestamp(each)
      await rest()
    }
    await writeSnapshot(
      files,
      folder,
      { ...id, lastTimestampMs: latestMs, quorum, values: kept.values() },
      rest,
    )
    this.surroundings.logger.debug(
      `The metadata journal has a snapshot of all before offset ${id.endOffset}.`,
    )
  }

  /** Drops the oldest snapshots, and the journal before the next one, while they take too much space or are too old. */
  async #clean(): Promise<void> {
    const { files, folder } = this.journal
    for (;;) {
      const [oldest, next] = snapshotsIn(files, folder)
      if (!oldest || !next || !this.#mustGo(oldest)) return
      await this.journal.dropBefore(next.endOffset)
      files.remove(snapshotPath(folder, oldest))
    }
  }

  #mustGo(oldest: SnapshotId): boolean {
    const { config, clock } = this.surroundings
    const { files, folder } = this.journal
    const mostBytes = config.number('metadata.max.retention.bytes')
    const kept = files.list(folder).filter(name => name.endsWith('.checkpoint') || isSegment(name))
    const bytes = kept.reduce((sum, name) => sum + files.size(`${folder}/${name}`), 0)
    if (mostBytes >= 0 && bytes > mostBytes) return true
    const mostMs = config.number('metadata.max.retention.ms')
    if (mostMs < 0) return false
    const [header] = batch.batches(files.readFile(snapshotPath(folder, oldest)))
    return header !== undefined && BigInt(clock.now()) - lastTimestampMs(header) > BigInt(mostMs)
  }
}

const isSegment = (name: string): boolean => names.baseOffsetOf(name, 'log') !== null

/** Takes the control records of a batch; the last one of a type counts. */
function takeControls(each: Buffer, quorum: Map<number, Buffer>): void {
  for (const { key, value } of batch.decodePlainRecords(each)) {
    const type = typeOfControl(key)
    if (type !== null && value !== null && keptControls.has(type)) quorum.set(type, Buffer.from(value))
  }
}
