import { api, array, int16, int32, nullable, optional, string } from '../schema.js'

/** Lists the reassignments of replicas that are under way (KIP-455). */
export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleSince: 0,
  request: () => ({
    timeoutMs: optional(int32, 60000),
    // Null: all of them.
    topics: optional(
      nullable(
        array({
          name: string,
          partitionIndexes: array(int32),
        }),
      ),
      null,
    ),
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: optional(nullable(string), ''),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  }),
})
