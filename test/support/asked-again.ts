import type { AppendResult, LogEngine } from '../../src/engine/log-engine.js'
import { KafkaError } from '../../src/wire/errors.js'

/** The hooks around a first try. */
export interface FirstTries {
  begin(): void
  end(): void
}

/**
 * An engine that makes each call a first time while something fails, and again without a fault, as clients do after a
 * fault that passes. The second answer must be that of an engine without faults: a first try leaves nothing behind. A
 * first answer without a fault is the answer.
 */
export function askedAgain(engine: LogEngine, { begin, end }: FirstTries): LogEngine {
  const again = async (ask: () => Promise<unknown>): Promise<unknown> => {
    begin()
    const first = await ask().finally(end)
    return isPassing(first) ? ask() : first
  }
  return new Proxy(engine, {
    get: (target, name: keyof LogEngine) => {
      const member = Reflect.get(target, name, target) as (...args: unknown[]) => unknown
      if (!asked.has(name)) return member.bind(target)
      return (...args: unknown[]) => again(() => member.apply(target, args) as Promise<unknown>)
    },
  })
}

const asked: ReadonlySet<keyof LogEngine> = new Set([
  'append',
  'guards',
  'read',
  'readable',
  'bounds',
  'offsetsFor',
  'epochEnds',
  'epochsAt',
  'deleteRecords',
  'producers',
  'move',
] as const)

type Answer = AppendResult | { readonly kind: string; readonly error?: string } | KafkaError

/** True where the answers tell of a fault that passes. */
const isPassing = (answers: unknown): boolean =>
  (answers as readonly Answer[]).some(answer => {
    if (answer instanceof KafkaError) return answer.errorName === 'KAFKA_STORAGE_ERROR'
    if (answer === null || typeof answer !== 'object' || !('kind' in answer)) return false
    return (
      answer.kind === 'unavailable' || (answer.kind === 'failed' && answer.error === 'KAFKA_STORAGE_ERROR')
    )
  })
