import type { Partitions } from './partitions.js'

/** A member as an assignor sees it. */
export interface Assignee {
  /** The name of a static member (KIP-345); null for a dynamic one. */
  readonly instanceId: string | null
  /** The topics that the member reads, of those that exist. */
  readonly topicIds: ReadonlySet<string>
  /** The partitions that the member was assigned the last time. */
  readonly assigned: Partitions
}

export interface Assignees {
  /** The members by their ids. */
  readonly members: ReadonlyMap<string, Assignee>
  /** True where all members read the same topics. */
  readonly homogeneous: boolean
  partitionCountOf(topicId: string): number
}

/**
 * Shares out all partitions of all topics among the members that read them; a member that gets none may be left out.
 */
export type Assignor = (to: Assignees) => ReadonlyMap<string, Partitions>
