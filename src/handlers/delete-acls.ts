import { inTurns, Turns } from '../time/turns.js'
import { deleteAcls } from '../wire/apis/delete-acls.js'
import { handler } from './shared/handler.js'
import { noAuthorizer } from './shared/no-authorizer.js'

export const deleteAclsHandler = handler({
  api: deleteAcls,
  handle: async ({ filters }) => ({
    throttleTimeMs: 0,
    filterResults: await inTurns(filters, () => ({ ...noAuthorizer, matchingAcls: [] }), new Turns()),
  }),
  refuse: ({ filters }, error) => ({
    throttleTimeMs: 0,
    filterResults: filters.map(() => ({
      errorCode: error.code,
      errorMessage: error.detail,
      matchingAcls: [],
    })),
  }),
})
