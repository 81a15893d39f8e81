import { leaveGroup } from '../wire/apis/leave-group.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { callerOf, checkGroupId } from './group-caller.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof leaveGroup>

const firstVersionOfMany = 3

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

/** A member of a group that does not exist is unknown, each by itself. */
async function leave(request: Request, context: RequestContext) {
  const members =
    context.version >= firstVersionOfMany
      ? request.members
      : [{ memberId: request.memberId, groupInstanceId: null, reason: null }]
  try {
    return await context.broker.groups.leave(request.groupId, members, callerOf(context))
  } catch (thrown) {
    if (!(thrown instanceof KafkaError) || thrown.errorName !== 'UNKNOWN_MEMBER_ID') throw thrown
    return members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId,
      errorCode: thrown.code,
    }))
  }
}
