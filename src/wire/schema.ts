/**
 * Declares messages. One declaration covers every version: reading fills the fields that a version lacks with their
 * defaults, writing leaves them out, so that no other code asks for the version to know which fields there are.
 */
import { once } from '../loading/lazy-package.js'
import { MalformedMessage, type Reader } from './reader.js'
import { Writer } from './writer.js'

/** The version of a message, and whether it has the compact lengths and tagged fields of KIP-482. */
export interface Dialect {
  readonly version: number
  readonly flexible: boolean
  /**
   * True where a field that the version lacks is left out even where Kafka's writer refuses: answers are shaped once
   * for all versions.
   */
  readonly lenient?: boolean
}

/**
 * The encoding of one value, and the versions that have it. Reading yields `Out`, writing accepts `In`; the writer of a
 * message may leave out an `Optional` field, which then has its `initial` value.
 */
export interface Type<Out, In = Out, Optional extends boolean = boolean> {
  read(reader: Reader, dialect: Dialect): Out
  write(writer: Writer, value: In, dialect: Dialect): void
  /** Reads in turns of the event loop; only values that hold arrays may be long enough for that. */
  readInTurns?(reader: Reader, dialect: Dialect, turns: Pauses): Promise<Out>
  writeInTurns?(writer: Writer, value: In, dialect: Dialect, turns: Pauses): Promise<void>
  readonly initial: Out
  readonly optional: Optional
  readonly since: number
  readonly until: number
  /** True where a version without this field drops a value other than `initial`; otherwise it is an error. */
  readonly ignorable: boolean
  readonly tag?: number
  /** The part of the declaration that test/wire/declarations.test.ts compares with the facts of the protocol. */
  readonly shape: Shape
}

/** Tells when others must be served before the work goes on. */
export interface Pauses {
  /** Returns null while it may go on. */
  pause(): Promise<void> | null
}

export interface Shape {
  readonly kind: string
  readonly nullableFrom?: number
  readonly neverCompact?: boolean
  readonly item?: AnyType
  readonly fields?: Fields
}

// biome-ignore lint/suspicious/noExplicitAny: the one place where a type is not known yet
type AnyType = Type<any, any>
export type Fields = Record<string, AnyType>
type Fixed<Out, In = Out> = Type<Out, In, false>
type Defaulted<Out, In = Out> = Type<Out, In, true>

export type Decoded<F extends Fields> = {
  [K in keyof F]: F[K] extends Type<infer Out, infer _In> ? Out : never
}
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K]['optional'] extends true ? K : never
}[keyof F]
type Input<T> = T extends Type<infer _Out, infer In> ? In : never
export type Draft<F extends Fields> = { [K in Exclude<keyof F, OptionalKeys<F>>]: Input<F[K]> } & {
  [K in OptionalKeys<F>]?: Input<F[K]> | undefined
}

const mostElements = 1_000_000
/** So many elements are handled between two looks at the time. */
const elementsAtOnce = 16
const mostTaggedFields = 10_000
const shortText = 24
const lastAscii = 0x7f
/** The most bytes of a string, in flexible versions too. */
export const longestString = 32_767

const everywhere = { optional: false, since: 0, until: Infinity, ignorable: false } as const

function scalar<T>(kind: string, initial: T, read: Type<T>['read'], write: Type<T>['write']): Fixed<T> {
  return { ...everywhere, initial, read, write, shape: { kind } }
}

export const int8 = scalar(
  'int8',
  0,
  r => r.int8(),
  (w, v) => w.int8(v),
)
export const int16 = scalar(
  'int16',
  0,
  r => r.int16(),
  (w, v) => w.int16(v),
)
export const uint16 = scalar(
  'uint16',
  0,
  r => r.uint16(),
  (w, v) => w.uint16(v),
)
export const int32 = scalar(
  'int32',
  0,
  r => r.int32(),
  (w, v) => w.int32(v),
)
export const uint32 = scalar(
  'uint32',
  0,
  r => r.uint32(),
  (w, v) => w.uint32(v),
)
export const int64 = scalar(
  'int64',
  0n,
  r => r.int64(),
  (w, v) => w.int64(v),
)
export const float64 = scalar(
  'float64',
  0,
  r => r.float64(),
  (w, v) => w.float64(v),
)
export const bool = scalar(
  'bool',
  false,
  r => r.int8() !== 0,
  (w, v) => w.int8(v ? 1 : 0),
)

