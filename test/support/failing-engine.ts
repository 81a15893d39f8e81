import type {
  Answered,
  AppendBatch,
  AppendOptions,
  AppendResult,
  DeletedTopic,
  EpochQuery,
  GuardRequest,
  Isolation,
  LogEngine,
  Move,
  OffsetOf,
  OffsetQuery,
  Readable,
  ReadOptions,
  ReadRequest,
  ReadResult,
  TopicPartition,
} from '../../src/engine/log-engine.js'
import type { Clock } from '../../src/time/clock.js'
import { type ErrorName, KafkaError } from '../../src/wire/errors.js'

export const methods = [
  'append',
  'guards',
  'read',
  'readable',
  'release',
  'watch',
  'bounds',
  'offsetsFor',
  'epochEnds',
  'epochsAt',
  'deleteRecords',
  'producers',
  'describe',
  'checkLogDirs',
  'move',
  'deleteTopic',
  'openRest',
  'close',
] as const
export type Method = (typeof methods)[number]

export type Failure =
  /** The call throws before it returns a promise, which an engine never does on purpose. */
  | { readonly kind: 'throws'; readonly error?: Error }
  /** The promise is rejected. */
  | { readonly kind: 'rejects'; readonly error?: Error }
  /** Every target is answered with this error; a call that has no targets is rejected with it. */
  | { readonly kind: 'answers'; readonly error: ErrorName }
  /** Nothing is appended. A call other than `append` cannot be so. */
  | { readonly kind: 'unavailable' }
  /** Everything is appended or nothing, and the caller is not told which. A call other than `append` cannot be so. */
  | { readonly kind: 'unknown'; readonly isAppended: boolean }
  /** The call waits for `letGo`, and then goes its way. An append is `unknown` at the end of its time. */
  | { readonly kind: 'hangs' }

export interface FailingEngineOptions {
  /** Selects the calls that are counted, by their partitions. */
  readonly concerns?: (target: TopicPartition) => boolean
  /** The clock by which an append that hangs times out; without one it hangs for ever. */
  readonly clock?: Clock
}

/**
 * An engine that does what the one within does, but for the calls that a test has fail. Calls are counted from 1 on, by
 * method and all together, so that a test can have each of them fail in turn:
 *
 *     for (let nth = 1; nth <= calls; nth++) engine.fail('append', nth, { kind: 'unknown', isAppended: true })
 */
export class FailingEngine implements LogEngine {
  readonly #calls = new Map<Method | 'any', number>()
  readonly #failures = new Map<string, (method: Method) => Failure | undefined>()
  #held: (() => void)[] = []

  constructor(
    private readonly within: LogEngine,
    private readonly options: FailingEngineOptions = {},
  ) {}

  /** The number of calls of a method, or of all that return a promise. */
  calls(method: Method | 'any'): number {
    return this.#calls.get(method) ?? 0
  }

  /** Has the nth call fail, counted from the beginning (`calls(method) + 1` is the next one). */
  fail(method: Method | 'any', nth: number, failure: Failure | ((method: Method) => Failure)): void {
    this.#failures.set(`${method}/${nth}`, typeof failure === 'function' ? failure : () => failure)
  }

  failNext(method: Method | 'any', failure: Failure): void {
    this.fail(method, this.calls(method) + 1, failure)
  }

  /** Lets the calls that hang go on. */
  letGo(): void {
    for (const go of this.#held.splice(0)) go()
  }

  append(batches: readonly AppendBatch[], options: AppendOptions): Promise<AppendResult[]> {
    return this.#ask(
      'append',
      batches.map(({ target }) => target),
      {
        ask: () => this.within.append(batches, options),
        answers: error =>
          batches.map(() => ({ kind: 'rejected', error: error.errorName, message: error.message })),
        unavailable: async () => batches.map(() => ({ kind: 'unavailable' })),
        unknown: async () => batches.map(() => ({ kind: 'unknown' })),
        timeoutMs: options.timeoutMs,
      },
    )
  }

