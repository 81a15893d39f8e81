import { api, array, ignorable, int8, int16, int32, since, string } from '../schema.js'

/** TODO-DOC */
export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleSince: 0,
  request: {
    resourceTypes: since(1, array(int8)),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array({
      resourceName: string,
      resourceType: ignorable(since(1, int8, 16)),
    }),
  },
})
