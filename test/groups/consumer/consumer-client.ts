import { consumerGroupHeartbeat } from '../../../src/wire/apis/consumer-group-heartbeat.js'
import { offsetCommit } from '../../../src/wire/apis/offset-commit.js'
import { offsetFetch } from '../../../src/wire/apis/offset-fetch.js'
import type { ResponseOf } from '../../../src/wire/schema.js'
import { errorName } from '../coordinator-world.js'
import { inWords, listOption, option, type ScriptClient } from './script-client.js'
import type { Stage } from './stage.js'

type Heartbeat = Parameters<typeof consumerGroupHeartbeat.request.write>[1]
type Says = Omit<Heartbeat, 'groupId' | 'memberId'>

/** Joins, in the protocol of KIP-848, with the id that its name and life make. */
export function join(client: ScriptClient, step: string, stage: Stage): Promise<string> {
  client.speaksClassic = false
  client.memberId = client.lives > 1 ? `${client.name}-${client.lives}` : client.name
  client.seat = option(step, 'as') ?? null
  client.owned = []
  const reads = subscription(step, stage)
  const topics = reads.subscribedTopicNames ?? (reads.subscribedTopicRegex ? [] : [stage.nameOf('orders')])
  return heartbeat(client, stage, {
    memberEpoch: 0,
    topicPartitions: [],
    rebalanceTimeoutMs: Number(option(step, 'within') ?? 60_000),
    serverAssignor: option(step, 'by') ?? null,
    subscribedTopicRegex: reads.subscribedTopicRegex ?? null,
    subscribedTopicNames: topics,
  })
}

export function beat(client: ScriptClient, step: string, stage: Stage): Promise<string> {
  const says = client.confirmed || step.includes('holding on') ? null : client.owned
  if (says) client.confirmed = true
  return heartbeat(client, stage, {
    memberEpoch: Number(option(step, 'epoch') ?? client.epoch),
    topicPartitions: says,
    subscribedTopicRegex: null,
    ...subscription(step, stage),
  })
}

export const leave = (client: ScriptClient, step: string, stage: Stage): Promise<string> =>
  heartbeat(client, stage, {
    memberEpoch: step.endsWith('for a while') ? -2 : -1,
    subscribedTopicRegex: null,
  })

async function heartbeat(client: ScriptClient, stage: Stage, says: Says): Promise<string> {
  const { name, memberId, seat: instanceId } = client
  const beat = { groupId: stage.group, memberId, instanceId, ...says } as Heartbeat
  const answer = await stage.ask(name, consumerGroupHeartbeat, 1, beat)
  if (answer.errorCode !== 0) return `${name} is told ${errorName(answer.errorCode)}`
  if (says.memberEpoch < 0) return `${name} has left`
  return told(client, stage, answer)
}

function told(
  client: ScriptClient,
  stage: Stage,
  { memberEpoch, assignment }: ResponseOf<typeof consumerGroupHeartbeat>,
): string {
  client.epoch = memberEpoch
  const is = `${client.name} is in epoch ${memberEpoch}`
  if (!assignment) return is
  client.owned = assignment.topicPartitions
  client.confirmed = false
  return `${is} with ${inWords(client.owned, stage)}`
}

function subscription(step: string, stage: Stage) {
  const [topics, expression] = [listOption(step, 'reading'), option(step, 'matching')]
  return {
    ...(topics ? { subscribedTopicNames: topics.map(each => stage.nameOf(each)) } : {}),
    ...(expression
      ? { subscribedTopicRegex: expression === 'nothing' ? '' : stage.expressionOf(expression) }
      : {}),
  }
}

/** Commits 7, in either protocol. */
export async function commit(client: ScriptClient, step: string, stage: Stage): Promise<string> {
  const [, , topic = '', partition = ''] = step.split(' ')
  const version = Number(option(step, 'speaking') ?? 10)
  const offset = {
    partitionIndex: Number(partition),
    committedOffset: 7n,
    committedLeaderEpoch: 0,
    committedMetadata: '',
  }
  const which = version >= 10 ? { topicId: stage.idOf(topic) } : { name: stage.nameOf(topic) }
  const { topics } = await stage.ask(client.name, offsetCommit, version, {
    groupId: stage.group,
    memberId: client.memberId,
    generationIdOrMemberEpoch: Number(option(step, 'epoch') ?? client.epoch),
    groupInstanceId: client.seat,
    topics: [{ ...which, partitions: [offset] }],
  })
  const code = topics[0]?.partitions[0]?.errorCode ?? -1
  return code === 0 ? `${client.name} has committed` : `${client.name} is told ${errorName(code)}`
}

export async function fetchOffsets(client: ScriptClient, step: string, stage: Stage): Promise<string> {
  const asked = {
    groupId: stage.group,
    memberId: client.memberId,
    memberEpoch: Number(option(step, 'epoch') ?? client.epoch),
    topics: null,
  }
  const { groups } = await stage.ask(client.name, offsetFetch, 9, { groups: [asked], requireStable: true })
  const [group] = groups
  if (group?.errorCode) return `${client.name} is told ${errorName(group.errorCode)}`
  const offsets = (group?.topics ?? []).flatMap(({ name, partitions }) =>
    partitions.map(each => `${stage.topicOf(name ?? '')} ${each.partitionIndex} at ${each.committedOffset}`),
  )
  return `${client.name} finds ${offsets.sort().join(', ') || 'nothing'}`
}
