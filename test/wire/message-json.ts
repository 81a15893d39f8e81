import { isDeepStrictEqual } from 'node:util'
import type { Fields, Type } from '../../src/wire/schema.js'

/**
 * A message's value as JSON that loses nothing, the form in which Kafka's code is asked for its bytes:
 * an int64 and a float64 are strings, bytes are hex.
 */
export function valueToJson(type: Type<unknown>, value: unknown): unknown {
  if (value === null) return null
  const { kind, item, fields } = type.shape
  if (kind === 'array') return (value as unknown[]).map(one => valueToJson(item as Type<unknown>, one))
  if (kind === 'struct') return structToJson(fields as Fields, value as Record<string, unknown>)
  if (kind === 'int64') return String(value)
  if (kind === 'float64') return Object.is(value, -0) ? '-0.0' : String(value)
  return isBytes(kind) ? (value as Buffer).toString('hex') : value
}

/** Reads the value back. A type that Java keeps in a long (int64 and uint32) comes as a string. */
export function valueFromJson(type: Type<unknown>, json: unknown): unknown {
  if (json === null) return null
  const { kind, item, fields } = type.shape
  if (kind === 'array') return (json as unknown[]).map(one => valueFromJson(item as Type<unknown>, one))
  if (kind === 'struct') return structFromJson(fields as Fields, json as Record<string, unknown>)
  if (kind === 'int64') return BigInt(json as string)
  if (kind === 'uint32' || kind === 'float64') return Number(json)
  return isBytes(kind) ? Buffer.from(json as string, 'hex') : json
}

const isBytes = (kind: string): boolean => kind === 'bytes' || kind === 'records'

/** A field that has its default is left out: the other side must know it. */
function structToJson(fields: Fields, value: Record<string, unknown>): unknown {
  const entries = Object.entries(fields)
    .filter(([name, type]) => !isDeepStrictEqual(value[name], type.initial))
    .map(([name, type]) => [name, valueToJson(type, value[name])] as const)
  return Object.fromEntries(entries)
}

function structFromJson(fields: Fields, json: Record<string, unknown>): unknown {
  const entries = Object.entries(fields).map(([name, type]) => {
    const given = json[name]
    return [name, given === undefined ? type.initial : valueFromJson(type, given)] as const
  })
  return Object.fromEntries(entries)
}