/** An id of 16 bytes, held as the 22 characters of URL-safe base64 that Kafka prints. */
export const uuid = scalar(
  'uuid',
  'AAAAAAAAAAAAAAAAAAAAAA',
  r => r.bytes(16).toString('base64url'),
  (w, v) => w.base64(v, 16),
)

/** A value after its length, which is varint(n + 1) in flexible versions, else of fixed width; null is 0 or -1. */
export interface Sized<Out, In = Out> extends Fixed<Out, In> {
  readonly width: 'int16' | 'int32'
  readBody(reader: Reader, length: number, dialect: Dialect): Out
  lengthOf(value: In): number
  writeBody(writer: Writer, value: In, dialect: Dialect, length: number): void
  readBodyInTurns?(reader: Reader, length: number, dialect: Dialect, turns: Pauses): Promise<Out>
  writeBodyInTurns?(writer: Writer, value: In, dialect: Dialect, turns: Pauses): Promise<void>
}

function readLength(r: Reader, d: Dialect, width: 'int16' | 'int32'): number {
  // This is an int32, as in Java: a number that is too large for one is negative, which is null.
  const length = d.flexible ? (r.unsignedVarint() - 1) | 0 : r[width]()
  if (length > r.remaining) {
    throw new MalformedMessage(`a length of ${length} where ${r.remaining} bytes remain`)
  }
  if (width === 'int16' && length > longestString) throw new MalformedMessage(`a string of ${length} bytes`)
  return length
}

function writeLength(w: Writer, length: number, d: Dialect, width: 'int16' | 'int32'): void {
  if (width === 'int16' && length > longestString) throw new RangeError(`a string of ${length} bytes`)
  if (d.flexible) w.unsignedVarint(length + 1)
  else w[width](length)
}

function sized<Out, In = Out>(
  type: Omit<Sized<Out, In>, keyof typeof everywhere | 'read' | 'write' | 'readInTurns' | 'writeInTurns'>,
): Sized<Out, In> {
  const { width, shape, readBodyInTurns, writeBodyInTurns } = type
  const presentLength = (r: Reader, d: Dialect): number => {
    const length = readLength(r, d, width)
    if (length < 0) throw new MalformedMessage(`null for a ${shape.kind} that may not be null`)
    return length
  }
  return {
    ...everywhere,
    ...type,
    read: (r, d) => type.readBody(r, presentLength(r, d), d),
    write(w, value, d) {
      const length = type.lengthOf(value)
      writeLength(w, length, d, width)
      type.writeBody(w, value, d, length)
    },
    ...(readBodyInTurns && {
      readInTurns: (r, d, turns) => readBodyInTurns(r, presentLength(r, d), d, turns),
    }),
    ...(writeBodyInTurns && {
      writeInTurns(w, value, d, turns) {
        writeLength(w, type.lengthOf(value), d, width)
        return writeBodyInTurns(w, value, d, turns)
      },
    }),
  }
}

export const string = sized<string>({
  initial: '',
  width: 'int16',
  shape: { kind: 'string' },
  lengthOf: utf8Length,
  readBody(r, length) {
    const text = r.string(length)
    // Bytes that are no UTF-8 became replacement characters, which are longer, so that the text could not be sent back.
    const mayHaveGrown = length > longestString / 3
    if (mayHaveGrown && Buffer.byteLength(text) > longestString)
      throw new MalformedMessage('a string that is no UTF-8')
    return text
  },
  writeBody: (w, v, _d, length) => w.string(v, length),
})

/** Returns `Buffer.byteLength`, which takes longer to call than a short text takes to look through. */
function utf8Length(text: string): number {
  if (text.length > shortText) return Buffer.byteLength(text)
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > lastAscii) return Buffer.byteLength(text)
  return text.length
}

