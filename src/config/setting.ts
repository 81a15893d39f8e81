export type Scope = 'broker' | 'topic' | 'group'

/** One setting: what it is called, what it may be, and what it does. */
export interface Setting {
  readonly name: string
  readonly type: 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD'
  /** As text; null where there is none. */
  readonly default: string | null
  /** What Kafka says is valid; `[least,...,most]`, `[one, another]`, or words. */
  readonly valid?: string
  /** What a value must look like, where `valid` says it in words that only people read. */
  readonly pattern?: RegExp
  /** A list that must have a value. */
  readonly filled?: true
  /** Who may change it while the broker runs; absent: nobody. */
  readonly dynamic?: 'per-broker' | 'cluster-wide'
  /** One sentence on what it does; absent: it is known, and has no effect. */
  readonly doc?: string
  /** Kafka's own default, where ours differs; `--parity` uses it. */
  readonly parity?: string
}

export const withoutEffect = 'Known, so that settings made for Kafka are accepted; it has no effect.'
