import { api, array, bool, int16, int32, nullable, optional, string } from '../schema.js'

/** TODO-DOC */
export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleSince: 2,
  request: {
    topics: array({
      name: string,
      count: int32,
      assignments: optional(
        nullable(
          array({
            brokerIds: array(int32),
          }),
        ),
        [],
      ),
    }),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    results: array({
      name: string,
      errorCode: int16,
      errorMessage: optional(nullable(string), null),
    }),
  },
})
