import { KafkaError } from '../wire/errors.js'
import type { Setting } from './setting.js'

const integers = {
  SHORT: [-(2n ** 15n), 2n ** 15n - 1n],
  INT: [-(2n ** 31n), 2n ** 31n - 1n],
  LONG: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

/** Refuses a text that is no value of the setting, in one sentence that names setting, value and what is valid. */
export function validate(setting: Setting, value: string): void {
  const wrong = complaintAbout(setting, value)
  if (wrong !== null) throw new KafkaError('INVALID_CONFIG', wrong)
}

/** The sentence by which the value is refused; null where the value is valid. */
export function complaintAbout(setting: Setting, value: string): string | null {
  const wrong = complaint(setting, value.trim())
  return wrong === null ? null : `Invalid value ${value} for configuration ${setting.name}: ${wrong}`
}

function complaint(setting: Setting, value: string): string | null {
  switch (setting.type) {
    case 'BOOLEAN':
      return /^(true|false)$/i.test(value) ? null : 'expected true or false'
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return notAnInteger(setting, setting.type, value)
    case 'DOUBLE':
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return 'expected a number'
      return outOfRange(setting.valid, Number(value))
    case 'LIST':
      return notAList(setting, value)
    default:
      if (setting.pattern) return setting.pattern.test(value) ? null : `must be one of ${setting.valid}`
      if (setting.valid === 'non-empty string') return value === '' ? 'it must not be empty' : null
      return notListed(setting.valid, [value])
  }
}

function notAnInteger({ valid }: Setting, type: keyof typeof integers, value: string): string | null {
  if (!/^[+-]?\d+$/.test(value)) return `expected a whole number (${type})`
  const number = BigInt(value)
  const [least, most] = integers[type]
  if (number < least || number > most) return `expected a whole number from ${least} to ${most} (${type})`
  return outOfRange(valid, Number(number))
}

/** Checks a number against `[least,...,most]`, `[least,...]`, or one of these and a further value behind "or". */
function outOfRange(valid: string | undefined, number: number): string | null {
  const range = valid?.match(/^\[(-?\d+),\.\.\.(?:,(-?\d+))?\](?: or (-?\d+))?$/)
  if (!range) return null
  const [, least, most, other] = range
  if (other !== undefined && number === Number(other)) return null
  if (number < Number(least)) return `Value must be at least ${least}`
  if (most !== undefined && number > Number(most)) return `Value must be no more than ${most}`
  return null
}

/**
 * Checks a list as Kafka's ValidList does: no value is empty, and some lists must have one. A value that is there twice
 * counts once.
 */
function notAList({ valid, pattern, filled }: Setting, value: string): string | null {
  if (value === '') return filled ? 'it must not be empty' : null
  const values = value.split(',').map(each => each.trim())
  if (values.includes('')) return 'no value of the list may be empty'
  if (pattern) return pattern.test(value) ? null : `must be of the form ${valid}`
  return notListed(valid, values)
}

/** Checks each value against `[one, another]`: it must be one of these. */
function notListed(valid: string | undefined, values: readonly string[]): string | null {
  const list = valid?.match(/^(\(case insensitive\) )?\[([\w, -]+)\]$/)
  if (!list) return null
  const fold = (text: string) => (list[1] ? text.toUpperCase() : text)
  const known = (list[2] as string).split(',').map(each => fold(each.trim()))
  return values.every(value => known.includes(fold(value))) ? null : `must be one of ${known.join(', ')}`
}

export const listOf = (text: string): string[] => {
  const values = text.split(',').map(each => each.trim())
  return [...new Set(values)].filter(each => each !== '')
}
