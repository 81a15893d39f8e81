import { api, array, bool, ignorable, int16, int32, nullable, optional, since, string } from '../schema.js'

/**
 * Moves the replicas of partitions to other brokers, or calls such a move off (KIP-455). Version 1 lets
 * the client forbid a change of the replication factor (KIP-860).
 */
export const alterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexibleSince: 0,
  request: () => ({
    timeoutMs: optional(int32, 60000),
    allowReplicationFactorChange: since(1, bool, true),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: optional(nullable(array(int32)), null), // null: cancel the reassignment that is under way
      }),
    }),
  }),
  response: () => ({
    throttleTimeMs: int32,
    allowReplicationFactorChange: ignorable(since(1, bool, true)),
    errorCode: int16,
    errorMessage: optional(nullable(string), ''),
    responses: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: optional(nullable(string), ''),
      }),
    }),
  }),
})
