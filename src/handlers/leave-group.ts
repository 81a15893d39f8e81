import type { LeavingMember } from '../groups/shared/group-requests.js'
import { Turns } from '../time/turns.js'
import { leaveGroup } from '../wire/apis/leave-group.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'

type Request = RequestOf<typeof leaveGroup>

const firstVersionOfMany = 3
/** More members than a group usually has leave in parts, one after the other. */
const membersAtOnce = 1000

/** Takes members out of a group; from version 3 on several at once, each with its own answer. */
export const leaveGroupHandler = handler({
  api: leaveGroup,
  replyLength: 'brief',

  async handle(request, context) {
    checkGroupId(request.groupId)
    const answers = await leave(request, context)
    if (context.version >= firstVersionOfMany) return { errorCode: errorCodes.NONE, members: answers }
    return { errorCode: answers[0]?.errorCode ?? errorCodes.NONE }
  },

  refuse: (_request, error) => ({ errorCode: error.code }),
})

/** Has the members leave. A member of a group that does not exist is unknown, each by itself. */
async function leave(request: Request, context: RequestContext) {
  const members =
    context.version >= firstVersionOfMany
      ? request.members
      : [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
  if (members.length <= membersAtOnce) return leaveAtOnce(request.groupId, members, context)
  const answers = []
  const turns = new Turns()
  for (let from = 0; from < members.length; from += membersAtOnce) {
    const some = members.slice(from, from + membersAtOnce)
    for (const each of await leaveAtOnce(request.groupId, some, context)) answers.push(each)
    const pause = turns.pause()
    if (pause) await pause
  }
  return answers
}

async function leaveAtOnce(groupId: string, members: readonly LeavingMember[], context: RequestContext) {
  try {
    return await context.broker.groups.leave(groupId, members, callerOf(context))
  } catch (thrown) {
    if (!(thrown instanceof KafkaError) || thrown.errorName !== 'UNKNOWN_MEMBER_ID') throw thrown
    return members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: thrown.code,
    }))
  }
}
