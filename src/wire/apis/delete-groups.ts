import { api, array, ignorable, int16, int32, nullable, since, string } from '../schema.js'

/** Deletes consumer groups that have no members, with their committed offsets (KIP-229). */
export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  versions: [0, 3],
  flexibleSince: 2,
  request: () => ({
    groupsNames: array(string),
  }),
  response: () => ({
    throttleTimeMs: int32,
    results: array({
      groupId: string,
      errorCode: int16,
      errorMessage: ignorable(since(3, nullable(string))),
    }),
  }),
})
