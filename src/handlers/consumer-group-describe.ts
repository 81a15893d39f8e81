import { inTurns } from '../time/turns.js'
import { consumerGroupDescribe } from '../wire/apis/consumer-group-describe.js'
import { errorCodes, type KafkaError } from '../wire/errors.js'
import type { ResponseOf } from '../wire/schema.js'
import { groupOperations } from './shared/authorized-operations.js'
import { callerOf, checkGroupId } from './shared/group-caller.js'
import { handler, type RequestContext } from './shared/handler.js'
import { memoized } from './shared/memoized.js'

type Answer = ResponseOf<typeof consumerGroupDescribe>['groups'][number]

/** Tells state, epochs and members of consumer groups (KIP-848). */
export const consumerGroupDescribeHandler = handler({
  api: consumerGroupDescribe,

  async handle(request, context) {
    const describeOnce = memoized(String, async groupId => {
      const group = await describe(groupId, context)
      const tellsOperations = request.includeAuthorizedOperations && group.errorCode === errorCodes.NONE
      return tellsOperations ? { ...group, authorizedOperations: groupOperations } : group
    })
    return { groups: await inTurns(request.groupIds, describeOnce) }
  },

  refuse: (request, error) => ({ groups: request.groupIds.map(groupId => failed(groupId, error)) }),
})

async function describe(groupId: string, context: RequestContext): Promise<Answer> {
  try {
    checkGroupId(groupId)
    return await context.broker.groups.describeConsumers(groupId, callerOf(context))
  } catch (thrown) {
    return failed(groupId, context.explain(thrown))
  }
}

/** Answers with an error. Its message is sent only where it says more than the error's name. */
const failed = (groupId: string, error: KafkaError): Answer => ({
  errorCode: error.code,
  errorMessage: error.errorName === 'GROUP_ID_NOT_FOUND' ? error.message : null,
  groupId,
  groupState: '',
  groupEpoch: 0,
  assignmentEpoch: 0,
  assignorName: '',
  members: [],
})
