import { syncGroup } from '../wire/apis/sync-group.js'
import { KafkaError } from '../wire/errors.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler } from './shared/handler.js'

const protocolRequiredSince = 5

/**
 * Gives each member the assignment that the leader made for it; the leader sends the assignments by the same request.
 */
export const syncGroupHandler = handler({
  api: syncGroup,

  handle(request, context) {
    const { protocolType, protocolName } = request
    if (context.version >= protocolRequiredSince && (protocolType === null || protocolName === null)) {
      throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL')
    }
    checkGroupId(request.groupId)
    return context.broker.groups.sync(request, callerOf(context))
  },

  refuse: (_request, error) => ({ errorCode: error.code, assignment: Buffer.alloc(0) }),
})
