import { KafkaError } from '../wire/errors.js'

/** A survey of all records of a batch; the distances from its base timestamp are exact up to 2^53 ms. */
export interface Survey {
  readonly leastDeltaMs: number
  readonly greatestDeltaMs: number
  readonly allHaveKeys: boolean
}

/** Called for each record, with its distance from the base timestamp, and whether it has a key. */
export type SeeRecord = (index: number, timestampDeltaMs: number, hasKey: boolean) => void

/**
 * Checks that the bytes hold exactly `count` well-formed records with consecutive offset deltas, as they must in a
 * batch that a client sends. It runs over every record produced: so it builds nothing, keeps its position in a local
 * variable, and calls `see` for each record only where the caller wants that.
 */
export function walkRecords(bytes: Buffer, count: number, see: SeeRecord | null = null): Survey {
  let at = 0
  let leastDeltaMs = Number.POSITIVE_INFINITY
  let greatestDeltaMs = Number.NEGATIVE_INFINITY
  let allHaveKeys = true
  for (let index = 0; index < count; index++) {
    const length = varint(bytes, at)
    at = pastVarint(bytes, at)
    const end = at + length
    if (length < 0 || end > bytes.length) refuseRecord(index, 'a length of', length)
    at += 1 // attributes, which mean nothing yet
    const deltaMs = varlong(bytes, at)
    at = pastVarint(bytes, at)
    const offsetDelta = varint(bytes, at)
    if (offsetDelta !== index) refuseRecord(index, 'an offset delta of', offsetDelta)
    at = pastVarint(bytes, at)
    const keyLength = varint(bytes, at)
    at = pastNullable(bytes, at, keyLength)
    at = pastNullable(bytes, at, varint(bytes, at)) // value
    at = bytes[at] === 0 ? at + 1 : pastHeaders(bytes, at, end)
    if (at !== end) refuseRecord(index, 'an end that is not where its length says, but at', at)

    if (deltaMs < leastDeltaMs) leastDeltaMs = deltaMs
    if (deltaMs > greatestDeltaMs) greatestDeltaMs = deltaMs
    if (keyLength < 0) allHaveKeys = false
    if (see !== null) see(index, deltaMs, keyLength >= 0)
  }
  if (at !== bytes.length) refuse(`${bytes.length - at} bytes lie after the last record`)
  return { leastDeltaMs, greatestDeltaMs, allHaveKeys }
}

function pastHeaders(bytes: Buffer, from: number, end: number): number {
  const headers = varint(bytes, from)
  if (headers < 0) refuse(`a record has ${headers} headers`)
  let at = pastVarint(bytes, from)
  for (let i = 0; i < headers; i++) {
    if (at >= end) refuse(`a record has fewer than ${headers} headers`)
    const keyLength = varint(bytes, at)
    if (keyLength < 0) refuse('the key of a header is null')
    at = pastNullable(bytes, at, keyLength)
    at = pastNullable(bytes, at, varint(bytes, at)) // value
  }
  return at
}

/** Returns the position past a length, which is -1 for null, and past the bytes that it counts. */
function pastNullable(bytes: Buffer, at: number, length: number): number {
  if (length < -1) refuse('a length in a record is negative')
  return pastVarint(bytes, at) + (length === -1 ? 0 : length)
}

/** Reads a varint; most have one or two bytes. */
export function varint(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return signed(first)
  const second = bytes[at + 1] as number
  if (second < 0x80) return signed((first & 0x7f) | (second << 7))
  return longerVarint(bytes, at)
}

function longerVarint(bytes: Buffer, at: number): number {
  let raw = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) break
    raw |= (byte & 0x7f) << (7 * i)
    if (byte < 0x80) return signed(raw)
  }
  return refuse('a varint in a record does not end')
}

export function varlong(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  return first < 0x80 ? signed(first) : longerVarlong(bytes, at)
}

function longerVarlong(bytes: Buffer, from: number): number {
  let raw = 0
  let at = from
  for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
    const byte = bytes[at++]
    if (byte === undefined) break
    raw += (byte & 0x7f) * scale
    if (byte < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
  }
  return refuse('a varlong in a record does not end')
}

/** Returns the position at which the varint or varlong ends that was read at this place. */
function pastVarint(bytes: Buffer, at: number): number {
  if ((bytes[at] as number) < 0x80) return at + 1
  if ((bytes[at + 1] as number) < 0x80) return at + 2
  return pastLonger(bytes, at + 2)
}

function pastLonger(bytes: Buffer, from: number): number {
  let at = from
  while ((bytes[at] as number) >= 0x80) at += 1
  return at + 1
}

/** Decodes the zig-zag encoding. */
const signed = (raw: number): number => (raw >>> 1) ^ -(raw & 1)

export const refuseRecord = (index: number, what: string, value: number): never =>
  refuse(`record ${index} has ${what} ${value}`)

export function refuse(why: string): never {
  throw new KafkaError('INVALID_RECORD', `The record batch is malformed: ${why}.`)
}