export const bytes = sized<Buffer, Uint8Array>({
  initial: Buffer.alloc(0),
  width: 'int32',
  shape: { kind: 'bytes' },
  lengthOf: v => v.length,
  readBody: (r, length) => r.bytes(length),
  writeBody: (w, v) => w.bytes(v),
})

/** Record batches; those of several reads are written one after the other without being joined. */
export const records = sized<Buffer, Buffer | readonly Buffer[]>({
  initial: Buffer.alloc(0),
  width: 'int32',
  shape: { kind: 'records' },
  lengthOf: v => (Array.isArray(v) ? v.reduce((sum, chunk) => sum + chunk.length, 0) : v.length),
  readBody: (r, length) => r.bytes(length),
  writeBody: (w, v) => {
    if (Buffer.isBuffer(v)) w.bytes(v)
    else for (const chunk of v) w.bytes(chunk)
  },
})

export function array<F extends Fields>(fields: F): Sized<Decoded<F>[], readonly Draft<F>[]>
export function array<Out, In>(item: Type<Out, In>): Sized<Out[], readonly In[]>
export function array(of: AnyType | Fields): unknown {
  const item: AnyType = isType(of) ? of : struct(of)
  return sized<unknown[]>({
    initial: [],
    width: 'int32',
    shape: { kind: 'array', item },
    lengthOf: v => v.length,
    readBody(r, length, d) {
      checkElements(length)
      r.elements(length)
      const values: unknown[] = []
      for (let i = 0; i < length; i++) values.push(item.read(r, d))
      return values
    },
    writeBody(w, values, d) {
      w.elements(values.length)
      for (const value of values) item.write(w, value, d)
    },
    async readBodyInTurns(r, length, d, turns) {
      checkElements(length)
      const values: unknown[] = []
      for (let i = 0; i < length; i++) {
        values.push(item.readInTurns ? await item.readInTurns(r, d, turns) : item.read(r, d))
        const pause = i % elementsAtOnce === 0 && turns.pause()
        if (pause) await pause
      }
      return values
    },
    async writeBodyInTurns(w, values, d, turns) {
      for (const [i, value] of values.entries()) {
        if (item.writeInTurns) await item.writeInTurns(w, value, d, turns)
        else item.write(w, value, d)
        const pause = i % elementsAtOnce === 0 && turns.pause()
        if (pause) await pause
      }
    },
  })
}

function checkElements(length: number): void {
  if (length > mostElements) throw new MalformedMessage(`an array of ${length} elements`)
}

const isType = (of: AnyType | Fields): of is AnyType => typeof of.read === 'function'

/** Allows null from version `from` on; it is also the default. */
export function nullable<Out, In>(type: Sized<Out, In>, from = 0): Fixed<Out | null, In | null> {
  const { readBodyInTurns, writeInTurns } = type
  const presentLength = (r: Reader, d: Dialect): number | null => {
    const length = readLength(r, d, type.width)
    if (length >= 0) return length
    if (d.version < from) throw new MalformedMessage(`null for a ${type.shape.kind} before version ${from}`)
    return null
  }
  const writeNull = (w: Writer, d: Dialect): void => {
    if (d.version < from) throw new RangeError(`null for a ${type.shape.kind} before version ${from}`)
    writeLength(w, -1, d, type.width)
  }
  return {
    ...everywhere,
    initial: null,
    shape: { ...type.shape, nullableFrom: from },
    read(r, d) {
      const length = presentLength(r, d)
      return length === null ? null : type.readBody(r, length, d)
    },
    write(w, value, d) {
      if (value === null) writeNull(w, d)
      else type.write(w, value, d)
    },
    ...(readBodyInTurns && {
      async readInTurns(r, d, turns) {
        const length = presentLength(r, d)
        return length === null ? null : readBodyInTurns(r, length, d, turns)
      },
    }),
    ...(writeInTurns && {
      async writeInTurns(w, value, d, turns) {
        if (value === null) writeNull(w, d)
        else await writeInTurns(w, value, d, turns)
      },
    }),
  }
}

