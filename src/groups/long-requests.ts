import { asCoordinator } from '../coordinator/append-failure.js'
import { sortedInTurns, type Turns } from '../time/turns.js'
import { KafkaError } from '../wire/errors.js'
import type { ClusterTopics } from './consumer/cluster-topics.js'
import type { ConsumerHeartbeatRequest } from './consumer/consumer-requests.js'
import { fromListedInTurns } from './consumer/partitions.js'
import type { JoinRequest } from './shared/group-requests.js'
import type { CommitRequest } from './shared/offset-requests.js'
import { leastOffsetBytes } from './stored/group-facts.js'

/*
 * A command of a group runs in one turn of the event loop. So requests with very many elements are refused here, or
 * prepared in several turns, before their group is asked.
 */

/** The bounds of what one member may bring along. */
export interface Bounds {
  readonly mostProtocols: number
  /** The bytes of the largest record. */
  readonly maxBytes: number
}

/**
 * The reason why a member that joins is refused before its group looks at what it brings; null where it is not. Kafka
 * lets it join, and refuses the leader's assignment when the record with the metadata of all members is too large.
 */
export function refusalOf({ protocols }: Pick<JoinRequest, 'protocols'>, bounds: Bounds): KafkaError | null {
  // The protocols of each member are compared with those of all others.
  if (protocols.length > bounds.mostProtocols) return new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
  return protocols.some(({ metadata }) => metadata.length > bounds.maxBytes) ? tooLarge() : null
}

/** A heartbeat with more names or partitions than this is prepared in turns. */
const many = 1000

export function isLong({ subscribedTopicNames, topicPartitions }: ConsumerHeartbeatRequest): boolean {
  if (subscribedTopicNames !== null && subscribedTopicNames.length > many) return true
  let owned = 0
  for (const { partitions } of topicPartitions ?? []) owned += 1 + partitions.length
  return owned > many
}

/**
 * Prepares a long heartbeat: does in turns the work that grows with its lists. The last turn is young when it resolves.
 */
export async function prepared(
  request: ConsumerHeartbeatRequest,
  { maxBytes }: Bounds,
  topics: ClusterTopics,
  turns: Turns,
): Promise<ConsumerHeartbeatRequest> {
  const { subscribedTopicNames: names, topicPartitions } = request
  const subscribedTopicNames = names && (await ordered(names, maxBytes, turns))
  if (subscribedTopicNames) await topics.prepare(subscribedTopicNames, turns)
  const owned = topicPartitions && { owned: await fromListedInTurns(topicPartitions, turns) }
  await turns.next()
  return { ...request, subscribedTopicNames, ...owned }
}

/** Puts names as a member keeps them, in order and without repetitions; fails where no record would hold them. */
async function ordered(names: readonly string[], maxBytes: number, turns: Turns): Promise<string[]> {
  const unique = new Set<string>()
  let bytes = 0
  for (const name of names) {
    if (!unique.has(name)) bytes += name.length + 1
    if (bytes > maxBytes) throw tooLarge()
    unique.add(name)
    const pause = turns.pause()
    if (pause) await pause
  }
  return sortedInTurns([...unique], turns)
}

/**
 * Tells whether the offsets of one commit within a transaction are certainly more than a batch holds. As in Kafka they
 * are one batch, or none is kept.
 */
export function exceedsOneBatch({ groupId, offsets }: CommitRequest, { maxBytes }: Bounds): boolean {
  if (offsets.length <= many) return false
  let bytes = 0
  for (const { topic, metadata } of offsets) bytes += leastOffsetBytes(groupId, topic, metadata)
  return bytes > maxBytes
}

export const tooLarge = () => asCoordinator(new KafkaError('MESSAGE_TOO_LARGE'))