  guards(requests: readonly GuardRequest[]) {
    return this.#each('guards', requests, () => this.within.guards(requests))
  }

  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<ReadResult[]> {
    return this.#ask('read', targetsOf(requests), {
      ask: () => this.within.read(requests, options),
      answers: ({ errorName: error }) => requests.map(() => ({ kind: 'failed', error })),
    })
  }

  readable(requests: readonly ReadRequest[], isolation: Isolation): Promise<readonly Readable[]> {
    return this.#ask('readable', targetsOf(requests), {
      ask: () => this.within.readable(requests, isolation),
      answers: ({ errorName: error }) => requests.map(() => ({ kind: 'failed', error })),
    })
  }

  release(results: readonly ReadResult[]): void {
    this.#atOnce('release')
    this.within.release(results)
  }

  watch(targets: readonly TopicPartition[], changed: () => void): () => void {
    this.#atOnce('watch')
    return this.within.watch(targets, changed)
  }

  bounds(targets: readonly TopicPartition[]) {
    return this.#each('bounds', targets, () => this.within.bounds(targets))
  }

  offsetsFor(queries: readonly OffsetQuery[]) {
    return this.#each('offsetsFor', queries, () => this.within.offsetsFor(queries))
  }

  epochEnds(queries: readonly EpochQuery[]) {
    return this.#each('epochEnds', queries, () => this.within.epochEnds(queries))
  }

  epochsAt(offsets: readonly OffsetOf[]) {
    return this.#each('epochsAt', offsets, () => this.within.epochsAt(offsets))
  }

  deleteRecords(before: readonly OffsetOf[]) {
    return this.#each('deleteRecords', before, () => this.within.deleteRecords(before))
  }

  producers(targets: readonly TopicPartition[]) {
    return this.#each('producers', targets, () => this.within.producers(targets))
  }

  describe() {
    return this.#ask('describe', [], { ask: () => this.within.describe() })
  }

  checkLogDirs(paths: readonly string[]): Promise<readonly Answered<null>[]> {
    return this.#ask('checkLogDirs', [], {
      ask: () => this.within.checkLogDirs(paths),
      answers: error => paths.map(() => error),
    })
  }

  move(moves: readonly Move[]) {
    return this.#each('move', moves, () => this.within.move(moves))
  }

  deleteTopic(topic: DeletedTopic): Promise<void> {
    return this.#ask('deleteTopic', [], { ask: () => this.within.deleteTopic(topic) })
  }

  openRest(): void {
    this.#atOnce('openRest')
    this.within.openRest()
  }

  close(): Promise<void> {
    return this.#ask('close', [], { ask: () => this.within.close() })
  }

  #each<Answer>(
    method: Method,
    requests: readonly (TopicPartition | { readonly target: TopicPartition })[],
    ask: () => Promise<readonly Answered<Answer>[]>,
  ): Promise<readonly Answered<Answer>[]> {
    return this.#ask(method, targetsOf(requests), { ask, answers: error => requests.map(() => error) })
  }

  #ask<Answers>(method: Method, targets: readonly TopicPartition[], call: Call<Answers>): Promise<Answers> {
    const failure = this.#next(method, targets)
    switch (failure?.kind) {
      case undefined:
        return call.ask()
      case 'throws':
        throw failure.error ?? simulated(method)
      case 'rejects':
        return Promise.reject(failure.error ?? simulated(method))
      case 'answers': {
        const error = new KafkaError(failure.error)
        return call.answers ? Promise.resolve(call.answers(error)) : Promise.reject(error)
      }
      case 'hangs':
        return this.#inTime(new Promise<void>(go => this.#held.push(go)).then(call.ask), call)
      case 'unavailable':
        if (call.unavailable) return call.unavailable()
        break
      case 'unknown': {
        const { unknown } = call
        if (unknown) return failure.isAppended ? call.ask().then(unknown) : unknown()
      }
    }
    throw new Error(`${method} cannot be ${failure?.kind}`)
  }

  #inTime<Answers>(
    done: Promise<Answers>,
    { unknown, timeoutMs = Infinity }: Call<Answers>,
  ): Promise<Answers> {
    const { clock } = this.options
    if (!clock || !unknown || timeoutMs === Infinity) return done
    const late = new Promise<Answers>(resolve => {
      clock.after(timeoutMs, done, () => resolve(unknown()))
    })
    return Promise.race([done, late])
  }

  #atOnce(method: Method): void {
    const failure = this.#next(method, null)
    if (failure === undefined) return
    if (failure.kind !== 'throws') throw new Error(`${method} can only throw, not be ${failure.kind}`)
    throw failure.error ?? simulated(method)
  }

  /** `targets` is null for a call that is answered at once. */
  #next(method: Method, targets: readonly TopicPartition[] | null): Failure | undefined {
    const { concerns } = this.options
    if (concerns && !targets?.some(concerns)) return undefined
    const counted: readonly (Method | 'any')[] = targets ? [method, 'any'] : [method]
    const keys = counted.map(name => {
      this.#calls.set(name, this.calls(name) + 1)
      return `${name}/${this.calls(name)}`
    })
    for (const key of keys) {
      const failure = this.#failures.get(key)
      if (failure) return failure(method)
    }
    return undefined
  }
}

/** A call, and the answers that may take the place of its own. */
interface Call<Answers> {
  ask(): Promise<Answers>
  answers?(error: KafkaError): Answers
  unavailable?(): Promise<Answers>
  unknown?(): Promise<Answers>
  readonly timeoutMs?: number
}

const targetsOf = (requests: readonly (TopicPartition | { readonly target: TopicPartition })[]) =>
  requests.map(each => ('target' in each ? each.target : each))

const simulated = (method: Method): Error => new Error(`${method}: simulated failure`)
