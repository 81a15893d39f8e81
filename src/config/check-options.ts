import { isSetting, settingsOf } from './broker-config.js'
import { ConfigurationError } from './configuration-error.js'
import { didYouMean } from './did-you-mean.js'
import type { BrokerOptions } from './options.js'

/** A kind of option: a test of its value, and the words for it in a complaint. */
interface Kind {
  readonly is: (value: unknown) => boolean
  readonly words: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)
const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  isObject(value) && names.every(name => typeof value[name] === 'function')

const isTextOrNothing = (value: unknown): boolean => value === undefined || typeof value === 'string'
const isWholeOrNothing = (value: unknown): boolean => value === undefined || Number.isInteger(value)

const wholeNumber: Kind = { is: Number.isInteger, words: 'a whole number, such as 9092' }
const text: Kind = { is: value => typeof value === 'string', words: 'text' }
const flag: Kind = { is: value => typeof value === 'boolean', words: 'true or false' }

const kinds: { readonly [Name in keyof Required<BrokerOptions>]: Kind } = {
  port: wholeNumber,
  host: text,
  dataDir: text,
  durability: { is: value => value === 'cache' || value === 'fsync', words: "'cache' or 'fsync'" },
  memory: flag,
  config: { is: text.is, words: 'the path of a server.properties' },
  set: {
    is: value => isObject(value) && Object.values(value).every(isScalar),
    words: "an object of settings by name, such as { 'num.partitions': 3 }",
  },
  topics: {
    is: Array.isArray,
    words: "an array, such as ['orders:3'] or [{ name: 'orders', partitions: 3 }]",
  },
  brokers: {
    is: value => Number.isInteger(value) || (Array.isArray(value) && value.every(isObject)),
    words: "a whole number, or an array of nodes, such as [{ id: 1, port: 9092, rack: 'a' }]",
  },
  parity: flag,
  keepAlive: flag,
  env: {
    is: value => isObject(value) && Object.values(value).every(isTextOrNothing),
    words: 'an object of variables by name, such as process.env',
  },
  defaults: {
    is: value => isObject(value) && isWholeOrNothing(value.port) && isTextOrNothing(value.dataDir),
    words: "an object such as { port: 9092, dataDir: 'data' }",
  },
  logger: {
    is: value => hasMethods(value, ['debug', 'info', 'warn', 'error']),
    words: 'an object with the methods debug, info, warn and error',
  },
}

/** The options that are taken out before these are checked. */
const surroundings = ['clock', 'files', 'random']

/**
 * Checks options that were written in code, where no compiler may have looked: an option that does not exist, a value
 * of another type, a setting that does not exist. Throws ConfigurationError. An option that is undefined counts as left
 * out.
 */
export function checkOptions(options: BrokerOptions): void {
  if (!isObject(options)) throw new ConfigurationError(`The options are ${shown(options)}: pass an object.`)
  for (const [name, value] of Object.entries(options)) {
    const kind = kinds[name as keyof BrokerOptions] as Kind | undefined
    if (!kind)
      throw new ConfigurationError(
        `There is no option '${name}'.${didYouMean(name, [...Object.keys(kinds), ...surroundings])}`,
      )
    if (value !== undefined && !kind.is(value)) {
      throw new ConfigurationError(`The option '${name}' is ${shown(value)}: it takes ${kind.words}.`)
    }
  }
  for (const name of Object.keys(options.set ?? {})) checkSetting(name)
}

/** Settings of one listener have names that only their listener completes. */
const ofOneListener = /^listener\.name\./

function checkSetting(name: string): void {
  if (isSetting('broker', name) || ofOneListener.test(name)) return
  const names = [...settingsOf('broker')].map(setting => setting.name)
  throw new ConfigurationError(`There is no setting '${name}'.${didYouMean(name, names)}`)
}

/** A value as a complaint shows it, cut where it is long. */
export function shown(value: unknown): string {
  const written = typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value))
  return written.length <= 80 ? written : `${written.slice(0, 77)}...`
}
