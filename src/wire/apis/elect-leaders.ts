import { api, array, int8, int16, int32, nullable, optional, since, string } from '../schema.js'

/** Starts elections of partition leaders (KIP-183, KIP-460). */
export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleSince: 2,
  request: () => ({
    electionType: since(1, int8), // 0 the preferred replica, 1 any that lives
    // Null: all partitions.
    topicPartitions: optional(
      nullable(
        array({
          topic: string,
          partitions: array(int32),
        }),
      ),
      [],
    ),
    timeoutMs: optional(int32, 60000),
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: since(1, int16),
    replicaElectionResults: array({
      topic: string,
      partitionResult: array({
        partitionId: int32,
        errorCode: int16,
        errorMessage: optional(nullable(string), ''),
      }),
    }),
  }),
})
