import { api, array, int8, int16, int32, nullable, optional, string } from '../schema.js'

const literal = 3

/** An entry matches that has all of this; null and 1 (any) match everything. */
export const aclFilter = () => ({
  resourceTypeFilter: int8,
  resourceNameFilter: optional(nullable(string), ''),
  patternTypeFilter: optional(int8, literal),
  principalFilter: optional(nullable(string), ''),
  hostFilter: optional(nullable(string), ''),
  operation: int8,
  permissionType: int8,
})

/** Lists the access control entries that match a filter (KIP-140; pattern types by KIP-290). */
export const describeAcls = api({
  key: 29,
  name: 'DescribeAcls',
  versions: [1, 3],
  flexibleSince: 2,
  request: aclFilter,
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: optional(nullable(string), ''),
    resources: array({
      resourceType: int8,
      resourceName: string,
      patternType: optional(int8, literal),
      acls: array({
        principal: string,
        host: string,
        operation: int8,
        permissionType: int8,
      }),
    }),
  }),
})
