/**
 * The steps that a scenario may ask of a client: the lines that go to its driver, and the driver's answers.
 *
 * A driver is one small program in the client's language. It gets the bootstrap address as its argument, says
 * `{"ready":{"version":"..."}}`, then reads `{"id":1,"step":"createTopic",...}` and answers `{"id":1,"answer":{...}}`,
 * `{"id":1,"error":{"code":3,"message":"..."}}` with Kafka's code of the error (or null where the client has none), or
 * `{"id":1,"cannot":"why"}` when the client has no such thing. It says unasked what its consumers meet, as an `Event`.
 * When its input ends it closes what it holds and leaves.
 */
export interface Steps {
  createTopic: {
    ask: { topic: string; partitions: number; configs?: Record<string, string> }
    answer: object
  }
  describeTopic: { ask: { topic: string }; answer: { partitions: number } }
  listTopics: { ask: object; answer: { topics: string[] } }
  growTopic: { ask: { topic: string; partitions: number }; answer: object }
  deleteTopic: { ask: { topic: string }; answer: object }
  produce: { ask: Produce; answer: { offsets: (number | null)[] } }
  /** The first offset of a partition, and the one after its last. */
  watermarks: { ask: { topic: string; partition: number }; answer: { low: number; high: number } }
  /** The offset of the first record that is not older, or -1 (or the end, in some clients) without one. */
  offsetAt: { ask: { topic: string; partition: number; timestamp: number }; answer: { offset: number } }
  committed: { ask: { group: string; topic: string; partition: number }; answer: { offset: number } }
  assign: { ask: { consumer: string; topic: string; partition: number; offset: number }; answer: object }
  subscribe: { ask: Subscribe; answer: object }
  /** Commits, in the consumer's group, all that was reported as `records` so far. */
  commit: { ask: { consumer: string }; answer: object }
  close: { ask: { consumer: string }; answer: object }
}

export type StepName = keyof Steps

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]

/** A record as it travels in these lines: bytes are base64, times milliseconds. */
export interface SentRecord {
  readonly key: string | null
  readonly value: string | null
  readonly headers?: readonly (readonly [string, string | null])[]
  readonly partition?: number
  readonly timestamp?: number
}

export interface ReadRecord extends Required<SentRecord> {
  readonly topic: string
  readonly offset: number
}

export interface Produce {
  readonly topic: string
  readonly records: readonly SentRecord[]
  readonly codec?: Codec
  readonly acks?: 0 | 1 | -1
  readonly idempotent?: boolean
  /** The largest request that the client itself sends (max.request.size): raised, so that the broker decides. */
  readonly maxBytes?: number
}

/** Joins a group that starts at the earliest offset. */
export interface Subscribe {
  readonly consumer: string
  readonly group: string
  /** The topics, or else a pattern, which is a regular expression that begins with ^. */
  readonly topics?: readonly string[]
  readonly pattern?: string
  /** True where partitions or topics that come later and match are read as well. */
  readonly follows?: boolean
  /** `classic` without it; groups of KIP-848 have no use for an assignor nor for a session timeout of the member's. */
  readonly protocol?: 'classic' | 'consumer'
  /** `range` without it. */
  readonly assignor?: 'range' | 'cooperative-sticky'
  readonly instanceId?: string
  readonly sessionTimeoutMs?: number
  /** Null: only `commit` commits. */
  readonly autoCommitMs: number | null
}

/** The lines that a driver prints unasked about one of its consumers. */
export type Event =
  | { readonly event: 'records'; readonly consumer: string; readonly records: readonly ReadRecord[] }
  | { readonly event: 'assigned' | 'revoked'; readonly consumer: string; readonly partitions: Partitions }
  | {
      readonly event: 'error'
      readonly consumer: string
      readonly code: number | null
      readonly message: string
    }

export type Partitions = readonly (readonly [topic: string, partition: number])[]
