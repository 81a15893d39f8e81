import { api, array, int8, int16, int32, nullable, optional, string } from '../schema.js'

const literal = 3

/** Deletes the access control entries that match filters (KIP-140; pattern types by KIP-290). */
export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: () => ({
    filters: array({
      resourceTypeFilter: int8,
      resourceNameFilter: optional(nullable(string), ''),
      patternTypeFilter: optional(int8, literal),
      principalFilter: optional(nullable(string), ''),
      hostFilter: optional(nullable(string), ''),
      operation: int8,
      permissionType: int8,
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    filterResults: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      matchingAcls: array({
        errorCode: int16,
        errorMessage: optional(nullable(string), ''),
        resourceType: int8,
        resourceName: string,
        patternType: optional(int8, literal),
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  }),
})
