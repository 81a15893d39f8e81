import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  readAssignment,
} from '../../../src/groups/shared/embedded-protocol.js'
import { heartbeat } from '../../../src/wire/apis/heartbeat.js'
import { joinGroup } from '../../../src/wire/apis/join-group.js'
import { leaveGroup } from '../../../src/wire/apis/leave-group.js'
import { syncGroup } from '../../../src/wire/apis/sync-group.js'
import { encodeMessage } from '../../../src/wire/stored-message.js'
import { errorName } from '../coordinator-world.js'
import { inWords, listOption, type Owned, option, type ScriptClient } from './script-client.js'
import type { Stage } from './stage.js'

const memberIdRequired = 79

/**
 * Joins by the classic protocol, first without an id, and at once again when it is given one. Members of
 * a cooperative assignor say what they own.
 */
export async function join(client: ScriptClient, step: string, stage: Stage): Promise<string> {
  if (!client.speaksClassic)
    Object.assign(client, { speaksClassic: true, memberId: '', epoch: -1, owned: [] })
  client.seat = option(step, 'as') ?? client.seat
  const names = listOption(step, 'with') ?? ['range']
  const request = {
    groupId: stage.group,
    sessionTimeoutMs: Number(option(step, 'within') ?? 45_000),
    rebalanceTimeoutMs: Number(option(step, 'rebalancing') ?? 60_000),
    groupInstanceId: client.seat,
    protocolType: 'consumer',
    protocols: names.map(name => ({ name, metadata: metadata(client, name, step, stage) })),
    reason: null,
  }
  const ask = () => stage.ask(client.name, joinGroup, 9, { ...request, memberId: client.memberId })
  let answer = await ask()
  if (answer.errorCode === memberIdRequired) {
    client.memberId = answer.memberId
    answer = await ask()
  }
  if (answer.errorCode !== 0) return `${client.name} is told ${errorName(answer.errorCode)}`
  client.memberId = answer.memberId
  client.epoch = answer.generationId
  client.protocol = answer.protocolName ?? ''
  client.leads = answer.members.map(({ memberId }) => memberId)
  const is = `${client.name} is in generation ${client.epoch} by ${client.protocol}`
  return client.leads.length > 0 ? `${is}, and leads ${client.leads.length}` : is
}

function metadata(client: ScriptClient, protocol: string, step: string, stage: Stage): Buffer {
  const topics = (listOption(step, 'reading') ?? ['orders']).map(each => stage.nameOf(each))
  const owned = protocol === 'cooperative-sticky' ? named(client.owned, stage) : []
  const generationId = client.epoch
  return encodeMessage(consumerProtocolSubscription, 3, {
    topics,
    ownedPartitions: owned,
    generationId,
    rackId: null,
  })
}

/** Takes what it is assigned; a leader assigns ranges of orders, in the order of the names. */
export async function sync(
  client: ScriptClient,
  stage: Stage,
  nameOf: (memberId: string) => string,
): Promise<string> {
  const members = [...client.leads].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const count = stage.partitionsOf('orders')
  const answer = await stage.ask(client.name, syncGroup, 5, {
    groupId: stage.group,
    generationId: client.epoch,
    memberId: client.memberId,
    groupInstanceId: client.seat,
    protocolType: 'consumer',
    protocolName: client.protocol,
    assignments: members.map((memberId, i) => {
      const [from, to] = [i, i + 1].map(each => Math.ceil((each * count) / members.length)) as [
        number,
        number,
      ]
      const partitions = Array.from({ length: to - from }, (_, each) => from + each)
      const assignedPartitions = [{ topic: stage.nameOf('orders'), partitions }]
      return { memberId, assignment: encodeMessage(consumerProtocolAssignment, 3, { assignedPartitions }) }
    }),
  })
  if (answer.errorCode !== 0) return `${client.name} is told ${errorName(answer.errorCode)}`
  client.owned = assigned(Buffer.from(answer.assignment), stage)
  return `${client.name} has ${inWords(client.owned, stage)}`
}

export async function beat(client: ScriptClient, step: string, stage: Stage): Promise<string> {
  const { errorCode } = await stage.ask(client.name, heartbeat, 4, {
    groupId: stage.group,
    generationId: Number(option(step, 'generation') ?? client.epoch),
    memberId: client.memberId,
    groupInstanceId: client.seat,
  })
  return errorCode === 0 ? `${client.name} is alive` : `${client.name} is told ${errorName(errorCode)}`
}

export async function leave(client: ScriptClient, stage: Stage): Promise<string> {
  const leaving = { memberId: client.memberId, groupInstanceId: client.seat, reason: 'it was told to' }
  const { errorCode, members } = await stage.ask(client.name, leaveGroup, 5, {
    groupId: stage.group,
    members: [leaving],
  })
  const code = errorCode || (members[0]?.errorCode ?? -1)
  return code === 0 ? `${client.name} has left` : `${client.name} is told ${errorName(code)}`
}

/** The partitions that a member of a classic group was assigned. */
export const assigned = (assignment: Buffer, stage: Stage): Owned =>
  (readAssignment(assignment)?.assignedPartitions ?? []).map(({ topic, partitions }) => ({
    topicId: stage.idOf(stage.topicOf(topic)),
    partitions,
  }))

const named = (owned: Owned, stage: Stage) =>
  owned.map(({ topicId, partitions }) => {
    const topic = ['orders', 'payments'].find(each => stage.idOf(each) === topicId) ?? ''
    return { topic: stage.nameOf(topic), partitions }
  })
