import { listGroups } from '../wire/apis/list-groups.js'
import { errorCodes } from '../wire/errors.js'
import { callerOf } from './group-caller.js'
import { handler } from './handler.js'

/** Lists the groups that the dialled node coordinates; an empty filter lets all pass. */
export const listGroupsHandler = handler({
  api: listGroups,

  async handle(request, context) {
    const [hasState, hasType] = [filterOf(request.statesFilter), filterOf(request.typesFilter)]
    const groups = await context.broker.groups.list(callerOf(context))
    return {
      errorCode: errorCodes.NONE,
      groups: groups.filter(({ groupState, groupType }) => hasState(groupState) && hasType(groupType)),
    }
  },

  refuse: (_request, error) => ({ errorCode: error.code, groups: [] }),
})

function filterOf(names: readonly string[]): (value: string) => boolean {
  const wanted = new Set(names.map(name => name.trim().toLowerCase()))
  return value => wanted.size === 0 || wanted.has(value.toLowerCase())
}
