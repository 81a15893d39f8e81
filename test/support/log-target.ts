import type { LogTarget } from '../../src/telemetry/log-target.js'

const unheard = () => undefined

/** A target for what a broker logs, of which only the messages are of interest; `info` is not heard unless it is given. */
export function heardBy(
  say: (message: string) => void,
  info: (message: string) => void = unheard,
): LogTarget {
  const error = (first: string | { readonly err: unknown }, message?: string) =>
    say(typeof first === 'string' ? first : (message as string))
  return { debug: unheard, info, warn: say, error }
}
