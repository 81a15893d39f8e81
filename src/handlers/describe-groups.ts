import { inTurns } from '../time/turns.js'
import { describeGroups } from '../wire/apis/describe-groups.js'
import { errorCodes, type KafkaError } from '../wire/errors.js'
import type { ResponseOf } from '../wire/schema.js'
import { groupOperations } from './shared/authorized-operations.js'
import { callerOf } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'
import { memoized } from './shared/memoized.js'

type Answer = ResponseOf<typeof describeGroups>['groups'][number]

const unknownIsAnErrorSince = 6

/** Tells state, protocol and members of groups. Before version 6 a group that does not exist is a dead one. */
export const describeGroupsHandler = handler({
  api: describeGroups,

  async handle(request, context) {
    const describeOnce = memoized(String, async groupId => {
      const group = await describe(groupId, context)
      const tellsOperations = request.includeAuthorizedOperations && group.errorCode === errorCodes.NONE
      return tellsOperations ? { ...group, authorizedOperations: groupOperations } : group
    })
    return { groups: await inTurns(request.groups, describeOnce) }
  },

  refuse: (request, error) => ({ groups: request.groups.map(groupId => failed(groupId, error)) }),
})

async function describe(groupId: string, context: RequestContext): Promise<Answer> {
  try {
    return await context.broker.groups.describe(groupId, callerOf(context))
  } catch (thrown) {
    const error = context.explain(thrown)
    if (error.errorName !== 'GROUP_ID_NOT_FOUND') return failed(groupId, error)
    const dead = { ...failed(groupId, null), groupState: 'Dead' }
    if (context.version < unknownIsAnErrorSince) return dead
    return { ...dead, errorCode: error.code, errorMessage: error.message }
  }
}

const failed = (groupId: string, error: KafkaError | null): Answer => ({
  errorCode: error?.code ?? errorCodes.NONE,
  groupId,
  groupState: '',
  protocolType: '',
  protocolData: '',
  members: [],
})
