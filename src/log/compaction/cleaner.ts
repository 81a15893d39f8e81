import type { Offset } from '../../engine/log-engine.js'
import type { Background } from '../../telemetry/background.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Clock } from '../../time/clock.js'
import { KafkaError } from '../../wire/errors.js'
import type { Files } from '../files.js'
import type { KeptOffsets } from '../kept-offsets.js'
import type { LogHome, PartitionLog } from '../partition-log.js'
import { isGone } from '../storage-fault.js'
import { dirtyRatio } from './compactable.js'
import { compact } from './compaction.js'

export interface CleanerOptions {
  readonly files: Files
  readonly home: LogHome & { readonly path: string; readonly failure: string | null }
  readonly clock: Clock
  readonly logger: Logger
  readonly background: Background
  readonly config: { number(name: string): number; boolean(name: string): boolean }
  readonly logs: () => Iterable<PartitionLog>
}

const timer = 'log/cleaner'

/**
 * Compacts the partitions of compacted topics, one at a time, the one with the greatest share of new bytes first
 * (Kafka's LogCleaner). `cleaner-offset-checkpoint` keeps the offset up to which each is clean.
 */
export class Cleaner {
  /** The logs that are damaged: they stay as they are until the next start. */
  readonly #uncleanable = new WeakSet<PartitionLog>()
  #stopped = false
  #running: Promise<void> | null = null

  constructor(
    private readonly options: CleanerOptions,
    private readonly cleanUpTo: KeptOffsets,
  ) {
    if (options.config.boolean('log.cleaner.enable')) this.#cleanLater()
  }

  /** Resolves when nothing is being compacted any more. A compaction that was under way leaves the log as it was. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.options.clock.cancel(timer)
    this.options.background.forget(this.#workName)
    await this.#running?.catch(() => {})
  }

  #cleanLater(): void {
    const { background, clock, config } = this.options
    clock.after(config.number('log.cleaner.backoff.ms'), timer, () => {
      background.run(this.#workName, () => {
        this.#running ??= this.#clean().finally(() => {
          this.#running = null
          if (!this.#stopped) this.#cleanLater()
        })
        return this.#running
      })
    })
  }

  get #workName(): string {
    return `The compaction in ${this.options.home.path}`
  }

  async #clean(): Promise<void> {
    const failed = new Set<PartitionLog>()
    for (let log = this.#dirtiest(failed); log && !this.#stopped; log = this.#dirtiest(failed)) {
      try {
        await this.#compact(log)
      } catch (thrown) {
        failed.add(log)
        this.#failed(log, thrown)
      }
    }
  }

  /**
   * A log that was deleted or moved meanwhile need not be compacted. One that cannot be read stays as it is until the
   * next start.
   */
  #failed(log: PartitionLog, thrown: unknown): void {
    if (isGone(thrown) || log.isClosed) return
    const { home, logger } = this.options
    if (thrown instanceof KafkaError) {
      this.#uncleanable.add(log)
      logger.error(`${log.folderName} is not compacted any more until the next start. ${thrown.message}`)
      return
    }
    home.failed(thrown)
    logger.error(`${log.folderName} could not be compacted.`, thrown)
  }

  async #compact(log: PartitionLog): Promise<void> {
    const { clock, config, home, logger } = this.options
    const before = { from: this.#startOf(log), bytes: log.sizeBytes }
    const isStopped = () => this.#stopped || log.isClosed || home.failure !== null
    const keyBytes = config.number('log.cleaner.dedupe.buffer.size')
    const end = await compact(log, before.from, { clock, keyBytes, isStopped })
    if (isStopped() || end === before.from) return
    this.cleanUpTo.set(log.folderName, end)
    this.cleanUpTo.write()
    logger.debug(
      `${log.folderName} is compacted up to ${end}: ${before.bytes} bytes became ${log.sizeBytes}.`,
    )
  }

  /**
   * The log with the greatest share of new bytes that is due. Null where there is none, and once the directory is
   * offline: its logs may not be in memory as they are on the disk.
   */
  #dirtiest(failed: ReadonlySet<PartitionLog>): PartitionLog | null {
    if (this.options.home.failure !== null) return null
    let dirtiest: PartitionLog | null = null
    let greatest = -1
    for (const log of this.options.logs()) {
      if (failed.has(log) || this.#uncleanable.has(log) || !log.settings.cleanupPolicy.compact) continue
      const ratio = dirtyRatio(log, this.#startOf(log), this.options.clock.now())
      if (ratio === null || ratio <= greatest) continue
      dirtiest = log
      greatest = ratio
    }
    return dirtiest
  }

  /**
   * The offset up to which a log is clean. It is 0 where the log ends before the offset in the checkpoint: then the log
   * is a later one, or was cut, and none of it is known to be clean.
   */
  #startOf(log: PartitionLog): Offset {
    const known = this.cleanUpTo.get(log.folderName) ?? 0n
    return known > log.bounds.highWatermark ? 0n : known
  }
}
