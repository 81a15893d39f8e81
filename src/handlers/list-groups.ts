import type { ListedGroup } from '../groups/shared/group-requests.js'
import { Turns } from '../time/turns.js'
import { listGroups } from '../wire/apis/list-groups.js'
import { errorCodes } from '../wire/errors.js'
import { callerOf } from './shared/group-caller.js'
import { handler } from './shared/handler.js'

/** Lists the groups that the dialled node coordinates; an empty filter lets all pass. */
export const listGroupsHandler = handler({
  api: listGroups,

  async handle(request, context) {
    const turns = new Turns()
    const hasState = await filterOf(request.statesFilter, turns)
    const hasType = await filterOf(request.typesFilter, turns)
    const isWanted = ({ groupState, groupType }: ListedGroup) => hasState(groupState) && hasType(groupType)
    const groups = await context.broker.groups.list(callerOf(context), isWanted, turns)
    return { errorCode: errorCodes.NONE, groups }
  },

  refuse: (_request, error) => ({ errorCode: error.code, groups: [] }),
})

async function filterOf(names: readonly string[], turns: Turns): Promise<(value: string) => boolean> {
  const wanted = new Set<string>()
  for (const name of names) {
    wanted.add(name.trim().toLowerCase())
    const pause = turns.pause()
    if (pause) await pause
  }
  return value => wanted.size === 0 || wanted.has(value.toLowerCase())
}