/** Encodes a struct or null: one byte tells which. */
export function nullableStruct<F extends Fields>(
  fields: F,
  from = 0,
): Fixed<Decoded<F> | null, Draft<F> | null> {
  const present = struct(fields)
  const { readInTurns, writeInTurns } = present
  const isNull = (r: Reader, d: Dialect): boolean => d.version >= from && r.int8() < 0
  const writePresence = (w: Writer, value: unknown, d: Dialect): void => {
    if (d.version >= from) w.int8(value === null ? -1 : 1)
  }
  return {
    ...everywhere,
    initial: null,
    shape: { ...present.shape, nullableFrom: from },
    read: (r, d) => (isNull(r, d) ? null : present.read(r, d)),
    write(w, value, d) {
      writePresence(w, value, d)
      if (value !== null) present.write(w, value, d)
    },
    ...(readInTurns && {
      readInTurns: async (r, d, turns) => (isNull(r, d) ? null : readInTurns(r, d, turns)),
    }),
    ...(writeInTurns && {
      async writeInTurns(w, value, d, turns) {
        writePresence(w, value, d)
        if (value !== null) await writeInTurns(w, value, d, turns)
      },
    }),
  }
}

/** Encodes a struct or null as a tagged field: there Kafka tells it by a varint, and its default is an empty struct. */
export function nullableTaggedStruct<F extends Fields>(fields: F): Fixed<Decoded<F> | null, Draft<F> | null> {
  const present = struct(fields)
  return {
    ...everywhere,
    initial: present.initial,
    shape: { ...present.shape, nullableFrom: 0 },
    read: (r, d) => (r.unsignedVarint() === 0 ? null : present.read(r, d)),
    write(w, value, d) {
      w.unsignedVarint(value === null ? 0 : 1)
      if (value !== null) present.write(w, value, d)
    },
  }
}

/** Encodes a field from this version on; a writer may leave it out. */
export function since<Out, In>(version: number, type: Type<Out, In>): Defaulted<Out, In>
export function since<Out, In>(version: number, type: Type<Out, In>, initial: Out): Defaulted<Out, In>
export function since(version: number, type: AnyType, ...initial: unknown[]): AnyType {
  return { ...type, ...(initial.length > 0 ? { initial: initial[0] } : {}), since: version, optional: true }
}

/** Encodes a field up to and including this version. */
export function until<Out, In>(version: number, type: Type<Out, In>): Defaulted<Out, In> {
  return { ...type, until: version, optional: true }
}

/** Encodes a field in every version; a writer may leave it out. */
export function optional<Out, In>(type: Type<Out, In>, initial: Out): Defaulted<Out, In> {
  return { ...type, initial, optional: true }
}

/** Leaves the field out silently in versions that lack it, whatever its value. */
export function ignorable<Out, In, O extends boolean>(type: Type<Out, In, O>): Type<Out, In, O> {
  return { ...type, ignorable: true }
}

/** Encodes the value with a plain length in flexible versions too. */
export function neverCompact<Out, In>(type: Fixed<Out, In>): Fixed<Out, In> {
  const rigid = (d: Dialect): Dialect => ({ version: d.version, flexible: false })
  if (type.readInTurns) throw new Error('arrays are never rigid')
  return {
    ...type,
    shape: { ...type.shape, neverCompact: true },
    read: (r, d) => type.read(r, rigid(d)),
    write: (w, value, d) => type.write(w, value, rigid(d)),
  }
}

/** Declares a tagged field (KIP-482): it is sent only when it differs from its default. */
export function tagged<Out, In>(tag: number, from: number, type: Type<Out, In>): Defaulted<Out, In>
export function tagged<Out, In>(
  tag: number,
  from: number,
  type: Type<Out, In>,
  initial: Out,
): Defaulted<Out, In>
export function tagged(tag: number, from: number, type: AnyType, ...initial: unknown[]): AnyType {
  return { ...since(from, type), ...(initial.length > 0 ? { initial: initial[0] } : {}), tag }
}

