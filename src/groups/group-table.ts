import type { OwnCommand } from '../coordinator/replayed-partitions.js'
import { KafkaError } from '../wire/errors.js'
import { ClassicGroup } from './classic/classic-group.js'
import { ConsumerGroup } from './consumer/consumer-group.js'
import type { ConsumerSurroundings } from './consumer/consumer-surroundings.js'
import { downgrade } from './downgrade.js'
import { GroupOffsets } from './offsets/group-offsets.js'
import type { GroupSurroundings } from './shared/group-surroundings.js'
import type { GroupFact } from './stored/group-facts.js'

/** The means that groups of all kinds need from outside. */
export interface AllSurroundings extends GroupSurroundings {
  readonly consumer: ConsumerSurroundings
}

/** A group: its members, who share out the work in one of two ways, and its committed offsets. */
export interface Group {
  members: ClassicGroup | ConsumerGroup
  readonly offsets: GroupOffsets
}

/** The groups of one partition by their ids. A group may go on as one of the other kind, and keeps its offsets. */
export class GroupTable {
  readonly #groups = new Map<string, Group>()
  #live = false

  constructor(private readonly around: (groupId: string) => AllSurroundings) {}

  [Symbol.iterator](): Iterator<[groupId: string, group: Group]> {
    return this.#groups.entries()
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  existing(groupId: string): Group {
    const group = this.#groups.get(groupId)
    if (!group) throw new KafkaError('GROUP_ID_NOT_FOUND', notFound(groupId))
    return group
  }

  /**
   * The members of a group. UNKNOWN_MEMBER_ID where there is none, for a member cannot tell this from being unknown
   * itself.
   */
  withMembers(groupId: string): Group['members'] {
    const group = this.#groups.get(groupId)
    if (!group) throw new KafkaError('UNKNOWN_MEMBER_ID')
    return group.members
  }

  /** Gives the group, and makes one where there is none: a classic group without members. */
  made(groupId: string): Group {
    const found = this.#groups.get(groupId)
    if (found) return found
    const group = { members: this.#newClassic(groupId), offsets: new GroupOffsets() }
    this.#groups.set(groupId, group)
    return group
  }

  /** Gives the group as a classic one, which it becomes if it is not. */
  classic(groupId: string): ClassicGroup {
    const group = this.made(groupId)
    if (group.members.type === 'classic') return group.members
    return become(group, this.#newClassic(groupId))
  }

  /** Gives the group as a consumer group, which it becomes if it is not. */
  consumers(groupId: string): ConsumerGroup {
    const group = this.made(groupId)
    if (group.members.type === 'consumer') return group.members
    return become(group, this.newConsumers(groupId))
  }

  /** Takes out a group's members; its offsets, if there are some, stay as those of a simple group. */
  dissolve(groupId: string): void {
    const group = this.#groups.get(groupId)
    if (!group) return
    if (group.members.type === 'classic') group.members.apply(null)
    become(group, this.#newClassic(groupId))
    if (group.offsets.size === 0) this.#groups.delete(groupId)
  }

  /** Makes a consumer group that is not in the table yet. */
  newConsumers(groupId: string): ConsumerGroup {
    const around = this.around(groupId)
    return new ConsumerGroup(groupId, around, around.consumer, (group, changes, reason) => {
      const { topics } = around.consumer
      const now = { topics, nowMs: around.timers.now(), settled: reason === null }
      const { facts, members } = downgrade(groupId, group, changes, now)
      return { facts, kept: () => this.classic(groupId).wasConsumerGroup(members, reason) }
    })
  }

  /** The commands to run once the replay is over, one for each group. */
  *goLive(): Generator<OwnCommand<GroupFact>> {
    this.#live = true
    for (const [subject, { members }] of this.#groups) yield { subject, step: () => members.goLive() }
  }

  close(error: KafkaError): void {
    for (const { members } of this.#groups.values()) members.close(error)
    this.#groups.clear()
  }

  #newClassic(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, this.around(groupId))
    if (this.#live) group.goLive()
    return group
  }
}

function become<Members extends Group['members']>(group: Group, members: Members): Members {
  group.members.close(new KafkaError('REBALANCE_IN_PROGRESS'))
  group.members = members
  return members
}

export const notFound = (groupId: string): string => `Group ${groupId} not found.`
