import { inTurns, Turns } from '../time/turns.js'
import { createAcls } from '../wire/apis/create-acls.js'
import { handler } from './shared/handler.js'
import { noAuthorizer } from './shared/no-authorizer.js'

export const createAclsHandler = handler({
  api: createAcls,
  handle: async ({ creations }) => ({
    throttleTimeMs: 0,
    results: await inTurns(creations, () => noAuthorizer, new Turns()),
  }),
  refuse: ({ creations }, error) => ({
    throttleTimeMs: 0,
    results: creations.map(() => ({ errorCode: error.code, errorMessage: error.detail })),
  }),
})
