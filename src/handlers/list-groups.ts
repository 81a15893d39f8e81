import { listGroups } from '../wire/apis/list-groups.js'
import { errorCodes } from '../wire/errors.js'
import { callerOf } from './group-caller.js'
import { handler } from './handler.js'

/** Lists the groups that the dialled node coordinates; an empty filter lets all pass. */
export const listGroupsHandler = handler({
  api: listGroups,

  async handle(request, context) {
    const isWanted = (filter: readonly string[], value: string) =>
      filter.length === 0 || filter.some(each => each.trim().toLowerCase() === value.toLowerCase())
    const groups = await context.broker.groups.list(callerOf(context))
    return {
      errorCode: errorCodes.NONE,
      groups: groups.filter(
        ({ groupState, groupType }) =>
          isWanted(request.statesFilter, groupState) && isWanted(request.typesFilter, groupType),
      ),
    }
  },

  refuse: (_request, error) => ({ errorCode: error.code, groups: [] }),
})
