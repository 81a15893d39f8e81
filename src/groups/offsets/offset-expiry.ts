import type { KindOfGroup } from '../shared/kind-of-group.js'
import type { StoredOffset } from '../stored/group-facts.js'

/**
 * Tells whether an offset has outlived `offsets.retention.minutes` (KIP-211). The time runs from the commit for groups
 * without members of their own, for consumer groups and for topics that classic consumers have given up, and from the
 * moment the group became empty for all other groups. While a group works, its offsets stay.
 */
export function isExpired(
  group: Pick<
    KindOfGroup,
    'type' | 'state' | 'protocolType' | 'sinceMs' | 'subscribedTopics' | 'usesConsumerProtocol'
  >,
  topic: string,
  offset: Pick<StoredOffset, 'commitTimestamp' | 'expireTimestamp'>,
  nowMs: number,
  retentionMs: number,
): boolean {
  if (isSubscribed(group, topic)) return false
  const fromMs = retainedFrom(group, Number(offset.commitTimestamp))
  if (fromMs === null) return false
  return offset.expireTimestamp === -1n
    ? nowMs - fromMs >= retentionMs
    : nowMs >= Number(offset.expireTimestamp)
}

/**
 * Tells whether a group subscribes to a topic. A consumer group whose subscriptions cannot be read may subscribe to
 * any.
 */
export const isSubscribed = (
  group: Pick<KindOfGroup, 'subscribedTopics' | 'usesConsumerProtocol'>,
  topic: string,
): boolean => group.subscribedTopics?.has(topic) ?? group.usesConsumerProtocol

function retainedFrom(
  group: Pick<KindOfGroup, 'type' | 'state' | 'protocolType' | 'sinceMs' | 'subscribedTopics'>,
  committedMs: number,
): number | null {
  if (group.protocolType === null || group.type === 'consumer') return committedMs
  if (group.state === 'Empty') return group.sinceMs ?? committedMs
  return group.state === 'Stable' && group.subscribedTopics !== null ? committedMs : null
}
