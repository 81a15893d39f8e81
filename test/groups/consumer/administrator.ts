import { consumerGroupDescribe } from '../../../src/wire/apis/consumer-group-describe.js'
import { deleteGroups } from '../../../src/wire/apis/delete-groups.js'
import { describeGroups } from '../../../src/wire/apis/describe-groups.js'
import { leaveGroup } from '../../../src/wire/apis/leave-group.js'
import { listGroups } from '../../../src/wire/apis/list-groups.js'
import { offsetDelete } from '../../../src/wire/apis/offset-delete.js'
import type { ResponseOf } from '../../../src/wire/schema.js'
import { errorName } from '../coordinator-world.js'
import { assigned } from './classic-client.js'
import { inWords, listOption, type ScriptClient } from './script-client.js'
import type { Stage } from './stage.js'

type NameOf = (memberId: string) => string
const admin = 'admin'

/** Members in the order of their names, whichever protocol the group is of. */
export async function describe(stage: Stage, nameOf: NameOf): Promise<string[]> {
  const { groups } = await stage.ask(admin, consumerGroupDescribe, 1, {
    groupIds: [stage.group],
    includeAuthorizedOperations: false,
  })
  const [group] = groups
  if (group?.errorCode === 0) return consumerGroup(group, stage, nameOf)
  return (
    (await describeClassic(stage, nameOf)) ?? [`the describer is told ${errorName(group?.errorCode ?? -1)}`]
  )
}

function consumerGroup(
  group: ResponseOf<typeof consumerGroupDescribe>['groups'][number],
  stage: Stage,
  nameOf: NameOf,
): string[] {
  const { groupState, groupEpoch, assignmentEpoch, assignorName } = group
  const members = group.members.map(({ memberId, memberEpoch, assignment, targetAssignment, memberType }) => {
    const [has, target] = [assignment, targetAssignment].map(each => inWords(each.topicPartitions, stage))
    const speaks = memberType === 0 ? ', by the classic protocol' : ''
    const toHave = has === target ? '' : `, and is to have ${target}`
    return `${nameOf(memberId)} in epoch ${memberEpoch} has ${has}${toHave}${speaks}`
  })
  return [
    `the group is ${groupState} in epoch ${groupEpoch}, assigned in epoch ${assignmentEpoch} by ${assignorName}`,
    ...members.sort(),
  ]
}

async function describeClassic(stage: Stage, nameOf: NameOf): Promise<string[] | null> {
  const { groups } = await stage.ask(admin, describeGroups, 5, {
    groups: [stage.group],
    includeAuthorizedOperations: false,
  })
  const [group] = groups
  if (group?.errorCode !== 0 || group.groupState === 'Dead') return null
  const by = group.protocolData === '' ? '' : ` by ${group.protocolData}`
  return [
    `the group is a classic one, ${group.groupState}${by}`,
    ...group.members
      .map(({ memberId, memberAssignment }) => {
        const owned = assigned(Buffer.from(memberAssignment), stage)
        return `${nameOf(memberId)} has ${inWords(owned, stage)}`
      })
      .sort(),
  ]
}

/** `groups are listed [in states a,b] [of types a,b]` */
export async function list(step: string, stage: Stage): Promise<string> {
  const { groups } = await stage.ask(admin, listGroups, 5, {
    statesFilter: listOption(step, 'states') ?? [],
    typesFilter: listOption(step, 'types') ?? [],
  })
  const found = groups.find(({ groupId }) => groupId === stage.group)
  if (!found) return 'the group is not listed'
  const { groupState, groupType, protocolType } = found
  return `the group is listed as ${groupState}, ${groupType}, of ${protocolType || 'no protocol'}`
}

/** Several members are taken out at once; those with a seat by that alone. */
export async function remove(members: readonly ScriptClient[], stage: Stage): Promise<string[]> {
  const answer = await stage.ask(admin, leaveGroup, 5, {
    groupId: stage.group,
    members: members.map(({ memberId, seat }) => ({
      memberId: seat === null ? memberId : '',
      groupInstanceId: seat,
      reason: 'maintenance',
    })),
  })
  if (answer.errorCode !== 0) return [`the administrator is told ${errorName(answer.errorCode)}`]
  return answer.members.map(({ errorCode }, i) => {
    const name = members[i]?.name
    return errorCode === 0 ? `${name} is taken out` : `of ${name} is told ${errorName(errorCode)}`
  })
}

export async function deleteGroup(stage: Stage): Promise<string> {
  const { results } = await stage.ask(admin, deleteGroups, 2, { groupsNames: [stage.group] })
  const code = results[0]?.errorCode ?? -1
  return code === 0 ? 'the group is gone' : `the administrator is told ${errorName(code)}`
}

export async function deleteOffset(topic: string, partition: number, stage: Stage): Promise<string> {
  const { errorCode, topics } = await stage.ask(admin, offsetDelete, 0, {
    groupId: stage.group,
    topics: [{ name: stage.nameOf(topic), partitions: [{ partitionIndex: partition }] }],
  })
  const code = errorCode || (topics[0]?.partitions[0]?.errorCode ?? -1)
  return code === 0 ? 'the offset is gone' : `the administrator is told ${errorName(code)}`
}
