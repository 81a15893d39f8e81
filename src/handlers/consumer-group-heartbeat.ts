import { checkHeartbeat } from '../groups/consumer/heartbeat-checks.js'
import { consumerGroupHeartbeat } from '../wire/apis/consumer-group-heartbeat.js'
import { callerOf } from './shared/group-caller.js'
import { handler } from './shared/handler.js'

/** Lets a member of a consumer group (KIP-848) join, stay or leave, and tells it its assignment. */
export const consumerGroupHeartbeatHandler = handler({
  api: consumerGroupHeartbeat,
  replyLength: 'brief',

  handle(request, context) {
    checkHeartbeat(request, context.version, context.broker.config.list('group.consumer.assignors'))
    return context.broker.groups.consumerHeartbeat(request, callerOf(context))
  },

  refuse: (_request, error) => ({
    errorCode: error.code,
    errorMessage: error.message,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
  }),
})
