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
  /** Only of `append`: nothing is appended. */
  | { readonly kind: 'unavailable' }
  /** Only of `append`: everything is appended or nothing, and the caller is not told which. */
  | { readonly kind: 'unknown'; readonly isAppended: boolean }
  /** The call waits for `letGo`, and then goes its way. */
  | { readonly kind: 'hangs' }

/**
 * An engine that does what the one within does, but for the calls that a test has fail. Calls are counted by method
 * from 1 on, so that a test can have each of them fail in turn:
 *
 *     for (let nth = 1; nth <= calls; nth++) engine.fail('append', nth, { kind: 'unknown', isAppended: true })
 */
export class FailingEngine implements LogEngine {
  readonly #calls = new Map<Method, number>()
  readonly #failures = new Map<string, Failure>()
  #held: (() => void)[] = []

  constructor(private readonly within: LogEngine) {}

  /** How often a method was called. */
  calls(method: Method): number {
    return this.#calls.get(method) ?? 0
  }

  /** Has the nth call of a method fail, counted from the beginning (`calls(method) + 1` is the next one). */
  fail(method: Method, nth: number, failure: Failure): void {
    this.#failures.set(`${method}/${nth}`, failure)
  }

  failNext(method: Method, failure: Failure): void {
    this.fail(method, this.calls(method) + 1, failure)
  }

  /** Lets the calls that hang go on. */
  letGo(): void {
    for (const go of this.#held.splice(0)) go()
  }

  append(batches: readonly AppendBatch[], options: AppendOptions): Promise<AppendResult[]> {
    return this.#ask(
      'append',
      () => this.within.append(batches, options),
      error => batches.map(() => ({ kind: 'rejected', error: error.errorName, message: error.message })),
      {
        unavailable: async () => batches.map(() => ({ kind: 'unavailable' })),
        unknown: isAppended => this.#unknown(batches, options, isAppended),
      },
    )
  }

  guards(requests: readonly GuardRequest[]) {
    return this.#each('guards', requests, () => this.within.guards(requests))
  }

  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<ReadResult[]> {
    const failed = ({ errorName: error }: KafkaError) =>
      requests.map(() => ({ kind: 'failed', error }) as const)
    return this.#ask('read', () => this.within.read(requests, options), failed)
  }

  readable(requests: readonly ReadRequest[], isolation: Isolation): Promise<readonly Readable[]> {
    const failed = ({ errorName: error }: KafkaError) =>
      requests.map(() => ({ kind: 'failed', error }) as const)
    return this.#ask('readable', () => this.within.readable(requests, isolation), failed)
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
    return this.#ask('describe', () => this.within.describe())
  }

  checkLogDirs(paths: readonly string[]) {
    return this.#each('checkLogDirs', paths, () => this.within.checkLogDirs(paths))
  }

  move(moves: readonly Move[]) {
    return this.#each('move', moves, () => this.within.move(moves))
  }

  deleteTopic(topic: DeletedTopic): Promise<void> {
    return this.#ask('deleteTopic', () => this.within.deleteTopic(topic))
  }

  openRest(): void {
    this.#atOnce('openRest')
    this.within.openRest()
  }

  close(): Promise<void> {
    return this.#ask('close', () => this.within.close())
  }

  #each<Target, Answer>(
    method: Method,
    targets: readonly Target[],
    ask: () => Promise<readonly Answered<Answer>[]>,
  ): Promise<readonly Answered<Answer>[]> {
    return this.#ask(method, ask, error => targets.map(() => error))
  }

  #ask<Answers>(
    method: Method,
    ask: () => Promise<Answers>,
    answers: (error: KafkaError) => Answers = error => {
      throw error
    },
    append?: { unavailable(): Promise<Answers>; unknown(isAppended: boolean): Promise<Answers> },
  ): Promise<Answers> {
    const failure = this.#next(method)
    switch (failure?.kind) {
      case undefined:
        return ask()
      case 'throws':
        throw failure.error ?? simulated(method)
      case 'rejects':
        return Promise.reject(failure.error ?? simulated(method))
      case 'answers':
        return new Promise(resolve => resolve(answers(new KafkaError(failure.error))))
      case 'hangs':
        return new Promise<void>(go => this.#held.push(go)).then(ask)
      case 'unavailable':
        if (append) return append.unavailable()
        break
      case 'unknown':
        if (append) return append.unknown(failure.isAppended)
    }
    throw new Error(`${method} cannot be ${failure?.kind}`)
  }

  async #unknown(
    batches: readonly AppendBatch[],
    options: AppendOptions,
    isAppended: boolean,
  ): Promise<AppendResult[]> {
    if (isAppended) await this.within.append(batches, options)
    return batches.map(() => ({ kind: 'unknown' }))
  }

  #atOnce(method: Method): void {
    const failure = this.#next(method)
    if (failure === undefined) return
    if (failure.kind !== 'throws') throw new Error(`${method} can only throw, not be ${failure.kind}`)
    throw failure.error ?? simulated(method)
  }

  #next(method: Method): Failure | undefined {
    const nth = this.calls(method) + 1
    this.#calls.set(method, nth)
    return this.#failures.get(`${method}/${nth}`)
  }
}

const simulated = (method: Method): Error => new Error(`${method}: simulated failure`)