interface Field {
  readonly name: string
  readonly type: AnyType
}

/** The layout of a struct in one version. */
interface Plan {
  /** All fields as declared: those that are plain here are read, the others have their default at first. */
  readonly fields: readonly (Field & { readonly isPlain: boolean })[]
  readonly plain: readonly Field[]
  readonly tags: readonly Field[]
  readonly absent: readonly Field[]
}

export function struct<F extends Fields>(fields: F): Fixed<Decoded<F>, Draft<F>> {
  const all: Field[] = Object.entries(fields).map(([name, type]) => ({ name, type }))
  const initial = Object.fromEntries(all.map(({ name, type }) => [name, type.initial])) as Decoded<F>
  const plans: Plan[] = []

  const planOf = (version: number): Plan => {
    const known = plans[version]
    if (known) return known
    const there = ({ type }: Field) => type.since <= version && version <= type.until
    const isPlain = (field: Field) => there(field) && field.type.tag === undefined
    const plan: Plan = {
      fields: all.map(field => ({ ...field, isPlain: isPlain(field) })),
      plain: all.filter(isPlain),
      tags: all
        .filter(field => there(field) && field.type.tag !== undefined)
        .sort((a, b) => (a.type.tag as number) - (b.type.tag as number)),
      absent: all.filter(field => !there(field)),
    }
    plans[version] = plan
    return plan
  }

  return {
    ...everywhere,
    initial,
    shape: { kind: 'struct', fields },
    read(r, d) {
      const plan = planOf(d.version)
      const value: Record<string, unknown> = {}
      for (const { name, type, isPlain } of plan.fields)
        value[name] = isPlain ? type.read(r, d) : type.initial
      if (d.flexible) readTags(r, d, plan, value)
      return value as Decoded<F>
    },
    write(w, draft, d) {
      const plan = planOf(d.version)
      const value = draft as Record<string, unknown>
      if (!d.lenient) refuseAbsent(plan, value, d)
      for (const { name, type } of plan.plain) {
        const given = value[name]
        type.write(w, given === undefined ? type.initial : given, d)
      }
      if (d.flexible) writeTags(w, d, plan.tags, value)
    },
    ...(all.some(({ type }) => type.readInTurns) && inTurns(planOf)),
  }
}

/** Reads and writes a struct as `struct` does, with pauses in its arrays. */
function inTurns(planOf: (version: number) => Plan): Pick<AnyType, 'readInTurns' | 'writeInTurns'> {
  return {
    async readInTurns(r, d, turns) {
      const plan = planOf(d.version)
      const value: Record<string, unknown> = {}
      for (const { name, type, isPlain } of plan.fields) {
        if (!isPlain) value[name] = type.initial
        else value[name] = type.readInTurns ? await type.readInTurns(r, d, turns) : type.read(r, d)
      }
      if (d.flexible) readTags(r, d, plan, value)
      return value
    },
    async writeInTurns(w, value, d, turns) {
      const plan = planOf(d.version)
      if (!d.lenient) refuseAbsent(plan, value, d)
      for (const { name, type } of plan.plain) {
        const given = value[name] === undefined ? type.initial : value[name]
        if (type.writeInTurns) await type.writeInTurns(w, given, d, turns)
        else type.write(w, given, d)
      }
      if (d.flexible) writeTags(w, d, plan.tags, value)
    },
  }
}

function refuseAbsent({ absent }: Plan, value: Record<string, unknown>, { version }: Dialect): void {
  for (const { name, type } of absent) {
    if (!type.ignorable) refuseUnlessInitial(name, type, value[name], version)
  }
}

function refuseUnlessInitial(name: string, type: AnyType, value: unknown, version: number): void {
  if (value !== undefined && !same(value, type.initial)) {
    throw new RangeError(`${name} has a value, but version ${version} cannot carry it`)
  }
}

