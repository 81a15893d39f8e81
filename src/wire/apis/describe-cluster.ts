import { api, array, bool, int8, int16, int32, nullable, optional, since, string } from '../schema.js'

/**
 * Tells the brokers, the controller and the id of the cluster (KIP-700). Clients once had to get them from Metadata.
 */
export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleSince: 0,
  request: () => ({
    includeClusterAuthorizedOperations: bool,
    endpointType: since(1, int8, 1), // 1 brokers, 2 controllers (KIP-919)
    includeFencedBrokers: since(2, bool), // KIP-1073
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: optional(nullable(string), null),
    endpointType: since(1, int8, 1),
    clusterId: string,
    controllerId: optional(int32, -1),
    brokers: array({
      brokerId: int32,
      host: string,
      port: int32,
      rack: optional(nullable(string), null),
      isFenced: since(2, bool),
    }),
    clusterAuthorizedOperations: optional(int32, -2147483648), // bit set of ACL operations, if asked for
  }),
})
