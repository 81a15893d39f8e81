import type { StoredMember, StoredProgress } from '../stored/consumer-facts.js'
import { type HeldPartitions, listed, sameHeld } from './partitions.js'
import type { MemberState, Progress } from './reconcile.js'

/** A member of a consumer group: its description, as it gives it, and the partitions that it has. */
export interface ConsumerMember extends Progress {
  readonly id: string
  readonly about: StoredMember
}

/** The epoch in which a member joins or joins again. */
export const joiningEpoch = 0
/** The epoch by which a member says that it leaves, and the one by which a static member leaves for a while. */
export const leavingEpoch = -1
export const leavingForAWhileEpoch = -2

const nothing: HeldPartitions = new Map()

/** A member that has not said anything yet. */
export const newMember = (id: string): ConsumerMember => ({
  id,
  epoch: joiningEpoch,
  previousEpoch: -1,
  state: 'stable',
  assigned: nothing,
  revoking: nothing,
  about: {
    instanceId: null,
    rackId: null,
    clientId: '',
    clientHost: '',
    subscribedTopicNames: [],
    subscribedTopicRegex: '',
    rebalanceTimeoutMs: -1,
    serverAssignor: null,
    classicMemberMetadata: null,
  },
})

/** The regular expression that a member subscribes to, null without one. */
export const expressionOf = ({ about }: Pick<ConsumerMember, 'about'>): string | null =>
  about.subscribedTopicRegex === '' ? null : about.subscribedTopicRegex

export const speaksClassic = ({ about }: Pick<ConsumerMember, 'about'>): boolean =>
  about.classicMemberMetadata !== null

export const isReconciledTo = (member: Progress, epoch: number): boolean =>
  member.state === 'stable' && member.epoch === epoch

export const sameProgress = (a: Progress, b: Progress): boolean =>
  a.epoch === b.epoch &&
  a.previousEpoch === b.previousEpoch &&
  a.state === b.state &&
  sameHeld(a.assigned, b.assigned) &&
  sameHeld(a.revoking, b.revoking)

/** Tells whether two members give the same description of themselves. */
export function sameAbout(a: StoredMember, b: StoredMember): boolean {
  const { subscribedTopicNames: topics, classicMemberMetadata: classic, ...rest } = a
  const { subscribedTopicNames: otherTopics, classicMemberMetadata: otherClassic, ...others } = b
  return (
    Object.entries(rest).every(([name, value]) => value === others[name as keyof typeof others]) &&
    sameTopics(topics, otherTopics) &&
    sameClassic(classic, otherClassic)
  )
}

/** Sorts names as members keep them: in order and without repetitions. */
export const sortedTopics = (topics: string[]): string[] =>
  rises(topics) ? topics : [...new Set(topics)].sort()

function rises(topics: readonly string[]): boolean {
  for (let i = 1; i < topics.length; i++) {
    if ((topics[i - 1] as string) >= (topics[i] as string)) return false
  }
  return true
}

export function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  if (a !== b) for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function sameClassic(a: StoredMember['classicMemberMetadata'], b: typeof a): boolean {
  if (a === null || b === null) return a === b
  return (
    a.sessionTimeoutMs === b.sessionTimeoutMs &&
    a.supportedProtocols.length === b.supportedProtocols.length &&
    a.supportedProtocols.every(({ name, metadata }, i) => {
      const other = b.supportedProtocols[i]
      return name === other?.name && metadata.equals(other.metadata)
    })
  )
}

/** The numbers of the states in records. */
const stateNumbers: Readonly<Record<MemberState, number>> = { stable: 0, unrevoked: 1, unreleased: 2 }

export const storedProgress = (member: Progress): StoredProgress => ({
  memberEpoch: member.epoch,
  previousMemberEpoch: member.previousEpoch,
  state: stateNumbers[member.state],
  assignedPartitions: storedPartitions(member.assigned),
  partitionsPendingRevocation: storedPartitions(member.revoking),
})

export function restoredProgress(stored: StoredProgress): Progress {
  const { memberEpoch: epoch, previousMemberEpoch: previousEpoch } = stored
  const states = Object.keys(stateNumbers) as MemberState[]
  return {
    epoch,
    previousEpoch,
    state: states.find(state => stateNumbers[state] === stored.state) ?? 'stable',
    assigned: restoredPartitions(stored.assignedPartitions, epoch),
    revoking: restoredPartitions(stored.partitionsPendingRevocation, epoch),
  }
}

const storedPartitions = (held: HeldPartitions): StoredProgress['assignedPartitions'] =>
  listed(held).map(({ topicId, partitions }) => {
    const epochs = held.get(topicId)
    return { topicId, partitions, assignmentEpochs: partitions.map(each => epochs?.get(each) as number) }
  })

/** Restores partitions with their epochs; those kept before Kafka 4.3 have none, and take the member's. */
function restoredPartitions(
  topics: StoredProgress['assignedPartitions'],
  memberEpoch: number,
): HeldPartitions {
  const held = new Map<string, Map<number, number>>()
  for (const { topicId, partitions, assignmentEpochs } of topics) {
    const epochs = new Map<number, number>()
    for (let i = 0; i < partitions.length; i++) {
      epochs.set(partitions[i] as number, assignmentEpochs?.[i] ?? Math.max(memberEpoch, 0))
    }
    held.set(topicId, epochs)
  }
  return held
}
