import { inTurns, Turns } from '../time/turns.js'
import { createAcls } from '../wire/apis/create-acls.js'
import { deleteAcls } from '../wire/apis/delete-acls.js'
import { describeAcls } from '../wire/apis/describe-acls.js'
import { errorCodes } from '../wire/errors.js'
import { handler } from './shared/handler.js'

/** The answer of a Kafka broker without an authorizer to every request about access control lists. */
const disabled = {
  errorCode: errorCodes.SECURITY_DISABLED,
  errorMessage: 'No authorizer is configured: every client may do everything.',
}

export const describeAclsHandler = handler({
  api: describeAcls,
  replyLength: 'brief',
  handle: () => ({ throttleTimeMs: 0, ...disabled, resources: [] }),
  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: error.detail,
    resources: [],
  }),
})

export const createAclsHandler = handler({
  api: createAcls,
  handle: async ({ creations }) => ({
    throttleTimeMs: 0,
    results: await inTurns(creations, () => disabled, new Turns()),
  }),
  refuse: ({ creations }, error) => ({
    throttleTimeMs: 0,
    results: creations.map(() => ({ errorCode: error.code, errorMessage: error.detail })),
  }),
})

export const deleteAclsHandler = handler({
  api: deleteAcls,
  handle: async ({ filters }) => ({
    throttleTimeMs: 0,
    filterResults: await inTurns(filters, () => ({ ...disabled, matchingAcls: [] }), new Turns()),
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
