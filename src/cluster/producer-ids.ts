import type { Background } from '../telemetry/background.js'
import type { Clock } from '../time/clock.js'
import { Patience } from '../time/patience.js'
import { KafkaError } from '../wire/errors.js'

export interface ProducerIdsOptions {
  readonly clock: Clock
  readonly background: Background
  /** The time that a caller waits for a block, in milliseconds. */
  readonly timeoutMs: () => number
  /** Keeps the fact that so many ids are taken, and gives the first of them. */
  readonly reserve: (count: bigint) => Promise<bigint>
}

/** The number of producer ids that Kafka's controller hands out at a time (ProducerIdsBlock). */
const blockSize = 1000n
/** The number of ids at which the next block is reserved (RPCProducerIdManager does so when 90 of 100 are used). */
const fewLeft = blockSize / 10n

/**
 * Hands out producer ids from blocks that are reserved in the metadata journal, the next one before the last is used
 * up: so a disk that hangs is not felt at once. Where no id is left and none comes in time, as where a block cannot be
 * kept, the caller has to come again, with Kafka's COORDINATOR_LOAD_IN_PROGRESS.
 */
export class ProducerIds {
  readonly #patience: Patience
  #next = 0n
  #end = 0n
  /** The first id of the block that follows; null where none is reserved. */
  #following: bigint | null = null
  #reserving: Promise<void> | null = null

  constructor(private readonly options: ProducerIdsOptions) {
    this.#patience = new Patience(options.clock)
  }

  async next(): Promise<bigint> {
    const { clock, timeoutMs } = this.options
    const dueMs = clock.now() + timeoutMs()
    while (this.#left === 0n) {
      const leftMs = dueMs - clock.now()
      if (leftMs <= 0) throw comeAgain()
      let failure: unknown = null
      const reserved = this.#reserve().catch(thrown => {
        failure = thrown
      })
      await this.#patience.wait(reserved, leftMs)
      if (failure instanceof KafkaError) throw comeAgain()
      if (failure) throw failure
    }
    const id = this.#take()
    if (this.#left <= fewLeft && this.#following === null && !this.#reserving) {
      this.options.background.run('Reserving producer ids', () => this.#reserve())
    }
    return id
  }

  get #left(): bigint {
    return this.#end - this.#next + (this.#following === null ? 0n : blockSize)
  }

  #take(): bigint {
    if (this.#next === this.#end && this.#following !== null) {
      this.#next = this.#following
      this.#end = this.#next + blockSize
      this.#following = null
    }
    return this.#next++
  }

  /** Reserves a block; all callers that want one wait for the same. */
  #reserve(): Promise<void> {
    if (this.#following !== null) return Promise.resolve()
    this.#reserving ??= this.options
      .reserve(blockSize)
      .then(first => {
        this.#following = first
      })
      .finally(() => {
        this.#reserving = null
      })
    return this.#reserving
  }
}

const comeAgain = () => new KafkaError('COORDINATOR_LOAD_IN_PROGRESS')
