import { readFileSync } from 'node:fs'

/** One message of the protocol as it is described upstream: what the declarations are held against. */
export interface MessageFact {
  readonly name: string
  readonly type: string
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly latestVersionUnstable?: boolean
  readonly fields: readonly FieldFact[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldFact[] }[]
}

export interface FieldFact {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly flexibleVersions?: string
  readonly tag?: number
  readonly default?: unknown
  readonly ignorable?: boolean
  readonly fields?: readonly FieldFact[]
}

const file = new URL('../fixtures/messages.json', import.meta.url)
const all: readonly MessageFact[] = JSON.parse(readFileSync(file, 'utf8'), inAllTaggedVersions)
const byName = new Map(all.map(fact => [fact.name, fact]))

export function messageFact(name: string): MessageFact {
  const fact = byName.get(name)
  if (!fact) throw new Error(`no facts about ${name}`)
  return fact
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Parses a range of versions: '3', '3-5', '3+' or 'none'. */
export function parseRange(text: string): Range {
  if (text === 'none') return { from: Infinity, to: -Infinity }
  const [from, to] = text.split('-')
  if (text.endsWith('+')) return { from: Number.parseInt(text, 10), to: Infinity }
  return { from: Number(from), to: Number(to ?? from) }
}

export const holds = (range: string | undefined, version: number): boolean => {
  if (range === undefined) return false
  const { from, to } = parseRange(range)
  return version >= from && version <= to
}

/** A field that is always a tag may leave out the versions that it is in. */
function inAllTaggedVersions(_key: string, value: Partial<FieldFact> | undefined): unknown {
  return value?.taggedVersions && !value.versions ? { ...value, versions: value.taggedVersions } : value
}
