import type { AppendBatch, LogEngine, TopicPartition } from '../../src/engine/log-engine.js'
import type { Clock } from '../../src/time/clock.js'
import { KafkaError } from '../../src/wire/errors.js'

/** What a call of an engine may come to. */
export const ways = [
  'throws',
  'rejects',
  'refuses',
  'is out of reach',
  'does not know',
  'did it and does not know',
  'hangs',
  'hangs for a while',
] as const
export type Way = (typeof ways)[number]

/**
 * An engine of which one call fails on purpose: the n-th of those that concern a partition of some number, in a way of
 * the test's choice. All other calls go through to another engine.
 */
export class OneFailingCall {
  /** Calls so far that concern the partition. */
  calls = 0
  readonly engine: LogEngine
  #release: () => void = () => {}

  constructor(
    inner: LogEngine,
    private readonly failing: {
      readonly partition: number
      readonly nth: number
      readonly way: Way
      readonly clock: Clock
    },
  ) {
    this.engine = new Proxy(inner, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => this.#call(String(name), args, () => member.apply(target, args))
      },
    })
  }

  /** Whether the scenario came as far as the call that fails. */
  get hasFailed(): boolean {
    return this.calls >= this.failing.nth
  }

  /** What hangs for a while does no longer. */
  release(): void {
    this.#release()
  }

  #call(name: string, args: readonly unknown[], go: () => unknown): unknown {
    const concerned = targetsOf(args).some(({ partition }) => partition === this.failing.partition)
    if (!concerned || ++this.calls !== this.failing.nth) return go()
    return this.#fail(name, args, go)
  }

  #fail(name: string, args: readonly unknown[], go: () => unknown): unknown {
    const error = new KafkaError('KAFKA_STORAGE_ERROR')
    const result = (appended: object, read: object) => {
      const answer = name === 'append' ? appended : name === 'read' ? read : error
      return Promise.resolve((args[0] as readonly unknown[]).map(() => answer))
    }
    const failed = { kind: 'failed', error: 'KAFKA_STORAGE_ERROR' }
    switch (this.failing.way) {
      case 'throws':
        if (name !== 'append') return Promise.reject(new TypeError('a bug'))
        throw new TypeError('a bug')
      case 'rejects':
        return Promise.reject(new Error('the connection was lost'))
      case 'refuses':
        return result({ kind: 'rejected', error: 'KAFKA_STORAGE_ERROR' }, failed)
      case 'is out of reach':
        return result({ kind: 'unavailable' }, { ...failed, error: 'NOT_LEADER_OR_FOLLOWER' })
      case 'does not know':
        return result({ kind: 'unknown' }, failed)
      case 'did it and does not know':
        return Promise.resolve(go()).then(() => result({ kind: 'unknown' }, failed))
      case 'hangs':
        return this.#inTime(args, new Promise(() => {}))
      case 'hangs for a while': {
        const released = new Promise<void>(resolve => {
          this.#release = resolve
        })
        return this.#inTime(args, released.then(go))
      }
    }
  }

  /** An append says at the end of its time that nobody knows what becomes of it. */
  #inTime([batches, options]: readonly unknown[], done: Promise<unknown>): Promise<unknown> {
    const { timeoutMs = Infinity } = (options ?? {}) as { timeoutMs?: number }
    if (timeoutMs === Infinity) return done
    const unknown = (batches as readonly unknown[]).map(() => ({ kind: 'unknown' }))
    const late = new Promise(resolve => {
      this.failing.clock.after(timeoutMs, done, () => resolve(unknown))
    })
    return Promise.race([done, late])
  }
}

function targetsOf([first]: readonly unknown[]): readonly TopicPartition[] {
  const all = (Array.isArray(first) ? first : [first]) as readonly (TopicPartition | AppendBatch)[]
  return all.map(each => ('target' in each ? each.target : each))
}