/** Tells whether a value is its default, and so need not be sent. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array || Array.isArray(a)) {
    return a.length === 0 && (b as { length?: number }).length === 0
  }
  return Object.entries(b).every(([name, initial]) => {
    const given = (a as Record<string, unknown>)[name]
    return given === undefined || same(given, initial)
  })
}

/**
 * Reads the tagged fields. They may come in any order, and a known one is read whatever its size, as Kafka does. A tag
 * that only another version knows is refused, not passed over.
 */
function readTags(r: Reader, d: Dialect, plan: Plan, value: Record<string, unknown>): void {
  const count = r.unsignedVarint()
  if (count > mostTaggedFields) throw new MalformedMessage(`${count} tagged fields`)
  for (let i = 0; i < count; i++) {
    const tag = r.unsignedVarint()
    const size = r.unsignedVarint()
    const is = ({ type }: Field) => type.tag === tag
    const field = plan.tags.find(is)
    if (field) value[field.name] = field.type.read(r, d)
    else if (plan.absent.some(is)) throw new MalformedMessage(`tag ${tag} in version ${d.version}`)
    else r.bytes(size)
  }
}

function writeTags(w: Writer, d: Dialect, known: readonly Field[], value: Record<string, unknown>): void {
  const present = known.filter(
    ({ name, type }) => value[name] !== undefined && !same(value[name], type.initial),
  )
  w.unsignedVarint(present.length)
  for (const { name, type } of present) {
    const body = new Writer(64)
    type.write(body, value[name], d)
    w.unsignedVarint(type.tag as number)
    w.unsignedVarint(body.length)
    for (const chunk of body.chunks()) w.bytes(chunk)
  }
}

/**
 * A request and its response, in all their versions; they are built when first asked for, since a broker meets few
 * APIs.
 */
// biome-ignore lint/suspicious/noExplicitAny: stands for every API where no particular one is meant
export interface Api<Req extends Fields = any, Res extends Fields = any> {
  readonly key: number
  readonly name: string
  readonly versions: readonly [oldest: number, newest: number]
  /** The first version with compact lengths and tags; Infinity where there is none. */
  readonly flexibleSince: number
  /** True where the newest version exists, but Kafka does not offer it to clients yet. */
  readonly newestUnstable: boolean
  readonly request: Type<Decoded<Req>, Draft<Req>>
  readonly response: Type<Decoded<Res>, Draft<Res>>
}

export function api<const Req extends Fields, const Res extends Fields>(spec: {
  key: number
  name: string
  versions: readonly [number, number]
  flexibleSince: number
  newestUnstable?: boolean
  request: () => Req
  response: () => Res
}): Api<Req, Res> {
  const request = once(() => struct(spec.request()))
  const response = once(() => struct(spec.response()))
  return {
    ...spec,
    newestUnstable: spec.newestUnstable ?? false,
    get request() {
      return request()
    },
    get response() {
      return response()
    },
  }
}

export type RequestOf<A> = A extends Api<infer Req, infer _Res> ? Decoded<Req> : never
export type ResponseOf<A> = A extends Api<infer _Req, infer Res> ? Draft<Res> : never

/** A message that is not exchanged but stored, in a journal's records, or framed (the headers). */
export interface Message<F extends Fields> {
  readonly name: string
  /** The number that tells the type of a record: the apiKey of the protocol's description. */
  readonly key?: number
  readonly versions: readonly [oldest: number, newest: number]
  readonly flexibleSince: number
  readonly body: Type<Decoded<F>, Draft<F>>
}

export function message<const F extends Fields>(spec: {
  name: string
  key?: number
  versions: readonly [number, number]
  flexibleSince: number
  fields: () => F
}): Message<F> {
  const body = once(() => struct(spec.fields()))
  return {
    ...spec,
    get body() {
      return body()
    },
  }
}

export type ValueOf<M> = M extends Message<infer F> ? Decoded<F> : never
export type DraftOf<M> = M extends Message<infer F> ? Draft<F> : never

export const dialectOf = (of: { flexibleSince: number }, version: number, lenient = false): Dialect => ({
  version,
  flexible: version >= of.flexibleSince,
  lenient,
})
