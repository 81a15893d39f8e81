import { ConfigurationError } from '../config/configuration-error.js'
import type { Files } from '../log/files.js'
import type { Clock } from '../time/clock.js'

/**
 * The clock, the files and the chance that a broker stands on, for tests that want to move time by hand, to have a disk
 * fail, or to repeat a run: with the same three a broker does the same again. Those that are left out are the
 * machine's. They are no options of the command line, and change from version to version.
 */
export interface Surroundings {
  /** Time and timers; the broker does not stop a clock that it was given. */
  readonly clock?: Clock
  /** The files in which the data lie, in the folders that the other options name or else in `/data`. */
  readonly files?: Files
  /** Gives a number from 0 up to 1, from which ids, jitters and choices are made. */
  readonly random?: () => number
}

const parts: { readonly [Name in keyof Required<Surroundings>]: (value: unknown) => boolean } = {
  clock: value => has(value, ['now', 'after', 'cancel']),
  files: value => has(value, ['open', 'list', 'readFile', 'writeFile', 'rename', 'remove']),
  random: value => typeof value === 'function',
}

/** Takes the surroundings out of the options. Throws ConfigurationError for one that cannot be used. */
export function withoutSurroundings<Options extends Surroundings>(
  options: Options,
): readonly [Surroundings, Omit<Options, keyof Surroundings>] {
  const { clock, files, random, ...rest } = options
  const surroundings = { ...(clock && { clock }), ...(files && { files }), ...(random && { random }) }
  for (const name of Object.keys(parts) as (keyof Surroundings)[]) {
    if (options[name] === undefined || parts[name](options[name])) continue
    throw new ConfigurationError(`The option '${name}' is not what its type asks for.`)
  }
  return [surroundings, rest]
}

const has = (value: unknown, names: readonly string[]): boolean =>
  typeof value === 'object' &&
  value !== null &&
  names.every(name => typeof (value as { readonly [name: string]: unknown })[name] === 'function')
