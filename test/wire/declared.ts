import { readdirSync } from 'node:fs'
import { apis } from '../../src/wire/apis/index.js'
import { requestHeader, responseHeader } from '../../src/wire/header.js'
import { type Dialect, dialectOf, type Message, type Type } from '../../src/wire/schema.js'

/** Any declared message: a request, a response, a header, or what a journal stores. */
export interface Declared {
  /** The name of Kafka's class for it, without `Data`. */
  readonly name: string
  readonly versions: readonly [oldest: number, newest: number]
  readonly flexibleSince: number
  readonly type: Type<unknown>
  readonly key?: number
  /** True for an API whose newest version is unstable. */
  readonly newestUnstable?: boolean
}

const headers = [requestHeader, responseHeader].map(ofMessage)
const exchanged = apis.flatMap(api => [
  { ...api, name: `${api.name}Request`, type: api.request as Type<unknown> },
  { ...api, name: `${api.name}Response`, type: api.response as Type<unknown> },
])

/** Every declaration there is; those that are stored or passed on are found in each `records.ts` below src, and in `consumer-protocol.ts`. */
export const declared: readonly Declared[] = [...headers, ...exchanged, ...(await storedMessages())]

export function declaredAs(name: string): Declared {
  const found = declared.find(one => one.name === name)
  if (!found) throw new Error(`no message ${name} is declared`)
  return found
}

export const versionsOf = ({ versions: [oldest, newest] }: Declared): number[] =>
  Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i)

export const dialectsOf = (message: Declared): Dialect[] =>
  versionsOf(message).map(version => dialectOf(message, version))

async function storedMessages(): Promise<Declared[]> {
  const src = new URL('../../src/', import.meta.url)
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => name.replaceAll('\\', '/').replace(/\.ts$/, ''))
    .filter(name => /(^|\/)(([\w-]+-)?records|embedded-protocol)$/.test(name))
  const modules = await Promise.all(names.map(name => import(`../../src/${name}.ts`)))
  return modules.flatMap(module => Object.values(module).filter(isMessage).map(ofMessage))
}

function isMessage(value: unknown): value is Message<Record<string, never>> {
  return typeof value === 'object' && value !== null && 'body' in value && 'flexibleSince' in value
}

// biome-ignore lint/suspicious/noExplicitAny: a message of any fields
function ofMessage(message: Message<any>): Declared {
  return { ...message, type: message.body as Type<unknown> }
}
