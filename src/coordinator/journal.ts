import type { AppendBatch, AppendResult, LogEngine, Offset, TopicPartition } from '../engine/log-engine.js'
import type { Inflater } from '../records/inflater.js'
import type { Logger } from '../telemetry/logger.js'
import type { Clock } from '../time/clock.js'
import { Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import {
  type BatchesOptions,
  batchesInTurns,
  batchesOf,
  exceedsOneBatch,
  hasLargeFact,
  sizeOf,
} from './batches.js'
import { Deadlines } from './deadlines.js'
import { Lanes } from './lanes.js'
import type { Command, FactCodec, Outcome } from './outcome.js'
import { replay } from './replay.js'
import { judge, type Verdict } from './verdict.js'

export interface JournalOptions<Fact> {
  readonly target: TopicPartition
  /** The leader epoch of the lease under which this journal is written. */
  readonly fence: number
  readonly log: LogEngine
  readonly clock: Clock
  readonly logger: Logger
  readonly inflater: Inflater
  readonly codec: FactCodec<Fact>
  /** The time that a client waits for a command, in milliseconds. */
  readonly timeoutMs: () => number
  /** The number of clients' commands that may be under way at once. */
  readonly maxCommands: () => number
  /** The number of bytes that a batch may have in this partition. */
  readonly maxBatchBytes: () => number
  /** Takes in what is durable, in the order of the log, on replay as after an append. */
  readonly machine: {
    apply(fact: Fact, producerId: bigint | null): void
    ended?(producerId: bigint, committed: boolean): void
  }
  /**
   * Hears of a batch whose checksum does not hold: a flipped bit is mended, otherwise the batch is left out of the
   * replay.
   */
  readonly damaged?: (offset: Offset, isMended: boolean) => void
  /**
   * Hears that this journal is closed, because memory and log may differ, or (NOT_COORDINATOR) because another node
   * leads the partition by now. The caller has to replace it by one that is replayed.
   */
  readonly lost: (cause: unknown, error: KafkaError) => void
}

interface Task<Fact> {
  readonly subject: string | null
  readonly shares: boolean
  readonly command: Command<Fact>
  /** The outcome that has to be kept before the command goes on; null before it ran. */
  outcome: Outcome<Fact> | null
  batches: readonly AppendBatch[]
  /** True where the outcome is put into bytes, and applied, in turns of its own. */
  isLong: boolean
  /** True once its client was answered because the command took too long. */
  isLate: boolean
}

/** More facts of one command than this are put into bytes and applied in turns of their own. */
const manyFacts = 2000
/** Long outcomes are put into bytes only before they are appended. */
const isUnencoded = ({ isLong, batches }: Pick<Task<unknown>, 'isLong' | 'batches'>): boolean =>
  isLong && batches.length === 0

/**
 * The number of batches in one append. More are appended in the next turn, so that an append does not hold up the event
 * loop.
 */
const mostBatches = 500

/**
 * One partition of an internal topic as a state machine's memory: commands return facts, which are appended, then
 * applied. A crash loses no fact that was applied, and `replay` is the same `apply` over the same facts.
 *
 *     run ──> lane of its subject ──> step ──> gathered ──> append ──> apply, kept
 *
 * Commands about the same subject run one after the other. While an append is under way, the facts of other commands
 * are gathered for the next one (group commit), so that all wait for a slow disk together. A client that waits for
 * too long is answered, while its command goes on: memory and log stay in step.
 */
export class Journal<Fact> {
  readonly #lanes = new Lanes<Task<Fact>>()
  readonly #deadlines: Deadlines<Task<Fact>>
  readonly #ready: Task<Fact>[] = []
  #gathered: Task<Fact>[] = []
  #underWay: Task<Fact>[] = []
  #running = false
  #closed = false
  #appending: Promise<void> | null = null
  /** The offset of the next append; null before the replay. */
  #end: Offset | null = null

  constructor(private readonly options: JournalOptions<Fact>) {
    this.#deadlines = new Deadlines(options.clock, options.timeoutMs, task => this.#late(task))
  }

  /** True once the journal serves no command any more. */
  get isClosed(): boolean {
    return this.#closed
  }

  /** Applies all that was ever kept. It has to be called once, before the first command. */
  async replay(): Promise<void> {
    this.#end = await replay(this.options)
  }

  /** Runs the command now, or when those before it about its subject are done. */
  run(command: Command<Fact>): void {
    const refusal = this.#refusal(command)
    if (refusal) {
      command.refused(refusal)
      return
    }
    const { subject, shares = false } = command
    const task: Task<Fact> = {
      subject,
      shares,
      command,
      outcome: null,
      batches: [],
      isLong: false,
      isLate: false,
    }
    if (!command.patient) this.#deadlines.add(task)
    if (!this.#lanes.enter(task)) return
    this.#ready.push(task)
    this.#go()
  }

  /** The subjects of commands that are under way: what they keep is not applied yet. */
  subjects(): Iterable<string> {
    return this.#lanes.subjects()
  }

  /** Refuses all commands that are under way. Resolves when no append is, so that a replay elsewhere misses nothing. */
  close(error = new KafkaError('NOT_COORDINATOR')): Promise<void> {
    this.#shut(error)
    return this.#appending ?? Promise.resolve()
  }

  #shut(error: KafkaError): void {
    this.#closed = true
    this.#deadlines.clear()
    const unfinished = [...this.#underWay, ...this.#gathered, ...this.#ready, ...this.#lanes.clear()]
    this.#underWay = []
    this.#gathered = []
    this.#ready.length = 0
    for (const task of unfinished) this.#refuse(task, error)
  }

  #refusal({ patient }: Command<Fact>): KafkaError | null {
    if (this.#closed) return new KafkaError('NOT_COORDINATOR')
    const isFull = !patient && this.#deadlines.size >= this.options.maxCommands()
    return isFull ? new KafkaError('COORDINATOR_LOAD_IN_PROGRESS') : null
  }

  /** Runs the commands that may run; their facts are appended, unless an append is under way. */
  #go(): void {
    if (this.#running) return
    this.#running = true
    try {
      for (let task = this.#ready.shift(); task; task = this.#ready.shift()) {
        const { command } = task
        this.#perform(task, () => command.step())
      }
    } finally {
      this.#running = false
    }
    if (this.#appending || this.#gathered.length === 0) return
    this.#appending = this.#appendAll()
  }

  /** Performs one step of a command, and all that follows from it without waiting. */
  #perform(task: Task<Fact>, step: () => Outcome<Fact> | undefined): void {
    try {
      let outcome = step()
      while (outcome && outcome.facts.length === 0 && !outcome.ends) outcome = outcome.kept?.()
      if (outcome && this.#closed) this.#refuse(task, new KafkaError('NOT_COORDINATOR'))
      else if (outcome) {
        this.#gather(task, outcome)
        return
      }
    } catch (thrown) {
      this.#refuse(task, thrown)
    }
    this.#deadlines.delete(task)
    this.#ready.push(...this.#lanes.leave(task))
  }

  #gather(task: Task<Fact>, outcome: Outcome<Fact>): void {
    try {
      task.outcome = outcome
      const { codec, maxBatchBytes } = this.options
      const size = sizeOf(outcome.facts, codec)
      if (exceedsOneBatch(outcome, size, maxBatchBytes)) {
        this.#failTooLarge(task)
        return
      }
      task.batches = []
      task.isLong = outcome.facts.length > manyFacts || hasLargeFact(size)
      if (!task.isLong) task.batches = batchesOf(outcome, this.#batchesOptions)
      if (this.#isTooLarge(task.batches)) this.#failTooLarge(task)
      else this.#gathered.push(task)
    } catch (thrown) {
      this.#failEncoding(task, thrown)
    }
  }

  /** Puts the long outcomes that were gathered into bytes; a short one is as soon as it is there. */
  async #encodeLong(turns: Turns): Promise<void> {
    for (let task = this.#gathered.find(isUnencoded); task; task = this.#gathered.find(isUnencoded)) {
      await turns.next() // the command took its own time
      try {
        task.batches = await batchesInTurns(task.outcome as Outcome<Fact>, this.#batchesOptions, turns)
        if (!this.#isTooLarge(task.batches)) continue
        if (this.#ungather(task)) this.#failTooLarge(task)
      } catch (thrown) {
        if (this.#ungather(task)) this.#failEncoding(task, thrown)
      }
    }
  }

  get #batchesOptions(): BatchesOptions<Fact> {
    const { target, fence, codec, clock } = this.options
    return { target, fence, codec, nowMs: clock.now() }
  }

  /** Takes a task back out; false where the journal was closed meanwhile, which has refused it. */
  #ungather(task: Task<Fact>): boolean {
    const at = this.#gathered.indexOf(task)
    if (at >= 0) this.#gathered.splice(at, 1)
    return at >= 0
  }

  #failTooLarge(task: Task<Fact>): void {
    this.#perform(task, () => task.outcome?.failed?.(new KafkaError('MESSAGE_TOO_LARGE')))
  }

  #failEncoding(task: Task<Fact>, thrown: unknown): void {
    this.#refuse(task, thrown)
    this.#perform(task, () => task.outcome?.failed?.(new KafkaError('UNKNOWN_SERVER_ERROR')))
  }

  /**
   * Tells whether one of several batches is too large: the log must not refuse one of a command and take the others.
   */
  #isTooLarge(batches: readonly AppendBatch[]): boolean {
    return batches.length > 1 && batches.some(({ bytes }) => bytes.length > this.options.maxBatchBytes())
  }

  #refuse(task: Task<Fact>, reason: unknown): void {
    if (!task.isLate) task.command.refused(reason)
    else if (!(reason instanceof KafkaError))
      this.options.logger.error(
        'A command failed after its client was answered; this is a bug of Ottla.',
        reason,
      )
  }

  /**
   * Answers a client that has waited for too long. A command that has not run never will; one that is being kept may
   * still be kept.
   */
  #late(task: Task<Fact>): void {
    // Kafka's coordinators answer so: their log tells them REQUEST_TIMED_OUT, which is nothing for their clients.
    const error = new KafkaError('COORDINATOR_NOT_AVAILABLE')
    this.#refuse(task, error)
    task.isLate = true
    if (task.outcome) task.outcome.late?.(error)
    else this.#ready.push(...this.#lanes.giveUp(task))
    this.#go()
  }

  /** Makes one append after the other, until nothing is gathered. Never rejects. */
  async #appendAll(): Promise<void> {
    let turns: Turns | null = null // most often there is one append
    try {
      while (this.#gathered.length > 0) {
        if (this.#gathered.some(isUnencoded)) {
          turns ??= new Turns()
          await this.#encodeLong(turns)
          this.#go() // after one that was too large others may run
          continue
        }
        this.#underWay = this.#gathered.splice(0, this.#atOnce())
        const isCut = this.#gathered.length > 0
        const results = await this.#append(this.#underWay.flatMap(task => task.batches))
        if (this.#underWay.some(({ isLong }) => isLong)) {
          turns ??= new Turns()
          await turns.next() // to apply them takes as long as to put them into bytes
        }
        this.#settle(results)
        if (this.#gathered.length === 0) break
        turns ??= new Turns()
        const pause = isCut ? turns.next() : turns.pause()
        if (pause) await pause
      }
    } catch (thrown) {
      this.#lose(thrown)
    }
    this.#appending = null
  }

  /** The number of gathered commands that go into one append. */
  #atOnce(): number {
    let batches = 0
    const over = this.#gathered.findIndex((task, i) => {
      batches += task.batches.length
      return i > 0 && batches > mostBatches
    })
    return over < 0 ? this.#gathered.length : over
  }

  async #append(batches: readonly AppendBatch[]): Promise<readonly AppendResult[]> {
    try {
      // The append has no limit in time: clients are answered before it ends, if that takes long.
      return await this.options.log.append(batches, { acks: -1, timeoutMs: Infinity })
    } catch (thrown) {
      this.options.logger.error('An append to a journal failed; this is a bug of Ottla.', thrown)
      return batches.map(() => ({ kind: 'unknown' }))
    }
  }

  /** Applies results in the order of the log. After a doubt no result counts any more: the next replay tells. */
  #settle(results: readonly AppendResult[]): void {
    let at = 0
    for (let task = this.#underWay[0]; task && !this.#closed; task = this.#underWay[0]) {
      const { batches } = task
      const verdict = judge(batches, results.slice(at, at + batches.length), this.#end)
      at += batches.length
      if (verdict.kind === 'doubt') {
        this.#lose(verdict.cause)
        break
      }
      if (verdict.kind === 'failed' && verdict.error.errorName === 'NOT_LEADER_OR_FOLLOWER') {
        this.#lose(verdict.error, new KafkaError('NOT_COORDINATOR'))
        break
      }
      this.#underWay.shift()
      this.#conclude(task, verdict)
    }
    this.#underWay = []
    this.#go()
  }

  #conclude(task: Task<Fact>, verdict: Exclude<Verdict, { kind: 'doubt' }>): void {
    const outcome = task.outcome as Outcome<Fact>
    if (verdict.kind === 'failed') {
      this.#perform(task, () => outcome.failed?.(verdict.error))
      return
    }
    this.#end = verdict.end
    try {
      this.#apply(outcome)
    } catch (thrown) {
      this.#refuse(task, thrown)
      this.#lose(thrown)
      return
    }
    this.#perform(task, () => outcome.kept?.())
  }

  #apply({ facts, within, ends }: Outcome<Fact>): void {
    const { machine } = this.options
    for (const fact of facts) machine.apply(fact, within?.producerId ?? null)
    if (ends) machine.ended?.(ends.producerId, ends.committed)
  }

  #lose(cause: unknown, error = new KafkaError('COORDINATOR_NOT_AVAILABLE')): void {
    this.#shut(error)
    this.options.lost(cause, error)
  }
}
