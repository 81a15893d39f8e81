import { joinGroup } from '../wire/apis/join-group.js'
import { KafkaError } from '../wire/errors.js'
import { callerOf, checkGroupId } from './group-caller.js'
import { handler } from './handler.js'

/** Lets a client join a group. It is answered when all members have joined, or their time is up. */
export const joinGroupHandler = handler({
  api: joinGroup,

  handle(request, context) {
    const { config, groups } = context.broker
    checkGroupId(request.groupId)
    const { sessionTimeoutMs } = request
    if (
      sessionTimeoutMs < config.number('group.min.session.timeout.ms') ||
      sessionTimeoutMs > config.number('group.max.session.timeout.ms')
    ) {
      throw new KafkaError('INVALID_SESSION_TIMEOUT')
    }
    return groups.join(request, callerOf(context), context.version)
  },

  refuse: ({ memberId }, error) => ({ errorCode: error.code, leader: '', memberId, members: [] }),
})
