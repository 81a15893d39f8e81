import { newestOffered } from '../../src/dispatch/served-apis.js'
import type { Api } from '../../src/wire/schema.js'
import type { Difference } from './differences.js'
import type { Stage } from './stage.js'

/**
 * A conversation with a broker that Apache Kafka and Ottla must answer alike. Its name is a sentence;
 * error names in it must occur in Kafka's answers, so that the sentence is true.
 */
export interface Scenario {
  readonly name: string
  readonly play: (at: Stage) => Promise<void>
  /** The difference where Ottla means to answer otherwise; then it must. */
  readonly differs?: Difference
  /** True where it sees or changes more than its own, so that no other may be played meanwhile. */
  readonly alone?: boolean
}

type Options = Pick<Scenario, 'differs' | 'alone'>

export function scenario(name: string, play: Scenario['play'], options: Options = {}): Scenario {
  return { name, play, ...options }
}

/** Makes a scenario for every version that both brokers have, or for these. */
export function eachVersion(
  api: Api,
  sentence: string,
  play: (at: Stage, version: number) => Promise<unknown>,
  { versions = allOf(api), ...options }: Options & { readonly versions?: readonly number[] } = {},
): Scenario[] {
  return versions.map(version =>
    scenario(
      `${sentence}, in version ${version}`,
      async at => {
        await play(at, version)
      },
      options,
    ),
  )
}

/** The newest versions of APIs of which Ottla has one from Kafka 4.4, which Kafka 4.3 lacks. */
const newestInKafka: Readonly<Record<string, number>> = {
  ApiVersions: 4,
  TxnOffsetCommit: 5,
  DeleteGroups: 2,
}

function allOf(api: Api): number[] {
  const [oldest] = api.versions
  const newest = newestInKafka[api.name] ?? newestOffered(api)
  return Array.from({ length: newest - oldest + 1 }, (_, i) => oldest + i)
}

/** Scenarios about one family of APIs. */
export interface Family {
  readonly name: string
  /** Lines of the server.properties of every broker that plays them. */
  readonly settings?: Settings
  readonly scenarios: readonly Scenario[]
}

export type Settings = Readonly<Record<string, string>>
