import type { Partitions } from './partitions.js'

/** A member as an assignor sees it. */
export interface Assignee {
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null
  /** The topics that it reads, of those that exist. */
  readonly topicIds: ReadonlySet<string>
  /** What it was assigned the last time. */
  readonly assigned: Partitions
}

export interface Assignees {
  /** By member id. */
  readonly members: ReadonlyMap<string, Assignee>
  /** All members read the same topics. */
  readonly homogeneous: boolean
  partitionCountOf(topicId: string): number
}

/** Shares out all partitions of all topics among those who read them; a member that gets nothing may be left out. */
export type Assignor = (to: Assignees) => ReadonlyMap<string, Partitions>
