import { api, array, int8, int16, int32, nullable, optional, string } from '../schema.js'

/** Lists the mechanisms by which users can log in, and nothing of their passwords (KIP-554). */
export const describeUserScramCredentials = api({
  key: 50,
  name: 'DescribeUserScramCredentials',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    users: optional(nullable(array({ name: string })), []), // null or empty: all of them
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: optional(nullable(string), ''),
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      credentialInfos: array({
        mechanism: int8, // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
        iterations: int32,
      }),
    }),
  }),
})
