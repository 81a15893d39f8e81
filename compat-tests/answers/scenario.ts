import type { Difference } from './differences.js'
import type { Stage } from './stage.js'

/**
 * A conversation with a broker that Apache Kafka and Ottla must answer alike. Its name is a sentence;
 * error names in it must occur in Kafka's answers, so that the sentence is true.
 */
export interface Scenario {
  readonly name: string
  readonly play: (at: Stage) => Promise<void>
  /** Where Ottla means to answer otherwise; then it must. */
  readonly differs?: Difference
}

export function scenario(
  name: string,
  play: Scenario['play'],
  options: Pick<Scenario, 'differs'> = {},
): Scenario {
  return { name, play, ...options }
}

/** Scenarios about one family of APIs. */
export interface Family {
  readonly name: string
  /** Lines of the server.properties of every broker that plays them. */
  readonly settings?: Settings
  readonly scenarios: readonly Scenario[]
}

export type Settings = Readonly<Record<string, string>>
