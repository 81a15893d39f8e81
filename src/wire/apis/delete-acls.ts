import { api, array, int8, int16, int32, nullable, optional, string } from '../schema.js'
import { aclFilter } from './describe-acls.js'

const literal = 3

/** Deletes the access control entries that match filters (KIP-140; pattern types by KIP-290). */
export const deleteAcls = api({
  key: 31,
  name: 'DeleteAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: () => ({
    filters: array(aclFilter()),
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
