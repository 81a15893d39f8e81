export type Scope = 'broker' | 'topic' | 'group' | 'clientMetrics'

/** One setting: its name, its valid values, and its effect. */
export interface Setting {
  readonly name: string
  readonly type: 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD'
  /** The default as text; null where there is none. */
  readonly default: string | null
  /** The valid values in Kafka's words; `[least,...,most]`, `[one, another]`, or prose. */
  readonly valid?: string
  /** The form of a value, where `valid` says it in words that only people read. */
  readonly pattern?: RegExp
  /** True for a list that must have a value. */
  readonly filled?: true
  /** The scope in which it may be changed while the broker runs; without one it may not. */
  readonly dynamic?: 'per-broker' | 'cluster-wide'
  /** One sentence on what the setting does; without one it is known, and has no effect. */
  readonly doc?: string
  /** Kafka's own default, where ours differs; `--parity` uses it. */
  readonly parity?: string
}

export const withoutEffect = 'Known, so that settings made for Kafka are accepted; it has no effect.'
