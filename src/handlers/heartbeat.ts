import { heartbeat } from '../wire/apis/heartbeat.js'
import { errorCodes } from '../wire/errors.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler } from './shared/handler.js'

/** Keeps a member's session, and tells it when it has to join again. */
export const heartbeatHandler = handler({
  api: heartbeat,
  replyLength: 'brief',

  async handle(request, context) {
    checkGroupId(request.groupId)
    await context.broker.groups.heartbeat(request, callerOf(context))
    return { errorCode: errorCodes.NONE }
  },

  refuse: (_request, error) => ({ errorCode: error.code }),
})
