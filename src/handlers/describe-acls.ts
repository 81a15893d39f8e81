import { describeAcls } from '../wire/apis/describe-acls.js'
import { handler } from './shared/handler.js'
import { noAuthorizer } from './shared/no-authorizer.js'

export const describeAclsHandler = handler({
  api: describeAcls,
  replyLength: 'brief',
  handle: () => ({ throttleTimeMs: 0, ...noAuthorizer, resources: [] }),
  refuse: (_request, error) => ({
    throttleTimeMs: 0,
    errorCode: error.code,
    errorMessage: error.detail,
    resources: [],
  }),
})
