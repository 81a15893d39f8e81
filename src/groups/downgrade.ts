import { type ClassicMember, metadataOf, storedMember } from './classic/classic-member.js'
import { chooseProtocol } from './classic/members.js'
import { ConsumerImage } from './consumer/consumer-image.js'
import type { ConsumerMember } from './consumer/consumer-member.js'
import { FactList, factsOf } from './consumer/fact-list.js'
import { forget } from './consumer/removal.js'
import { namesOf, type TopicsView } from './consumer/topics-view.js'
import { consumerProtocolType, writeAssignment } from './shared/embedded-protocol.js'
import type { ConsumerFact, StoredClassic } from './stored/consumer-facts.js'
import { type GroupFact, noGeneration } from './stored/group-facts.js'

export interface Downgrade {
  readonly facts: readonly GroupFact[]
  /** The members with all the protocols that they know, of which a classic group keeps only one. */
  readonly members: readonly ClassicMember[]
}

interface Circumstances {
  readonly topics: TopicsView
  readonly nowMs: number
  /**
   * True where nothing is left to share out. Otherwise the group has no leader yet, so that it rebalances after a crash
   * as well.
   */
  readonly settled: boolean
}

/**
 * The facts of a classic group whose members are those of a consumer group, once these changes are made to it: no
 * member there speaks the newer protocol any more. Each has the partitions that it should have.
 */
export function downgrade(
  groupId: string,
  group: ConsumerImage,
  changes: readonly ConsumerFact[],
  { topics, nowMs, settled }: Circumstances,
): Downgrade {
  const changed = new ConsumerImage()
  for (const fact of [...factsOf(groupId, group), ...changes]) changed.apply(fact)
  const downgraded = [...changed.members.values()].map(downgradedMember)
  const protocol = chooseProtocol(downgraded)
  const members = downgraded.map(member => ({
    ...member,
    assignment: writeAssignment(namesOf(changed.targetOf(member.id), topics), metadataOf(member, protocol)),
  }))
  const facts = new FactList(groupId)
  forget(changed, facts)
  const value = {
    ...noGeneration(nowMs),
    protocolType: consumerProtocolType,
    generation: group.epoch,
    protocol,
    leader: settled ? (members[0]?.id ?? null) : null,
    members: members.map(member => storedMember(member, protocol, member.assignment)),
  }
  return { members, facts: [...changes, ...facts.all, { kind: 'group', groupId, value }] }
}

function downgradedMember({ id, about }: ConsumerMember): ClassicMember {
  const { instanceId, clientId, clientHost, rebalanceTimeoutMs } = about
  const { sessionTimeoutMs, supportedProtocols } = about.classicMemberMetadata as StoredClassic
  return {
    id,
    instanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols: supportedProtocols,
    assignment: Buffer.alloc(0),
    joining: null,
    syncing: null,
    isNew: false,
  }
}
