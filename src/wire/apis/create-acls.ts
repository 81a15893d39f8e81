import { api, array, int8, int16, int32, nullable, optional, string } from '../schema.js'

const literal = 3

/** Adds access control entries (KIP-140; pattern types by KIP-290). */
export const createAcls = api({
  key: 30,
  name: 'CreateAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: () => ({
    creations: array({
      resourceType: int8,
      resourceName: string,
      resourcePatternType: optional(int8, literal),
      principal: string,
      host: string,
      operation: int8,
      permissionType: int8,
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
    }),
  }),
})
