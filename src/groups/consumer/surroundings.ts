import type { Assignor } from './assignor.js'
import type { TopicsView } from './topics-view.js'

/** What consumer groups need from outside; settings are read anew each time, so that a change acts at once. */
export interface ConsumerSurroundings {
  readonly topics: TopicsView
  /** Compiles a regular expression; INVALID_REGULAR_EXPRESSION when it is none. */
  compile(expression: string): (text: string) => boolean
  readonly maxSize: number
  /** Whether a classic group may become a consumer group, and the other way round (`group.consumer.migration.policy`). */
  readonly migration: { readonly up: boolean; readonly down: boolean }
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** How long a target holds at least. */
  readonly assignmentIntervalMs: number
  readonly expressionRefreshMs: number
  /** Those that clients may choose from, the default one first. */
  readonly assignors: ReadonlyMap<string, Assignor>
}
