import { api, array, ignorable, int16, int32, since, string } from '../schema.js'

/** Lists the groups that this broker coordinates. */
export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleSince: 3,
  request: () => ({
    statesFilter: since(4, array(string)), // case does not matter; empty: all (KIP-518)
    typesFilter: since(5, array(string)), // 'classic', 'consumer', 'share' or 'streams'; empty: all (KIP-848)
  }),
  response: () => ({
    throttleTimeMs: ignorable(since(1, int32)),
    errorCode: int16,
    groups: array({
      groupId: string,
      protocolType: string,
      groupState: ignorable(since(4, string)),
      groupType: ignorable(since(5, string)),
    }),
  }),
})
