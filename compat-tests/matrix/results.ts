import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = new URL('./results', import.meta.url).pathname

/** The outcome of a scenario with a client; `cannot` is the reason where the client lacks such a thing. */
export type Outcome = 'passed' | 'failed' | { readonly cannot: string }

/** One column of the table, as its last whole run left it. */
export interface Results {
  readonly client: string
  readonly language: string
  readonly version: string
  readonly outcomes: Record<string, Outcome>
}

/** Keeps a column in a file of its own, so that the documents can be printed without running every client. */
export function keep(name: string, results: Results): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`)
}

/** A client that wrote with a codec and read what every client wrote with it, if it can. */
export interface CodecUse {
  readonly client: string
  readonly cannotRead?: string
}

export type Codecs = Readonly<Record<string, readonly CodecUse[]>>

const codecsFile = new URL('./codecs.json', import.meta.url).pathname

export const keepCodecs = (codecs: Codecs): void =>
  writeFileSync(codecsFile, `${JSON.stringify(codecs, null, 2)}\n`)

export const keptCodecs = (): Codecs => JSON.parse(readFileSync(codecsFile, 'utf8')) as Codecs

/** All columns, by name of the client. */
export function kept(): readonly Results[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results)
    .sort((a, b) => a.client.localeCompare(b.client))
}
