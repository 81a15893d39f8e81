import { api, array, bytes, int8, int16, int32, nullable, optional, string } from '../schema.js'

/** Gives users credentials, and takes them away (KIP-554). Clients salt and hash the passwords themselves. */
export const alterUserScramCredentials = api({
  key: 51,
  name: 'AlterUserScramCredentials',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    deletions: array({
      name: string,
      mechanism: int8, // 1 SCRAM-SHA-256, 2 SCRAM-SHA-512
    }),
    upsertions: array({
      name: string,
      mechanism: int8,
      iterations: int32,
      salt: bytes,
      saltedPassword: bytes,
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    results: array({
      user: string,
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
    }),
  }),
})
