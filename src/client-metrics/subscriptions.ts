import type { BrokerConfig } from '../config/broker-config.js'
import { type ClientAttributes, compileMatch } from '../config/client-match.js'
import { listOf } from '../config/validate.js'
import type { MetadataStore } from '../engine/metadata-store.js'

/** The metrics that are wanted of a client. */
export interface Wanted {
  /** The prefixes of their names; `*` alone stands for all. */
  readonly metrics: readonly string[]
  readonly pushIntervalMs: number
}

interface Subscription extends Wanted {
  readonly matches: (client: ClientAttributes) => boolean
}

const allMetrics = '*'

/** The subscriptions to metrics of clients, which are the `client-metrics` resources of the metadata (KIP-714). */
export class Subscriptions {
  #all: readonly Subscription[] | null = null
  /** A number that rises with every change. */
  version = 0

  constructor(
    private readonly metadata: MetadataStore,
    private readonly config: BrokerConfig,
  ) {
    metadata.onChange(change => {
      if (change.kind !== 'config-changed' || change.resource.kind !== 'clientMetrics') return
      this.version += 1
      this.#all = null
    })
  }

  /** Puts together what all subscriptions want that match the client; the shortest interval counts. */
  wantedOf(client: ClientAttributes): Wanted {
    this.#all ??= [...this.metadata.configured('clientMetrics')].map(name => this.#subscription(name))
    const matching = this.#all.filter(({ matches }) => matches(client))
    const metrics = new Set(matching.flatMap(subscription => subscription.metrics))
    return {
      metrics: metrics.has(allMetrics) ? [allMetrics] : [...metrics],
      pushIntervalMs: Math.min(this.#usualMs, ...matching.map(({ pushIntervalMs }) => pushIntervalMs)),
    }
  }

  #subscription(name: string): Subscription {
    const overrides = this.metadata.overrides({ kind: 'clientMetrics', name })
    const text = (key: string) => overrides.get(key) ?? this.config.defaultOf('clientMetrics', key)
    return {
      metrics: listOf(text('metrics')),
      pushIntervalMs: Number(text('interval.ms')),
      matches: compileMatch(listOf(text('match'))),
    }
  }

  get #usualMs(): number {
    return Number(this.config.defaultOf('clientMetrics', 'interval.ms'))
  }
}
