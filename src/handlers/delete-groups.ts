import { inTurns, setInTurns, Turns } from '../time/turns.js'
import { deleteGroups } from '../wire/apis/delete-groups.js'
import { callerOf } from './shared/group-caller.js'
import { failure, handler, type RequestContext, success } from './shared/handler.js'

/** Deletes groups without members, with all that they have committed. */
export const deleteGroupsHandler = handler({
  api: deleteGroups,

  async handle(request, context) {
    const turns = new Turns()
    const groupIds = await setInTurns(request.groupsNames, turns)
    return { throttleTimeMs: 0, results: await inTurns(groupIds, groupId => remove(groupId, context), turns) }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    results: request.groupsNames.map(groupId => ({
      groupId,
      errorCode: error.code,
      errorMessage: error.message,
    })),
  }),
})

async function remove(groupId: string, context: RequestContext) {
  try {
    await context.broker.groups.delete(groupId, callerOf(context))
    return { groupId, ...success }
  } catch (thrown) {
    return { groupId, ...failure(thrown, context) }
  }
}
