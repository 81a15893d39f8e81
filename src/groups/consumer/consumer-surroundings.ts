import type { Assignor } from './assignor.js'
import type { TopicsView } from './topics-view.js'

/**
 * The means that consumer groups need from outside. Settings are read anew each time, so that a change acts at once.
 */
export interface ConsumerSurroundings {
  readonly topics: TopicsView
  /** Compiles a regular expression; INVALID_REGULAR_EXPRESSION when it is none. */
  compile(expression: string): (text: string) => boolean
  readonly maxSize: number
  /**
   * True in `up` where a classic group may become a consumer group, and in `down` for the other way round
   * (`group.consumer.migration.policy`).
   */
  readonly migration: { readonly up: boolean; readonly down: boolean }
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  /** The least time for which a target holds. */
  readonly assignmentIntervalMs: number
  readonly expressionRefreshMs: number
  /** The assignors that clients may choose from, the default one first. */
  readonly assignors: ReadonlyMap<string, Assignor>
}
